// One row of TOKEN_COLUMNS a scored position, from the full logits of both sides. What is the base's alone is computed
// once a position, however many variants follow.

import { TOP_K } from '../../schema/predictions.ts'
import { TOKEN_COLUMNS, type TokenColumn } from '../../schema/tokenColumns.ts'
import { type Distribution, LARGEST, NotFiniteLogits, openDistributions } from '../../tensor/distributions.ts'
import { UserError } from '../../util/errors.ts'

export const ROW_LENGTH = TOKEN_COLUMNS.length

/** Place of each column in a row. */
export const COLUMN = Object.fromEntries(TOKEN_COLUMNS.map((name, i) => [name, i])) as Record<
  TokenColumn,
  number
>

export interface Position {
  logits: Float32Array
  /** Id of the token that follows in the text. */
  next: number
  /** In words, for an error: `prose/letter, token 17`. */
  name?: string
  /** The base as the user wrote it, for an error. */
  spec?: string
}

export interface RowStatistics {
  /** Starts a position. Logits that are NaN or Infinity, or all -Infinity, are a UserError that names the position. */
  setBase(position: Position): void
  /** Writes the row of one variant at this position into out[at ... at + ROW_LENGTH - 1]. `spec` as in Position. */
  addVariant(logits: Float32Array, out: Float32Array, at: number, spec?: string): void
}

/** What `compute` gives; logits that are no distribution are a UserError that names the model and the position. */
export function orRefuseNotFinite<T>(
  { name = 'a position', spec }: Pick<Position, 'name' | 'spec'>,
  compute: () => T,
): T {
  try {
    return compute()
  } catch (cause) {
    if (!(cause instanceof NotFiniteLogits)) throw cause
    const message = spec === undefined ? `${name}: ${cause.message}` : `${spec}: at ${name}, ${cause.what}`
    throw new UserError(message, {
      hint: "weights of this model are NaN or infinite, or grow so in its layers: 'tunediff weights BASE VARIANT' names tensors that are",
    })
  }
}

/** For one vocabulary; both sides have its size. Memory: about 24 bytes a token of it. */
export function openRowStatistics(vocabularySize: number): RowStatistics {
  const distributions = openDistributions(vocabularySize)
  let position: Position | undefined
  let base: Distribution | undefined
  let baseLogProb = 0
  return {
    setBase(given) {
      position = given
      const { logits, next } = given
      if (!(next >= 0 && next < vocabularySize))
        throw new UserError(
          `${given.name ?? 'a position'}: token ${next} is not in a vocabulary of ${vocabularySize}`,
          { hint: 'an output layer has fewer rows than its tokenizer has tokens: download that model again' },
        )
      base = orRefuseNotFinite(given, () => distributions.setBase(logits))
      baseLogProb = logProb(logits[next]!, base)
    },
    addVariant(logits, out, at, spec) {
      if (!position || !base) throw new RangeError('setBase comes before addVariant')
      const { name } = position
      const compared = orRefuseNotFinite(
        { ...(name === undefined ? {} : { name }), ...(spec === undefined ? {} : { spec }) },
        () => distributions.compareVariant(logits),
      )
      const { variant } = compared
      const [baseTop, variantTop] = [base.largest[0]!, variant.largest[0]!]
      const row: Record<TokenColumn, number> = {
        kl: compared.kl,
        klReverse: compared.klReverse,
        js: compared.js,
        tv: compared.tv,
        rank: compared.rank,
        topShared: shared(base.largest, variant.largest),
        baseLogProb,
        variantLogProb: logProb(logits[position.next]!, variant),
        baseEntropy: base.entropy,
        variantEntropy: variant.entropy,
        baseTop,
        variantTop,
        baseTopLogProb: logProb(base.maximum, base),
        variantTopLogProb: logProb(variant.maximum, variant),
      }
      for (let i = 0; i < ROW_LENGTH; i++) out[at + i] = row[TOKEN_COLUMNS[i]!]
    },
  }
}

/** From a logit; the same for equal logits, so that the most probable token's is found again in its own column. */
const logProb = (logit: number, { maximum, logTotal }: Distribution): number => logit - maximum - logTotal

function shared(base: readonly number[], variant: readonly number[]): number {
  return base.slice(0, TOP_K).filter((id) => variant.indexOf(id) >= 0).length
}

if (LARGEST !== TOP_K) throw new RangeError(`TOP_K is ${TOP_K}, the kernel keeps ${LARGEST}`)
