// How many problems a paired comparison needs, and what a given number of problems can show (Miller 2024,
// arXiv 2411.00640; the resolution ratio: Kotawala 2026, arXiv 2605.30315, preprint). Normal approximation:
// for pass rates with few flips the exact figures are in mcnemarPower.ts.
import { checkFraction, checkNumber, checkPositive, checkWhole } from './check.ts'
import { normalQuantile } from './distributions.ts'

/** Chance of a false alarm, two-sided (0.05), and of seeing a difference that is there (0.8). */
export interface PowerTarget {
  alpha?: number
  power?: number
}

/**
 * Problems that a true difference `delta` needs: the least whole n >= (z_{α/2} + z_β)²·variance/delta². `variance` is
 * that of one problem's difference.
 */
export function requiredN({
  variance,
  delta,
  ...target
}: { variance: number; delta: number } & PowerTarget): number {
  return Math.max(1, Math.ceil(neededN(variance, delta, target) - 1e-9))
}

/**
 * Least true difference that n problems show with the wanted power: (z_{α/2} + z_β)·sqrt(variance/n), in the unit of
 * the scores.
 */
export function minimumDetectable({
  variance,
  n,
  ...target
}: { variance: number; n: number } & PowerTarget): number {
  checkNumber('variance', variance, 0)
  checkWhole('n', n, 1)
  return reach(target) * Math.sqrt(variance / n)
}

/**
 * n over the n that the observed gap needs, q = n·delta²/((z_{α/2} + z_β)²·variance): below 1, this gap is not
 * resolvable here.
 */
export function resolutionRatio({
  n,
  variance,
  delta,
  ...target
}: { n: number; variance: number; delta: number } & PowerTarget): number {
  checkWhole('n', n, 1)
  checkPositive('variance', variance)
  checkNumber('delta', delta)
  return (n * delta * delta) / (reach(target) ** 2 * variance)
}

/**
 * Variance of one problem's mean difference: ω² (spread of true differences over problems) + σ²/K of each side (noise
 * of one sample, K repeats). More repeats help only until ω² rules.
 */
export function pairedVariance(of: {
  omega2: number
  baseNoise: number
  baseRepeats: number
  variantNoise: number
  variantRepeats: number
}): number {
  for (const name of ['omega2', 'baseNoise', 'variantNoise'] as const) checkNumber(name, of[name], 0)
  for (const name of ['baseRepeats', 'variantRepeats'] as const) checkWhole(name, of[name], 1)
  return of.omega2 + of.baseNoise / of.baseRepeats + of.variantNoise / of.variantRepeats
}

function neededN(variance: number, delta: number, target: PowerTarget): number {
  checkNumber('variance', variance, 0)
  checkNumber('delta', delta)
  if (delta === 0) throw new RangeError('delta must not be 0, got 0')
  return (reach(target) ** 2 * variance) / (delta * delta)
}

/** z_{α/2} + z_β: 2.80 at 0.05 and 0.8. */
function reach({ alpha = 0.05, power = 0.8 }: PowerTarget): number {
  checkFraction('alpha', alpha)
  checkFraction('power', power)
  return normalQuantile(1 - alpha / 2) + normalQuantile(power)
}
