// Normal and Student t distributions to about 1e-14 relative. jstat gives the first guess of each quantile (right
// to between 4 and 12 digits, measured); Newton steps on the tails below do the rest. No other distribution lives here.
import jstat from 'jstat'
import { checkFraction, checkPositive } from './check.ts'

const SQRT_2PI = Math.sqrt(2 * Math.PI)
const SQRT_PI = Math.sqrt(Math.PI)

/**
 * P(Z > x) of the standard normal: Marsaglia's series (J. Stat. Software 11(4), 2004) or, far out, Laplace's
 * continued fraction of Mills' ratio.
 */
export function normalUpperTail(x: number): number {
  if (Number.isNaN(x)) throw new RangeError(`x must be a number, got ${x}`)
  if (x < 0) return 1 - normalUpperTail(-x)
  const density = Math.exp((-x * x) / 2) / SQRT_2PI
  if (x > 2.5) {
    let mills = x
    for (let i = 200; i >= 1; i--) mills = x + i / mills
    return density / mills
  }
  let term = x
  let sum = x
  for (let i = 3; term > sum * 1e-18; i += 2) {
    term *= (x * x) / i
    sum += term
  }
  return 0.5 - density * sum
}

/** The z with P(Z < z) = p. */
export function normalQuantile(p: number): number {
  checkFraction('p', p)
  if (p === 0.5) return 0
  const tail = Math.min(p, 1 - p)
  const z = newton(
    -jstat.jStat.normal.inv(tail, 0, 1),
    tail,
    normalUpperTail,
    (x) => Math.exp((-x * x) / 2) / SQRT_2PI,
  )
  return p < 0.5 ? -z : z
}

/**
 * P(T > t) of Student's t: half the incomplete beta function I_x(df/2, 1/2) at x = df/(df + t²) (Abramowitz and
 * Stegun 26.7.1). Near the centre from the complement, further out from Gauss's continued fraction of
 * 2F1(1/2, 1; df/2 + 1; -df/t²) (DLMF 8.17(ii), 15.7), all of whose terms are positive.
 */
export function studentUpperTail(t: number, degreesOfFreedom: number): number {
  checkPositive('degreesOfFreedom', degreesOfFreedom)
  if (Number.isNaN(t)) throw new RangeError(`t must be a number, got ${t}`)
  if (t < 0) return 1 - studentUpperTail(-t, degreesOfFreedom)
  if (t === 0) return 0.5
  if (t === Number.POSITIVE_INFINITY) return 0
  const a = degreesOfFreedom / 2
  const ratio = (t * t) / degreesOfFreedom
  // x^a / B(a, 1/2), through log1p because x is near 1 where df is large.
  const front = (Math.exp(-a * Math.log1p(ratio)) * gammaRatio(a)) / SQRT_PI
  const y = (t * t) / (degreesOfFreedom + t * t)
  if (t < 2) return 0.5 - front * Math.sqrt(y) * betaFraction(y, 0.5, a)
  return ((0.5 * front) / (a * Math.sqrt(y))) * gaussFraction(1 / ratio, a)
}

/** The t with P(T < t) = p. */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  checkFraction('p', p)
  checkPositive('degreesOfFreedom', degreesOfFreedom)
  if (p === 0.5) return 0
  const tail = Math.min(p, 1 - p)
  const scale = gammaRatio(degreesOfFreedom / 2) / Math.sqrt(degreesOfFreedom * Math.PI)
  const density = (t: number): number =>
    scale * Math.exp(-((degreesOfFreedom + 1) / 2) * Math.log1p((t * t) / degreesOfFreedom))
  const guess = -jstat.jStat.studentt.inv(tail, degreesOfFreedom)
  const t = newton(guess, tail, (x) => studentUpperTail(x, degreesOfFreedom), density)
  return p < 0.5 ? -t : t
}

/** Half-width of a two-sided interval in standard errors: the Student t quantile at (1 + level)/2. */
export function criticalT(degreesOfFreedom: number, level = 0.95): number {
  checkFraction('level', level)
  return studentQuantile(1 - (1 - level) / 2, degreesOfFreedom)
}

/** Half-width of a two-sided interval in standard errors: the normal quantile at (1 + level)/2. */
export function criticalZ(level = 0.95): number {
  checkFraction('level', level)
  return normalQuantile(1 - (1 - level) / 2)
}

// Solves upperTail(x) = tail. The tail is convex, so Newton's method ends on the root from any guess; it needs 2 to 4 steps.
function newton(
  guess: number,
  tail: number,
  upperTail: (x: number) => number,
  density: (x: number) => number,
): number {
  let x = guess
  for (let i = 0; i < 50; i++) {
    const step = (upperTail(x) - tail) / density(x)
    x += step
    if (Math.abs(step) <= 4e-16 * Math.abs(x)) break
  }
  return x
}

/**
 * Γ(x + 1/2)/Γ(x): its asymptotic series (Tricomi and Erdélyi 1951) above 100, reached by the recurrence from below.
 */
function gammaRatio(x: number): number {
  let factor = 1
  let shifted = x
  for (; shifted < 100; shifted++) factor *= shifted / (shifted + 0.5)
  const r = 1 / shifted
  const series =
    1 +
    r *
      (-1 / 8 +
        r * (1 / 128 + r * (5 / 1024 + r * (-21 / 32768 + r * (-399 / 262144 + r * (869 / 4194304))))))
  return factor * Math.sqrt(shifted) * series
}

/** Continued fraction of the incomplete beta function (DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  return lentz((j) => {
    const m = j >> 1
    const numerator = j % 2 === 0 ? m * (b - m) * x : -(a + m) * (a + b + m) * x
    return numerator / ((a + j - 1) * (a + j))
  })
}

/** 2F1(1/2, 1; c + 1; -z) by Gauss's continued fraction (DLMF 15.7). */
function gaussFraction(z: number, c: number): number {
  return lentz((j) => {
    const m = j >> 1
    const numerator = j % 2 === 0 ? m * (c - 0.5 + m) * z : (0.5 + m) * (c + m) * z
    return numerator / ((c + j - 1) * (c + j))
  })
}

/** 1/(1 + e(1)/(1 + e(2)/(1 + ...))) by the modified Lentz method. */
function lentz(element: (j: number) => number): number {
  const TINY = 1e-300
  let c = 1
  let d = 0
  let value = 1
  for (let j = 1; j < 1_000_000; j++) {
    const e = element(j)
    d = 1 / (1 + e * d || TINY)
    c = 1 + e / c || TINY
    value *= c * d
    // Rounding may hold the factor one or two units in the last place off 1 for ever.
    if (Math.abs(c * d - 1) <= 2 * Number.EPSILON) return 1 / value
  }
  throw new RangeError('a continued fraction of the Student t distribution did not converge')
}
