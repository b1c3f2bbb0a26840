// Published HumanEval scores read as what they are: whole numbers of 164 problems. Says what the scores alone can and
// cannot show; it has no answers, so it tests nothing. Wilson's intervals; best case of exact McNemar (src/stats).
import type { Estimate } from '../schema/estimate.ts'
import { fewestFlips, mcnemarExact, rateEstimate } from '../stats/index.ts'

export const HUMANEVAL_PROBLEMS = 164
const ALPHA = 0.05
// The rows that the question behind this table is about: the same starting programs, other models in the scaffold.
const QUOTED_STARTS = 'Reflexion'

/** One published score, as in assets/reference/humaneval-published.csv. */
export interface PublishedRow {
  system: string
  baseWeights: string
  weightsChanged: boolean
  solver: string
  /** What the solver began from, as the start of another row's `system`; null if it began from nothing. */
  startingPrograms: string | null
  scorePercent: number
  solved: number
  /** Year, or year and month. */
  published: string
  source: string
  note: string | null
}

export interface ScoredRow extends PublishedRow {
  rate: Estimate
  /** Whether the row names a public log of the answers. */
  logKnown: boolean
}

/** Rows that start from the same programs: lowest and highest score. */
interface Span {
  startingPrograms: string
  rows: number
  lowPercent: number
  highPercent: number
  lowSolved: number
  highSolved: number
  problems: number
}

/** Pairs of rows, and those whose solved counts lie so near that no pairing of their problems could separate them. */
interface PairCount {
  pairs: number
  tooClose: number
}

/** A row and the row whose programs it started from, by system name, where logs of both are public. */
export interface KnownPair {
  base: string
  variant: string
  baseSolved: number
  variantSolved: number
  /** Exact McNemar p if only one side had flips: the smallest that these two counts allow. */
  bestP: number
}

export interface HumanevalTable {
  problems: number
  rows: ScoredRow[]
  rowsWithChangedWeights: number
  span: Span
  /** Smallest gap in solved problems at which p < 0.05 is possible at all: that many gained and none lost. */
  fewestFlips: number
  pAtFewest: number
  pBelowFewest: number
  allPairs: PairCount
  spanPairs: PairCount
  /** Pairs inside the span that are far enough apart to differ, if their problems pair so. */
  spanPairsApart: (KnownPair & { logsKnown: boolean })[]
  rowsWithLog: number
  knownPairs: KnownPair[]
}

/** What the published rows say. They must hold at least one that starts from Reflexion's programs. */
export function humanevalTable(published: readonly PublishedRow[]): HumanevalTable {
  const rows = published.map(score)
  const quoted = rows.filter((row) => row.startingPrograms === QUOTED_STARTS)
  const fewest = fewestFlips(ALPHA)
  const apart = pairsOf(quoted).filter(([a, b]) => gap(a, b) >= fewest)
  return {
    problems: HUMANEVAL_PROBLEMS,
    rows,
    rowsWithChangedWeights: rows.filter((row) => row.weightsChanged).length,
    span: spanOf(quoted),
    fewestFlips: fewest,
    pAtFewest: mcnemarExact(0, fewest).p,
    pBelowFewest: mcnemarExact(0, fewest - 1).p,
    allPairs: countPairs(rows, fewest),
    spanPairs: countPairs(quoted, fewest),
    spanPairsApart: apart.map(([a, b]) => ({ ...knownPair(a, b), logsKnown: a.logKnown && b.logKnown })),
    rowsWithLog: rows.filter((row) => row.logKnown).length,
    knownPairs: startingPairs(rows),
  }
}

function score(row: PublishedRow): ScoredRow {
  const logKnown = /\blogs?\b/i.test(`${row.source} ${row.note ?? ''}`)
  return { ...row, rate: rateEstimate(row.solved, HUMANEVAL_PROBLEMS), logKnown }
}

function spanOf(rows: readonly ScoredRow[]): Span {
  const sorted = [...rows].sort((a, b) => a.solved - b.solved)
  const [low, high] = [sorted[0], sorted.at(-1)]
  if (!low || !high) throw new RangeError(`no row starts from ${QUOTED_STARTS}'s programs`)
  return {
    startingPrograms: QUOTED_STARTS,
    rows: rows.length,
    lowPercent: low.scorePercent,
    highPercent: high.scorePercent,
    lowSolved: low.solved,
    highSolved: high.solved,
    problems: high.solved - low.solved,
  }
}

const gap = (a: ScoredRow, b: ScoredRow): number => Math.abs(a.solved - b.solved)

function pairsOf(rows: readonly ScoredRow[]): [ScoredRow, ScoredRow][] {
  return rows.flatMap((a, i) => rows.slice(i + 1).map((b): [ScoredRow, ScoredRow] => [a, b]))
}

function countPairs(rows: readonly ScoredRow[], fewest: number): PairCount {
  const pairs = pairsOf(rows)
  return { pairs: pairs.length, tooClose: pairs.filter(([a, b]) => gap(a, b) < fewest).length }
}

function startingPairs(rows: readonly ScoredRow[]): KnownPair[] {
  return rows.flatMap((variant) => {
    const start = variant.startingPrograms
    const base = start === null ? undefined : rows.find((row) => row.system.startsWith(start))
    return base?.logKnown && variant.logKnown ? [knownPair(base, variant)] : []
  })
}

function knownPair(base: ScoredRow, variant: ScoredRow): KnownPair {
  return {
    base: base.system,
    variant: variant.system,
    baseSolved: base.solved,
    variantSolved: variant.solved,
    bestP: mcnemarExact(0, gap(base, variant)).p,
  }
}
