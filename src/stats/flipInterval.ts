// Limits of a difference from its two directions alone: what was gained and what was lost, each a mean in [0, 1]
// over the same n problems. Wilson's limits of each, combined by square-and-add (Newcombe 1998) with the correlation
// that exclusive directions have: a problem is gained, lost or neither.
import { criticalZ } from './distributions.ts'
import type { Interval } from './rate.ts'
import { scoreInterval } from './rate.ts'

/** A value with its limits, one term of `squareAndAdd`. */
export interface Limits extends Interval {
  value: number
}

/**
 * Limits of plus - minus, from the limits of each and the correlation r of the two estimates:
 * difference - sqrt(a² - 2rab + b²) with a = plus - its lower limit, b = minus's upper limit - minus; and the mirror
 * image above. Inside [-1, 1].
 */
export function squareAndAdd(
  plus: Limits,
  minus: Limits,
  { correlation, difference }: { correlation: number; difference: number },
): Interval {
  const reach = (a: number, b: number): number =>
    Math.sqrt(Math.max(0, a * a - 2 * correlation * a * b + b * b))
  return {
    low: Math.max(-1, difference - reach(plus.value - plus.low, minus.high - minus.value)),
    high: Math.min(1, difference + reach(plus.high - plus.value, minus.value - minus.low)),
  }
}

/** Limits of gain - loss at a two-sided level, for mean gain and mean loss per problem, fractions of the scale. */
export function flipInterval(gain: number, loss: number, n: number, level = 0.95): Interval {
  const z = criticalZ(level)
  const exclusive = gain > 0 && loss > 0 ? -Math.sqrt((gain * loss) / ((1 - gain) * (1 - loss))) : 0
  return squareAndAdd(
    { value: gain, ...scoreInterval(gain, n, z) },
    { value: loss, ...scoreInterval(loss, n, z) },
    { correlation: exclusive, difference: gain - loss },
  )
}
