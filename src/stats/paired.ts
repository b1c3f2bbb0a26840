// Base and variant on the same problems, scores of any kind: the mean of d = variant - base with its error. Two
// separate intervals that overlap say nothing of a paired difference (Miller 2024, arXiv 2411.00640).
import type { Estimate } from '../schema/estimate.ts'
import { checkPaired, checkScores } from './check.ts'
import { flipInterval } from './flipInterval.ts'
import { isSparse, moments, studentEstimate } from './mean.ts'

/**
 * The paired difference: its Estimate, the standard error sd(d)/sqrt(n) and the variance of d (divisor n - 1), in the
 * unit of the scores.
 */
export interface PairedDifference {
  delta: Estimate
  se: number
  variance: number
}

/**
 * Mean of variant - base over problems paired by position, with a 95 % interval: d̄ ± t·sd(d)/sqrt(n) ("paired-t"),
 * or, where few problems carry the difference (`isSparse`) and all scores lie in [0, 1], the limits that hold for any
 * sizes of change ("paired-bounded", from `flipInterval`). Scores outside [0, 1] always get t.
 */
export function pairedDifference(base: readonly number[], variant: readonly number[]): PairedDifference {
  checkScores('base', base, 2)
  checkScores('variant', variant, 2)
  checkPaired({ name: 'base', list: base }, { name: 'variant', list: variant })
  const differences = base.map((score, i) => variant[i]! - score)
  const { variance } = moments(differences)
  const delta = differenceEstimate(differences, isUnit(base) && isUnit(variant) ? 1 : null)
  return { delta, se: Math.sqrt(variance / base.length), variance }
}

/**
 * Mean of differences that cannot exceed `bound` in size (null: no bound known), as `pairedDifference` chooses its
 * interval.
 */
export function differenceEstimate(differences: readonly number[], bound: number | null): Estimate {
  const n = differences.length
  const { mean, variance } = moments(differences)
  if (bound !== null && isSparse(differences)) {
    const gain = differences.reduce((sum, d) => sum + Math.max(0, d), 0) / n / bound
    const loss = differences.reduce((sum, d) => sum + Math.max(0, -d), 0) / n / bound
    const { low, high } = flipInterval(gain, loss, n)
    return {
      value: mean,
      low: Math.min(mean, low * bound),
      high: Math.max(mean, high * bound),
      n,
      method: 'paired-bounded',
    }
  }
  return studentEstimate({ mean, se: Math.sqrt(variance / n), n, method: 'paired-t' })
}

/** Whether all scores lie in [0, 1]. */
export function isUnit(scores: readonly number[]): boolean {
  return scores.every((score) => score >= 0 && score <= 1)
}
