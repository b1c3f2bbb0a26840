// One position's next-token distributions of base and variant, from full logits in fp32, compared in fp64
// (source: simd/distributions.ts). The formulas, and why their sums do not cancel, stand there.
import { FIRST_FREE, instantiate } from './kernels.ts'

/** Largest logits of each side that are compared as sets. */
export const LARGEST = 10

/** One side: natural logarithms, entropy in nats, the largest logits' ids in descending order (ties: lowest id first). */
export interface Distribution {
  maximum: number
  /** ln Σ e^(logit - maximum): logit - maximum - logTotal is a log-probability that is as exact as can be. */
  logTotal: number
  /** ln Σ e^logit. */
  logSum: number
  entropy: number
  /** Up to LARGEST ids; fewer where the vocabulary is smaller. */
  largest: readonly number[]
}

export interface Divergences {
  /** KL(base || variant) and KL(variant || base) in nats; Infinity where one side has probability 0 and the other not. */
  kl: number
  klReverse: number
  /** Jensen-Shannon divergence in nats, at most ln 2. */
  js: number
  /** Total variation, 0 to 1. */
  tv: number
  /** Of the base's most probable token among the variant's: 1 + how many variant logits are strictly larger. */
  rank: number
}

export interface Distributions {
  readonly vocabularySize: number
  /** Logits of one position as they are: -Infinity is probability 0; NaN, Infinity and all -Infinity are refused. */
  setBase(logits: Float32Array): Distribution
  /** Of the same position, after setBase. */
  compareVariant(logits: Float32Array): { variant: Distribution } & Divergences
}

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  largest(values: number, count: number, record: number): number
  countAbove(values: number, count: number, limit: number): number
  exponentials(values: number, count: number, maximum: number, out: number, record: number): void
  divergences(
    base: number,
    variant: number,
    baseExps: number,
    variantExps: number,
    count: number,
    baseScale: number,
    variantScale: number,
    shift: number,
    record: number,
  ): void
}

/** In simd/distributions.ts: where a record has the ids of its largest. */
const IDS_AT = 56
const RECORD_BYTES = 128

/** An instance for one vocabulary; its memory is about 24 bytes a token of it. */
export function openDistributions(vocabularySize: number): Distributions {
  if (!Number.isSafeInteger(vocabularySize) || vocabularySize < 1)
    throw new RangeError(`vocabularySize must be a whole number of at least 1, got ${vocabularySize}`)
  const count = Math.ceil(vocabularySize / 4) * 4
  const records = { base: FIRST_FREE, variant: FIRST_FREE + RECORD_BYTES, divergences: FIRST_FREE + 256 }
  const first = FIRST_FREE + 512
  const at = { base: first, variant: first + count * 4 }
  const exps = { base: first + count * 8, variant: first + count * 16 }
  const wasm = instantiate<Exports>(first + count * 24)
  const { buffer } = wasm.memory
  const logitsOf = {
    base: new Float32Array(buffer, at.base, count).fill(Number.NEGATIVE_INFINITY),
    variant: new Float32Array(buffer, at.variant, count).fill(Number.NEGATIVE_INFINITY),
  }
  const sums = new Float64Array(buffer, records.divergences, 4)
  let base: Loaded | undefined

  function load(side: 'base' | 'variant', logits: Float32Array): Loaded {
    if (logits.length !== vocabularySize)
      throw new RangeError(`${side} has ${logits.length} logits in a vocabulary of ${vocabularySize}`)
    logitsOf[side].set(logits)
    const maximum = wasm.largest(at[side], count, records[side])
    if (!Number.isFinite(maximum)) throw new NotFiniteLogits(side, logits, maximum)
    wasm.exponentials(at[side], count, maximum, exps[side], records[side])
    const fields = new Float64Array(buffer, records[side], 2)
    const total = fields[0]!
    const ids = Array.from(new Int32Array(buffer, records[side] + IDS_AT, LARGEST))
    const logTotal = Math.log(total)
    const distribution = {
      maximum,
      logTotal,
      logSum: maximum + logTotal,
      // Both parts are at least 0.
      entropy: logTotal - fields[1]! / total,
      largest: ids.filter((id) => id >= 0),
    }
    return { total, distribution }
  }

  return {
    vocabularySize,
    setBase(logits) {
      base = undefined
      base = load('base', logits)
      return base.distribution
    },
    compareVariant(logits) {
      if (!base) throw new RangeError('setBase comes before compareVariant')
      const variant = load('variant', logits)
      // Maxima apart: their difference is exact, that of two large sums would not be.
      const of = { base: base.distribution, variant: variant.distribution }
      const shift = of.variant.maximum - of.base.maximum + (of.variant.logTotal - of.base.logTotal)
      wasm.divergences(
        at.base,
        at.variant,
        exps.base,
        exps.variant,
        count,
        1 / base.total,
        1 / variant.total,
        shift,
        records.divergences,
      )
      return {
        variant: of.variant,
        kl: sums[0]!,
        klReverse: sums[1]!,
        js: Math.min(Math.LN2, sums[2]!),
        tv: Math.min(1, sums[3]!),
        rank: 1 + wasm.countAbove(at.variant, count, logits[of.base.largest[0]!]!),
      }
    },
  }
}

interface Loaded {
  /** Sum of e^(logit - maximum). */
  total: number
  distribution: Distribution
}

/** Logits that are no distribution: NaN or Infinity among them, or all -Infinity. */
export class NotFiniteLogits extends RangeError {
  /** Without the side. */
  readonly what: string

  constructor(side: string, logits: Float32Array, maximum: number) {
    const at = logits.findIndex((logit) => !(logit < Number.POSITIVE_INFINITY))
    const isNever = maximum === Number.NEGATIVE_INFINITY
    super(
      isNever
        ? `all ${logits.length} logits of the ${side} are -Infinity`
        : `the ${side}'s logit of token ${at} is ${logits[at]}`,
    )
    this.what = isNever
      ? `all ${logits.length} logits are -Infinity`
      : `the logit of token ${at} is ${logits[at]}`
  }
}
