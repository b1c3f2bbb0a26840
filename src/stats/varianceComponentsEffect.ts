// The mean of differences that vary by seed and by problem, for a statement about the recipe: another seed may come, and
// other problems. Two errors of known degrees of freedom are added in squares with the t quantile of each (Banerjee 1960,
// Sankhya 22:357), which holds its level at any ratio of the two. One t with Satterthwaite's degrees of freedom does not:
// with two seeds it is wrong twice as often as it says (test/soak/seedCoverage.test.ts).
import { checkScores } from './check.ts'
import { criticalT } from './distributions.ts'
import { flipInterval } from './flipInterval.ts'
import { isSparse, moments } from './mean.ts'
import type { Interval } from './rate.ts'

/** Least p that is looked for. */
const LEAST_P = 1e-9

/** Mean squares of one difference a seed and problem, as variances of one: seed, problem, and what is left. */
export interface CrossedVariance {
  seed: number
  problem: number
  /** Interaction, with the sampling that is in one mean of repeats. */
  rest: number
}

export interface CrossedMean {
  mean: number
  interval: Interval
  /** Two-sided: the least level at which the interval leaves out 0, at least 1e-9. */
  p: number
  variance: CrossedVariance
}

/**
 * Mean over seeds and problems of `differences` (a list of problems a seed, at least two of each) with the 95 % interval
 * mean ± sqrt(t²_{k-1}·V + r·w²): V the variance of the mean of k seed means, w the half-width of the paired interval of
 * the problem means, r = 1 - MS_rest/MS_problem the share of w² that is not also in V. Never narrower than w: what holds
 * for any seed holds for these. `bound` as in `differenceEstimate`.
 */
export function crossedMean(differences: readonly (readonly number[])[], bound: number | null): CrossedMean {
  const seeds = differences.length
  if (seeds < 2) throw new RangeError(`differences must hold at least 2 seeds, got ${seeds}`)
  for (const [s, list] of differences.entries()) {
    checkScores(`differences[${s}]`, list, 2)
    if (list.length !== differences[0]!.length)
      throw new RangeError(
        `differences must be of one length, got ${differences[0]!.length} and ${list.length}`,
      )
  }
  const problems = differences[0]!.length
  const ofSeeds = differences.map((list) => list.reduce((sum, d) => sum + d, 0) / problems)
  const ofProblems = differences[0]!.map((_, p) => differences.reduce((sum, d) => sum + d[p]!, 0) / seeds)
  const { mean, variance: seedVariance } = moments(ofSeeds)
  const { variance: problemVariance } = moments(ofProblems)
  const residuals = differences.flatMap((list, s) =>
    list.map((d, p) => (d - ofSeeds[s]! - ofProblems[p]! + mean) ** 2),
  )
  const rest = residuals.reduce((sum, x) => sum + x, 0) / ((seeds - 1) * (problems - 1))
  const share = problemVariance > 0 ? Math.max(0, 1 - rest / (seeds * problemVariance)) : 1
  const interval = (level: number): Interval => {
    const ofProblem = problemLimits(ofProblems, bound, level)
    const seedSquare = criticalT(seeds - 1, level) ** 2 * (seedVariance / seeds)
    const reach = (w: number): number => Math.max(w, Math.sqrt(seedSquare + share * w * w))
    return { low: mean - reach(mean - ofProblem.low), high: mean + reach(ofProblem.high - mean) }
  }
  const variance = {
    seed: Math.max(0, seedVariance - rest / problems),
    problem: Math.max(0, problemVariance - rest / seeds),
    rest,
  }
  return { mean, interval: interval(0.95), p: leastLevel(mean, interval), variance }
}

/** The limits of `differenceEstimate` at any level. */
function problemLimits(differences: readonly number[], bound: number | null, level: number): Interval {
  const n = differences.length
  const { mean, variance } = moments(differences)
  if (bound !== null && isSparse(differences)) {
    const gain = differences.reduce((sum, d) => sum + Math.max(0, d), 0) / n / bound
    const loss = differences.reduce((sum, d) => sum + Math.max(0, -d), 0) / n / bound
    const { low, high } = flipInterval(gain, loss, n, level)
    return { low: Math.min(mean, low * bound), high: Math.max(mean, high * bound) }
  }
  const half = criticalT(n - 1, level) * Math.sqrt(variance / n)
  return { low: mean - half, high: mean + half }
}

function leastLevel(mean: number, interval: (level: number) => Interval): number {
  if (mean === 0) return 1
  const leavesOut = (alpha: number): boolean => {
    const { low, high } = interval(1 - alpha)
    return mean > 0 ? low > 0 : high < 0
  }
  let [kept, out] = [Math.log(LEAST_P), 0]
  if (leavesOut(LEAST_P)) return LEAST_P
  for (let i = 0; i < 32; i++) {
    const middle = (kept + out) / 2
    if (leavesOut(Math.exp(middle))) out = middle
    else kept = middle
  }
  return Math.exp(out)
}
