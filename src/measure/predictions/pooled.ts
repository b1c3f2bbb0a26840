// From rows of tokens to measures: per-document sums, then pooled per token as ratios of sums, with documents as the
// units of every interval. Formulas, intervals and how often they cover: docs/methods.md, Predictions.
import type { Absent, Estimate } from '../../schema/estimate.ts'
import {
  type DocumentRow,
  type MeasureName,
  type PredictionMeasures,
  TOP_K,
} from '../../schema/predictions.ts'
import { type RatioOptions, ratioDifference, ratioEstimate } from '../../stats/index.ts'
import { plural } from '../../util/text.ts'
import { COLUMN, ROW_LENGTH } from './rows.ts'

const SUMMED = [
  'kl',
  'klReverse',
  'js',
  'tv',
  'topAgreement',
  'topOverlap',
  'reciprocalRank',
  'deltaProb',
  'rmsDeltaProb',
  'deltaLogProb',
  'baseEntropy',
  'deltaEntropy',
] as const
type Summed = (typeof SUMMED)[number]

/** What pooling needs of a document: some numbers, however long it is. */
export interface DocumentSums {
  id: string
  corpus: string
  base: DocumentRow['base']
  variant: DocumentRow['variant']
  /** Over its scored tokens, of the squares for rmsDeltaProb; null where the two sides' tokenizers differ. */
  sums: Record<Summed, number> | null
  /** Positions whose divergence is infinite. */
  infinite: { kl: number; klReverse: number }
}

/** `tokens`: the document's rows of TOKEN_COLUMNS; none in bits-per-byte mode. */
export function documentSums(row: DocumentRow, tokens?: Float32Array): DocumentSums {
  const { id, corpus, base, variant } = row
  const infinite = { kl: 0, klReverse: 0 }
  if (!tokens) return { id, corpus, base, variant, sums: null, infinite }
  if (tokens.length !== base.tokens * ROW_LENGTH)
    throw new RangeError(`${id} has ${base.tokens} scored tokens and ${tokens.length / ROW_LENGTH} rows`)
  const sums = Object.fromEntries(SUMMED.map((name) => [name, 0])) as Record<Summed, number>
  for (let at = 0; at < tokens.length; at += ROW_LENGTH) addRow(sums, tokens, at)
  if (sums.kl === Number.POSITIVE_INFINITY) infinite.kl = countInfinite(tokens, COLUMN.kl)
  if (sums.klReverse === Number.POSITIVE_INFINITY)
    infinite.klReverse = countInfinite(tokens, COLUMN.klReverse)
  return { id, corpus, base, variant, sums, infinite }
}

function addRow(sums: Record<Summed, number>, tokens: Float32Array, at: number): void {
  const of = (column: number): number => tokens[at + column]!
  const shared = of(COLUMN.topShared)
  const [baseLogProb, variantLogProb] = [of(COLUMN.baseLogProb), of(COLUMN.variantLogProb)]
  const delta = deltaProb(baseLogProb, variantLogProb)
  sums.kl += of(COLUMN.kl)
  sums.klReverse += of(COLUMN.klReverse)
  sums.js += of(COLUMN.js)
  sums.tv += of(COLUMN.tv)
  sums.topAgreement += of(COLUMN.baseTop) === of(COLUMN.variantTop) ? 1 : 0
  sums.topOverlap += shared / (2 * TOP_K - shared)
  sums.reciprocalRank += 1 / of(COLUMN.rank)
  sums.deltaProb += delta
  sums.rmsDeltaProb += delta * delta
  sums.deltaLogProb += variantLogProb - baseLogProb
  sums.baseEntropy += of(COLUMN.baseEntropy)
  sums.deltaEntropy += of(COLUMN.variantEntropy) - of(COLUMN.baseEntropy)
}

/** Change of a probability from its natural logarithms. */
export const deltaProb = (baseLogProb: number, variantLogProb: number): number =>
  Math.exp(variantLogProb) - Math.exp(baseLogProb)

function countInfinite(tokens: Float32Array, column: number): number {
  let count = 0
  for (let at = column; at < tokens.length; at += ROW_LENGTH)
    if (tokens[at] === Number.POSITIVE_INFINITY) count++
  return count
}

const POSITIVE: RatioOptions = { scale: 'log', min: 0 }
const SHARE: RatioOptions = { min: 0, max: 1 }

/** How each sum over tokens becomes an estimate. */
const SCALES: Record<Exclude<Summed, 'rmsDeltaProb'>, RatioOptions> = {
  kl: POSITIVE,
  klReverse: POSITIVE,
  js: { ...POSITIVE, max: Math.LN2 },
  tv: { ...POSITIVE, max: 1 },
  topAgreement: SHARE,
  topOverlap: SHARE,
  reciprocalRank: SHARE,
  deltaProb: { min: -1, max: 1 },
  deltaLogProb: {},
  baseEntropy: POSITIVE,
  deltaEntropy: {},
}

const TOKENIZERS_DIFFER: Absent = {
  absent: "the two sides' tokenizers differ: only bits per byte can be compared",
}

