// A rate of passes: Wilson's score interval (Wilson 1927; Newcombe 1998, Stat. Med. 17:857, method 3).
// Wald's interval is not offered: it fails near 0 and 1.
import type { Estimate } from '../schema/estimate.ts'
import { checkWhole } from './check.ts'
import { criticalZ } from './distributions.ts'

/** Bounds of an interval. */
export interface Interval {
  low: number
  high: number
}

/**
 * Wilson's interval (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) of a rate, as fractions, at a two-sided
 * level.
 */
export function wilson(successes: number, n: number, level = 0.95): Interval {
  checkWhole('n', n, 1)
  checkWhole('successes', successes)
  if (successes > n) throw new RangeError(`successes must be at most n = ${n}, got ${successes}`)
  return scoreInterval(successes / n, n, criticalZ(level))
}

/** Wilson's formula for a mean p in [0, 1] of n units, which an effective number of units may replace. */
export function scoreInterval(p: number, n: number, z: number): Interval {
  const centre = p + (z * z) / (2 * n)
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  // The formula gives 0 and 1 exactly at the ends; rounding would not.
  return {
    low: p === 0 ? 0 : Math.min(p, (centre - half) / scale),
    high: p === 1 ? 1 : Math.max(p, (centre + half) / scale),
  }
}

/** Pass rate of `successes` out of n problems, a fraction, with Wilson's 95 % interval. */
export function rateEstimate(successes: number, n: number): Estimate {
  return { ...wilson(successes, n), value: successes / n, n, method: 'wilson' }
}
