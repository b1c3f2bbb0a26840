// Pairs base and variant by problem: the paired difference with interval and test, and the problems behind it.
// One bit a problem on both sides: exact McNemar and Newcombe's interval; else sign-flip permutation and the paired
// interval of stats/paired (t, or bounded where few problems carry the difference).
import type { Absent, Estimate } from '../schema/estimate.ts'
import { mcnemarExact, newcombeEstimate, pairedDifference, signFlip } from '../stats/index.ts'

export type ProblemScores = ReadonlyMap<string, readonly number[]>

export interface PairedResult {
  paired: number
  unpaired: string[]
  /** variant - base, a fraction. */
  delta: Estimate
  gained: string[]
  lost: string[]
  test: 'mcnemar-exact' | 'sign-flip'
  p: number
  mcnemarP: number | null
  /** Of the problems' differences. */
  variance: number
  /** Mean scores over the paired problems. */
  baseRate: number
  variantRate: number
}

// Fixed, so that a report is the same each time it is made.
const PERMUTATION_SEED = 20_240_521

/** Compares two sets of problem scores. Needs at least two paired problems. */
export function pairScores(base: ProblemScores, variant: ProblemScores): PairedResult {
  const shared = inOrder([...base.keys()].filter((id) => variant.has(id)))
  const unpaired = inOrder([
    ...[...base.keys()].filter((id) => !variant.has(id)),
    ...[...variant.keys()].filter((id) => !base.has(id)),
  ])
  const baseMeans = shared.map((id) => mean(base.get(id)!))
  const variantMeans = shared.map((id) => mean(variant.get(id)!))
  const gained = shared.filter((_, i) => variantMeans[i]! > baseMeans[i]!)
  const lost = shared.filter((_, i) => variantMeans[i]! < baseMeans[i]!)
  const binary = isBinary(base, shared) && isBinary(variant, shared)
  const difference = pairedDifference(baseMeans, variantMeans)
  const n = shared.length
  const { variance } = difference
  const rates = { baseRate: mean(baseMeans), variantRate: mean(variantMeans) }
  const common = { paired: n, unpaired, gained, lost, variance, ...rates }
  if (binary) {
    const both = baseMeans.filter((score, i) => score === 1 && variantMeans[i] === 1).length
    const counts = { both, lost: lost.length, gained: gained.length, neither: 0 }
    counts.neither = n - counts.both - counts.lost - counts.gained
    const { p } = mcnemarExact(lost.length, gained.length)
    return { ...common, delta: newcombeEstimate(counts), test: 'mcnemar-exact', p, mcnemarP: p }
  }
  const differences = baseMeans.map((score, i) => variantMeans[i]! - score)
  const { p } = signFlip(differences, { seed: PERMUTATION_SEED })
  return { ...common, delta: difference.delta, test: 'sign-flip', p, mcnemarP: null }
}

/** Whether every problem has one score and it is 0 or 1. */
export function isBinary(scores: ProblemScores, ids: Iterable<string> = scores.keys()): boolean {
  for (const id of ids) {
    const repeats = scores.get(id)!
    if (repeats.length !== 1 || (repeats[0] !== 0 && repeats[0] !== 1)) return false
  }
  return true
}

/** Base against itself: its first two answers to each problem, compared as base and variant are; absent without repeats. */
export function zeroLine(base: ProblemScores): { flips: number; n: number; delta: Estimate } | Absent {
  const repeated = [...base].filter(([, repeats]) => repeats.length > 1)
  if (repeated.length < 2) {
    return {
      absent:
        'the base has one answer a problem: record a second run of the base to see how often it flips by itself',
    }
  }
  const first = new Map(repeated.map(([id, repeats]) => [id, repeats.slice(0, 1)]))
  const second = new Map(repeated.map(([id, repeats]) => [id, repeats.slice(1, 2)]))
  const { gained, lost, delta } = pairScores(first, second)
  return { flips: gained.length + lost.length, n: repeated.length, delta }
}

const ORDER = new Intl.Collator('en', { numeric: true })

/** Problem ids as people count them: P/2 before P/10. */
export const byId = ORDER.compare

export function inOrder(ids: string[]): string[] {
  return ids.sort(byId)
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
