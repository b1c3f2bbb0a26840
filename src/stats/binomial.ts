// Binomial probabilities to full precision at any n, by Loader's saddle-point expansion (C. Loader 2000, "Fast and
// accurate computation of binomial probabilities"): logarithms of factorials of thousands would lose four digits.
import { checkWhole } from './check.ts'

/** P(X = k) for X binomial with n trials of probability p in [0, 1]. */
export function binomialProbability(k: number, n: number, p: number): number {
  checkWhole('n', n)
  checkWhole('k', k)
  if (!(p >= 0 && p <= 1)) throw new RangeError(`p must lie in [0, 1], got ${p}`)
  if (k > n) return 0
  if (p === 0) return k === 0 ? 1 : 0
  if (p === 1) return k === n ? 1 : 0
  if (k === 0) return Math.exp(n * Math.log1p(-p))
  if (k === n) return Math.exp(n * Math.log(p))
  const exponent =
    stirlingError(n) -
    stirlingError(k) -
    stirlingError(n - k) -
    deviance(k, n * p) -
    deviance(n - k, n * (1 - p))
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)))
}

/**
 * P(X <= k) for X binomial: the probabilities from k downwards by their ratios, all terms positive; above the mean, 1
 * minus the other tail.
 */
export function binomialLowerTail(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n) return 1
  if (k > n * p) return 1 - fallingSum(n - k - 1, n, 1 - p)
  return fallingSum(k, n, p)
}

// P(X <= k) for k at or below the mean.
function fallingSum(k: number, n: number, p: number): number {
  if (p === 0) return 1
  let term = binomialProbability(k, n, p)
  let sum = term
  const odds = (1 - p) / p
  for (let j = k; j > 0 && term > sum * 1e-18; j--) {
    term *= (j / (n - j + 1)) * odds
    sum += term
  }
  return Math.min(1, sum)
}

const LOG_2PI_HALF = 0.5 * Math.log(2 * Math.PI)

// log n! - (n + 1/2) log n + n - log(2π)/2 for n = 0..15, from the factorials themselves.
const STIRLING_ERRORS: readonly number[] = (() => {
  const errors = [0]
  for (let n = 1, factorial = 1; n <= 15; n++) {
    factorial *= n
    errors.push(Math.log(factorial) - (n + 0.5) * Math.log(n) + n - LOG_2PI_HALF)
  }
  return errors
})()

// Stirling's series beyond 15.
function stirlingError(n: number): number {
  if (n <= 15) return STIRLING_ERRORS[n]!
  const r = 1 / (n * n)
  return (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / n
}

// x log(x/m) + m - x, without cancellation where x is near m.
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m)
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x
  let sum = (x - m) * v
  let power = 2 * x * v
  for (let j = 3; ; j += 2) {
    power *= v * v
    const next = sum + power / j
    if (next === sum) return sum
    sum = next
  }
}
