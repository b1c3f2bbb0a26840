// The chi-squared distribution of whole degrees of freedom, which the spread of a few seeds follows, by its recurrence
// from 1 or 2 degrees (Abramowitz and Stegun 26.4.4, 26.4.5). Not for thousands of degrees.
import { checkFraction, checkWhole } from './check.ts'
import { normalUpperTail } from './distributions.ts'

/** P(X > x) for X chi-squared. */
export function chiSquaredUpperTail(x: number, degreesOfFreedom: number): number {
  checkWhole('degreesOfFreedom', degreesOfFreedom, 1)
  if (!(x > 0)) return 1
  const odd = degreesOfFreedom % 2 === 1
  let tail = odd ? 2 * normalUpperTail(Math.sqrt(x)) : Math.exp(-x / 2)
  let term = odd ? Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2) : (x / 2) * Math.exp(-x / 2)
  for (let df = odd ? 3 : 4; df <= degreesOfFreedom; df += 2) {
    tail += term
    term *= x / df
  }
  return tail
}

/** The x with P(X < x) = p, by bisection of its logarithm. */
export function chiSquaredQuantile(p: number, degreesOfFreedom: number): number {
  checkFraction('p', p)
  const upper = 1 - p
  let [low, high] = [-700, Math.log(degreesOfFreedom + 1) + 7]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (chiSquaredUpperTail(Math.exp(middle), degreesOfFreedom) > upper) low = middle
    else high = middle
  }
  return Math.exp((low + high) / 2)
}
