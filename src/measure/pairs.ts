// Pairs base and variant by problem: the paired difference with interval and test, and the problems behind it.
// One bit a problem on both sides: exact McNemar and Newcombe's interval; else sign-flip permutation and the paired
// interval of stats/paired (t, or bounded where few problems carry the difference).
import type { Absent, Estimate } from '../schema/estimate.ts'
import {
  fewestFlips,
  mcnemarExact,
  minimumDetectable,
  newcombeEstimate,
  pairedDifference,
  requiredN,
  resolutionRatio,
  signFlip,
} from '../stats/index.ts'

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
  mde: number | null
  resolution: number | null
  /** Problems that the observed gap needs for 80 % power at 0.05; null where no gap was observed. */
  neededN: number | null
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
  const common = { paired: n, unpaired, gained, lost, ...power(n, difference, binary) }
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

function power(
  n: number,
  difference: { delta: Estimate; variance: number },
  binary: boolean,
): Pick<PairedResult, 'mde' | 'resolution' | 'neededN'> {
  const { variance } = difference
  const delta = difference.delta.value
  // Exact McNemar cannot call fewer flips than these, whatever the variance.
  const floor = binary ? fewestFlips() / n : 0
  const least = Math.max(floor, variance > 0 ? minimumDetectable({ variance, n }) : 0)
  // Scores lie in [0, 1] as a rule; a difference above 1 cannot be there to be found.
  const mde = least > 0 && least <= 1 ? least : null
  if (delta === 0 || variance === 0) return { mde, resolution: null, neededN: null }
  return { mde, resolution: resolutionRatio({ n, variance, delta }), neededN: requiredN({ variance, delta }) }
}

/** Whether every problem has one score and it is 0 or 1. */
export function isBinary(scores: ProblemScores, ids: Iterable<string> = scores.keys()): boolean {
  for (const id of ids) {
    const repeats = scores.get(id)!
    if (repeats.length !== 1 || (repeats[0] !== 0 && repeats[0] !== 1)) return false
  }
  return true
}

/** Base against itself: flips between the first two repeats of each problem; absent without repeats. */
export function zeroLine(base: ProblemScores): { flips: number; n: number } | Absent {
  const repeated = [...base.values()].filter((repeats) => repeats.length > 1)
  if (repeated.length === 0) {
    return {
      absent:
        'the base has one answer a problem: record a second run of the base to see how often it flips by itself',
    }
  }
  return { flips: repeated.filter(([first, second]) => first !== second).length, n: repeated.length }
}

const ORDER = new Intl.Collator('en', { numeric: true })

/** Problem ids as people count them: P/2 before P/10. */
export function inOrder(ids: string[]): string[] {
  return ids.sort(ORDER.compare)
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
