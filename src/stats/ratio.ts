// A ratio of sums over units of unequal size (nats over tokens, with documents as units), and the difference of two. The
// error is that of the linearised ratio (Cochran 1977, section 6.4), with the bias of each squared residual taken out
// and degrees of freedom after Satterthwaite, both for equal variance of the units' means: Bell and McCaffrey 2002
// (Survey Methodology 28(2)) for a weighted mean. One large unit among small ones then counts as the little it is.
import type { Estimate } from '../schema/estimate.ts'
import { criticalT } from './distributions.ts'

export interface RatioUnits {
  numerators: readonly number[]
  /** At least 0, not all 0. */
  denominators: readonly number[]
}

export interface RatioOptions {
  /** log: for what cannot be below 0; limits are then value·e^±t·se/value. */
  scale?: 'plain' | 'log'
  min?: number
  max?: number
}

/** Σ numerators / Σ denominators with its 95 % interval; units without weight do not count. */
export function ratioEstimate(units: RatioUnits, options: RatioOptions = {}): Estimate {
  const { value, influences, shares } = linearised(units)
  return shareEstimate({ value, influences, shares }, options)
}

/** Ratio of `variant` - ratio of `base` with its 95 % interval: units are paired by place. */
export function ratioDifference(base: RatioUnits, variant: RatioUnits): Estimate {
  const [from, to] = [linearised(base), linearised(variant)]
  if (from.shares.length !== to.shares.length)
    throw new RangeError(
      `base and variant must be of one length, got ${from.shares.length} and ${to.shares.length}`,
    )
  return shareEstimate({
    value: to.value - from.value,
    influences: to.influences.map((x, i) => x - from.influences[i]!),
    shares: to.shares.map((x, i) => (x + from.shares[i]!) / 2),
  })
}

interface Linearised {
  value: number
  /** (numerator - value * denominator) / Σ denominators of each unit: they sum to 0. */
  influences: number[]
  /** denominator / Σ denominators. */
  shares: number[]
}

function linearised({ numerators, denominators }: RatioUnits): Linearised {
  if (numerators.length !== denominators.length)
    throw new RangeError(
      `numerators and denominators must be of one length, got ${numerators.length} and ${denominators.length}`,
    )
  const total = sum(denominators)
  if (!(total > 0) || denominators.some((x) => !(x >= 0)))
    throw new RangeError(`denominators must be at least 0 with a sum above 0, got a sum of ${total}`)
  const value = sum(numerators) / total
  return {
    value,
    influences: numerators.map((x, i) => (x - value * denominators[i]!) / total),
    shares: denominators.map((x) => x / total),
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0)

/** A residual this small beside the value is rounding of sums. */
const ROUNDING = 1e-14

function shareEstimate({ value, influences, shares }: Linearised, options: RatioOptions = {}): Estimate {
  const n = shares.filter((share) => share > 0).length
  const bare = (method: string): Estimate => ({ value, low: null, high: null, n, method })
  if (n === 1) return bare('one document: no interval')
  if (influences.every((x) => Math.abs(x) <= ROUNDING * Math.abs(value)))
    return bare('no spread: no interval')
  const { se, degreesOfFreedom } = shareError(influences, shares)
  const half = criticalT(degreesOfFreedom) * se
  const inLogs = options.scale === 'log' && value > 0
  const { min = Number.NEGATIVE_INFINITY, max = Number.MAX_VALUE } = options
  return {
    value,
    low: Math.max(min, inLogs ? value * Math.exp(-half / value) : value - half),
    high: Math.min(max, inLogs ? value * Math.exp(half / value) : value + half),
    n,
    method: inLogs ? 'ratio-t-log' : 'ratio-t',
  }
}

/**
 * With means m_i of variance σ² and shares a_i (s = Σa²), E(m_i - m̄)² = σ²(1 - 2a_i + s), so Σ influence²/(1 - 2a_i + s)
 * is unbiased. It is the quadratic form of D = diag(a²/(1 - 2a + s)) in residuals, whose covariance is σ²G,
 * G_ij = [i = j] - a_i - a_j + s; degrees of freedom tr(DG)²/tr((DG)²). The pairs are summed in n steps, those of the
 * largest unit apart: where it holds nearly everything, its D is huge and the expanded square would cancel.
 */
function shareError(
  influences: readonly number[],
  shares: readonly number[],
): { se: number; degreesOfFreedom: number } {
  const top = shares.indexOf(shares.reduce((most, a) => Math.max(most, a)))
  const others = shares.filter((_, i) => i !== top)
  const [most, rest, restSquares] = [shares[top]!, sum(others), sum(others.map((a) => a * a))]
  const s = most * most + restSquares
  const leftOfTop = rest * rest + restSquares
  const dOfTop = (most * most) / leftOfTop
  let variance = influences[top]! ** 2 / leftOfTop
  let squares = most ** 4
  let [d0, d1, d2] = [0, 0, 0]
  shares.forEach((a, i) => {
    if (a === 0 || i === top) return
    const left = 1 - 2 * a + s
    const d = (a * a) / left
    variance += influences[i]! ** 2 / left
    squares += d * d * (left * left - (left - 1) ** 2) + 2 * dOfTop * d * (restSquares - most * rest - a) ** 2
    d0 += d
    d1 += d * a
    d2 += d * a * a
  })
  squares += s * s * d0 * d0 + 2 * d0 * d2 - 4 * s * d0 * d1 + 2 * d1 * d1
  // Σ d(1 - 2a + s) is Σa². A quadratic form has at least one degree of freedom; rounding may say a little less.
  return { se: Math.sqrt(variance), degreesOfFreedom: Math.max(1, (s * s) / squares) }
}
