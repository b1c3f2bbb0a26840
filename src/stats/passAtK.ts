// pass@k (Chen et al. 2021, arXiv 2107.03374, equation 1): the chance that at least one of k samples passes, unbiased
// from n >= k samples of which c pass. pass^k: the chance that all k pass (Yao et al. 2024, arXiv 2406.12045).
import type { Estimate } from '../schema/estimate.ts'
import { checkWhole } from './check.ts'
import { boundedMeanEstimate } from './mean.ts'
import { pairedDifference } from './paired.ts'

/** One problem: samples drawn, and how many of them pass. */
export interface SampleCounts {
  n: number
  c: number
}

/** 1 - C(n - c, k)/C(n, k), as a product; 1 if fewer than k samples fail. A fraction. */
export function passAtK(n: number, c: number, k: number): number {
  checkSamples(n, c, k)
  if (n - c < k) return 1
  let allFail = 1
  for (let i = n - c + 1; i <= n; i++) allFail *= 1 - k / i
  return 1 - allFail
}

/** C(c, k)/C(n, k), as a product. A fraction. */
export function passHatK(n: number, c: number, k: number): number {
  checkSamples(n, c, k)
  let allPass = 1
  for (let i = 0; i < k; i++) allPass *= (c - i) / (n - i)
  return Math.max(0, allPass)
}

/** Mean pass@k over problems, a fraction, with the interval of `boundedMeanEstimate`: n is the number of problems. */
export function passAtKEstimate(rows: readonly SampleCounts[], k: number): Estimate {
  return boundedMeanEstimate(rows.map(({ n, c }) => passAtK(n, c, k)))
}

/**
 * Mean difference of pass@k, variant - base, over problems paired by position, with the interval of
 * `pairedDifference`.
 */
export function passAtKDifference(
  base: readonly SampleCounts[],
  variant: readonly SampleCounts[],
  k: number,
): Estimate {
  const value = ({ n, c }: SampleCounts): number => passAtK(n, c, k)
  return pairedDifference(base.map(value), variant.map(value)).delta
}

function checkSamples(n: number, c: number, k: number): void {
  checkWhole('n', n, 1)
  checkWhole('c', c)
  checkWhole('k', k, 1)
  if (c > n) throw new RangeError(`c must be at most n = ${n}, got ${c}`)
  if (k > n) throw new RangeError(`k must be at most n = ${n}, got ${k}: pass@k needs k samples or more`)
}
