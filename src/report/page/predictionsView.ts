// What is computed from the rows of a pair of predictions: its documents, and what is counted over positions.
import { dirname, join } from 'node:path'
import { COLUMN, ROW_LENGTH } from '../../measure/predictions/rows.ts'
import { documentRowSchema } from '../../schema/predictions.ts'
import type { PredictionsView } from '../../schema/report.ts'
import type { PredictionsResult } from '../../schema/results.ts'
import { ratioEstimate } from '../../stats/index.ts'
import { withTokens } from '../../store/predictionsFolder.ts'
import { type Carried, placedRows } from './rows.ts'

/** Bins of the histogram: a quarter of a decade, from 1e-8 nats. */
const DECADE_BINS = 4
const LOWEST = -8
/** What is larger, infinite too, is in the last bin. */
const HIGHEST = 3
/** Positions up to the first bound are one stretch; each further stretch is as long as all before it. */
const FIRST_STRETCH = 8
const MAX_CHOICES = 24

/** `ids`: tokens that occur in it, or in its rows. */
export async function predictionsView(
  carried: Carried,
  { from, mode }: PredictionsResult,
): Promise<{ view: PredictionsView; ids: Set<number> }> {
  const place = dirname(from[0]!.file)
  const documents: PredictionsView['documents'] = []
  const positions = openPositions()
  const ids = new Set<number>()
  let firstRow = 0
  const rows = placedRows(carried, `${place}/documents.jsonl`, documentRowSchema)
  for await (const { row, piece, tokens } of withTokens(join(carried.folder, place), rows)) {
    const scored = tokens.length / ROW_LENGTH
    const kl = scored > 0 ? positions.add(tokens) : null
    const { id, corpus } = row
    documents.push({ id, corpus, tokens: row.base.tokens, kl, piece, firstRow })
    firstRow += scored
    for (const token of row.ids ?? []) ids.add(token)
    for (let at = 0; at < tokens.length; at += ROW_LENGTH) {
      ids.add(tokens[at + COLUMN.baseTop]!)
      ids.add(tokens[at + COLUMN.variantTop]!)
    }
  }
  if (mode === 'distributions' && firstRow > 0) return { view: { documents, ...positions.result() }, ids }
  const absent = mode === 'distributions' ? 'no token was scored' : "the two sides' tokenizers differ"
  return { view: { documents, histogram: { absent }, byPosition: [], choices: [] }, ids }
}

type Positions = Pick<PredictionsView, 'histogram' | 'byPosition' | 'choices'>

/** What is counted over positions. `add` returns the mean KL of the document. */
function openPositions(): { add(tokens: Float32Array): number; result(): Positions } {
  const bins = new Array<number>((HIGHEST - LOWEST) * DECADE_BINS).fill(0)
  const choices = new Map<string, number>()
  /** By stretch, then by document. */
  const stretches: { sums: number[]; counts: number[] }[] = []
  let [below, sum, count] = [0, 0, 0]
  const addPosition = (kl: number, position: number): void => {
    const bin = Math.floor((Math.log10(kl) - LOWEST) * DECADE_BINS)
    if (bin >= 0) bins[Math.min(bin, bins.length - 1)]!++
    else below++
    const stretch = stretchOf(position)
    const { sums, counts } = stretches[stretch]!
    sums[sums.length - 1]! += kl
    counts[counts.length - 1]! += 1
  }
  return {
    add(tokens) {
      const rows = tokens.length / ROW_LENGTH
      for (let stretch = 0; stretch <= stretchOf(rows - 1); stretch++) {
        if (stretch === stretches.length) stretches.push({ sums: [], counts: [] })
        stretches[stretch]!.sums.push(0)
        stretches[stretch]!.counts.push(0)
      }
      let own = 0
      for (let row = 0; row < rows; row++) {
        const of = (column: number): number => tokens[row * ROW_LENGTH + column]!
        const kl = of(COLUMN.kl)
        own += kl
        addPosition(kl, row)
        const [base, variant] = [of(COLUMN.baseTop), of(COLUMN.variantTop)]
        if (base !== variant) choices.set(`${base} ${variant}`, (choices.get(`${base} ${variant}`) ?? 0) + 1)
      }
      sum += own
      count += rows
      return finite(own / rows)
    },
    result: () => ({
      histogram: { bins: shownBins(bins), below, mean: finite(sum / count) },
      byPosition: stretches.flatMap(({ sums, counts }, stretch) => {
        if (!sums.every(Number.isFinite)) return []
        const kl = ratioEstimate({ numerators: sums, denominators: counts }, { scale: 'log', min: 0 })
        return [{ ...boundsOf(stretch), kl }]
      }),
      choices: mostFrequent(choices),
    }),
  }
}

/** JSON has no Infinity. */
const finite = (value: number): number => Math.min(value, Number.MAX_VALUE)

/** 0 for positions 0 to 7, 1 for 8 to 15, 2 for 16 to 31, 3 for 32 to 63 ... */
const stretchOf = (position: number): number =>
  position < FIRST_STRETCH ? 0 : Math.floor(Math.log2(position / FIRST_STRETCH)) + 1

/** Positions of a stretch, counted from 1. */
const boundsOf = (stretch: number): { first: number; last: number } => ({
  first: stretch === 0 ? 1 : FIRST_STRETCH * 2 ** (stretch - 1) + 1,
  last: FIRST_STRETCH * 2 ** stretch,
})

/** Without empty ones at both ends. */
function shownBins(counts: readonly number[]): { low: number; high: number; count: number }[] {
  const filled = counts.flatMap((count, i) => (count > 0 ? [i] : []))
  if (filled.length === 0) return []
  const edge = (i: number): number => Number((10 ** (LOWEST + i / DECADE_BINS)).toPrecision(6))
  return counts
    .map((count, i) => ({ low: edge(i), high: edge(i + 1), count }))
    .slice(filled[0]!, filled.at(-1)! + 1)
}

function mostFrequent(choices: ReadonlyMap<string, number>): Positions['choices'] {
  return [...choices]
    .map(([key, count]): [number, number, number] => {
      const [base, variant] = key.split(' ').map(Number)
      return [base!, variant!, count]
    })
    .sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1])
    .slice(0, MAX_CHOICES)
}