/** Pooled over all documents given; documents without a scored token do not count. */
export function measuresOf(all: readonly DocumentSums[]): PredictionMeasures {
  const documents = all.filter(({ base, variant }) => base.tokens > 0 && variant.tokens > 0)
  const counts = { documents: documents.length, tokens: documents.reduce((sum, d) => sum + d.base.tokens, 0) }
  if (documents.length === 0) return { ...counts, ...allAbsent({ absent: 'no token was scored' }) }
  return { ...counts, ...allAbsent(TOKENIZERS_DIFFER), ...perToken(documents), ...perByte(documents) }
}

/** The same for each corpus, in the order in which they first occur. */
export function measuresByCorpus(
  documents: readonly DocumentSums[],
): ({ name: string } & PredictionMeasures)[] {
  const names = [...new Set(documents.map(({ corpus }) => corpus))]
  return names.map((name) => ({ name, ...measuresOf(documents.filter(({ corpus }) => corpus === name)) }))
}

function perToken(documents: readonly DocumentSums[]): Partial<Record<MeasureName, Estimate | Absent>> {
  if (documents.some(({ sums }) => sums === null)) return {}
  const denominators = documents.map(({ base }) => base.tokens)
  const units = (name: Summed) => ({ numerators: documents.map(({ sums }) => sums![name]), denominators })
  const names = Object.keys(SCALES) as (keyof typeof SCALES)[]
  const estimates = names.map((name) => [name, ratioEstimate(units(name), SCALES[name])])
  const logRatio = ratioEstimate({
    numerators: documents.map(({ base, variant }) => variant.nats - base.nats),
    denominators,
  })
  return {
    ...Object.fromEntries(estimates),
    ...infinite(documents),
    rmsDeltaProb: transformed(ratioEstimate(units('rmsDeltaProb'), { ...POSITIVE, max: 1 }), Math.sqrt),
    perplexityRatio: transformed(logRatio, (x) => Math.min(Number.MAX_VALUE, Math.exp(x))),
  }
}

/** Bounds of an increasing function are the function of the bounds. */
function transformed(estimate: Estimate, by: (x: number) => number): Estimate {
  const { value, low, high } = estimate
  return {
    ...estimate,
    value: by(value),
    low: low === null ? null : by(low),
    high: high === null ? null : by(high),
  }
}

function infinite(documents: readonly DocumentSums[]): Partial<Record<'kl' | 'klReverse', Absent>> {
  const sides = { kl: ['variant', 'base'], klReverse: ['base', 'variant'] } as const
  return Object.fromEntries(
    (['kl', 'klReverse'] as const).flatMap((name) => {
      const count = documents.reduce((sum, document) => sum + document.infinite[name], 0)
      const [never, ever] = sides[name]
      const absent = `infinite: at ${plural(count, 'scored token')} the ${never} gives probability 0 to what the ${ever} does not`
      return count > 0 ? [[name, { absent }]] : []
    }),
  )
}

function perByte(documents: readonly DocumentSums[]): Partial<Record<MeasureName, Estimate | Absent>> {
  const units = (side: 'base' | 'variant') => ({
    numerators: documents.map((document) => document[side].nats / Math.LN2),
    denominators: documents.map((document) => document[side].bytes),
  })
  const [base, variant] = [units('base'), units('variant')]
  if (![base, variant].every(({ denominators }) => denominators.some((bytes) => bytes > 0))) {
    const absent = { absent: 'the scored tokens stand for no bytes of text' }
    return { baseBitsPerByte: absent, variantBitsPerByte: absent, deltaBitsPerByte: absent }
  }
  return {
    baseBitsPerByte: ratioEstimate(base, POSITIVE),
    variantBitsPerByte: ratioEstimate(variant, POSITIVE),
    deltaBitsPerByte: ratioDifference(base, variant),
  }
}

function allAbsent(absent: Absent): Record<MeasureName, Absent> {
  const names: MeasureName[] = [
    ...SUMMED,
    'baseBitsPerByte',
    'variantBitsPerByte',
    'deltaBitsPerByte',
    'perplexityRatio',
  ]
  return Object.fromEntries(names.map((name) => [name, absent])) as Record<MeasureName, Absent>
}

/** Levels of one side: no line of theirs is a zero. */
const LEVELS: readonly string[] = ['baseEntropy', 'baseBitsPerByte', 'variantBitsPerByte']

/** The measures with `zero` filled in from those of the base against itself, or with why there are none. */
export function withZero(
  measures: PredictionMeasures,
  zero: PredictionMeasures | Absent,
): PredictionMeasures {
  const entries = Object.entries(measures).map(([name, measure]) => {
    if (typeof measure === 'number' || 'absent' in measure || LEVELS.includes(name)) return [name, measure]
    const line = 'absent' in zero ? zero : zero[name as MeasureName]
    return [name, { ...measure, zero: 'absent' in line ? line : bare(line) }]
  })
  return Object.fromEntries(entries)
}

function bare({ value, low, high, n, method }: Estimate): Omit<Estimate, 'zero'> {
  return { value, low, high, n, method }
}
