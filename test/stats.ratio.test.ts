// Ratios of sums over units of unequal size: against textbook cases, against matrices, and against their own symmetries.
// How often the intervals cover: test/soak/ratioCoverage.test.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { criticalT } from '../src/stats/distributions.ts'
import { meanEstimate, ratioDifference, ratioEstimate } from '../src/stats/index.ts'

/** Bell and McCaffrey's error and degrees of freedom, with whole matrices. */
function byMatrices(numerators: number[], denominators: number[]) {
  const total = denominators.reduce((sum, x) => sum + x, 0)
  const value = numerators.reduce((sum, x) => sum + x, 0) / total
  const a = denominators.map((x) => x / total)
  const index = [...a.keys()]
  // 1 and s in shares, so that nothing cancels: G = M Mᵀ, M = I - 1aᵀ.
  const m = (i: number, k: number) => (i === k ? rest(k) : -a[k]!)
  const rest = (k: number) => index.reduce((sum, i) => (i === k ? sum : sum + a[i]!), 0)
  const g = (i: number, j: number) => index.reduce((sum, k) => sum + m(i, k) * m(j, k), 0)
  const d = a.map((x, i) => (x * x) / g(i, i))
  const residuals = numerators.map((x, i) => x / denominators[i]! - value)
  const variance = residuals.reduce((sum, r, i) => sum + d[i]! * r * r, 0)
  const trace = index.reduce((sum, i) => sum + d[i]! * g(i, i), 0)
  const squares = index.flatMap((i) => index.map((j) => d[i]! * d[j]! * g(i, j) ** 2))
  return { value, se: Math.sqrt(variance), df: trace ** 2 / squares.reduce((sum, x) => sum + x, 0) }
}

const unit = fc.record({
  mean: fc.integer({ min: 4, max: 80 }).map((x) => x / 8),
  size: fc.integer({ min: 1, max: 5000 }),
})
const units = fc.array(unit, { minLength: 2, maxLength: 15 })
const split = (list: { mean: number; size: number }[]) => ({
  numerators: list.map(({ mean, size }) => mean * size),
  denominators: list.map(({ size }) => size),
})

describe('ratioEstimate', () => {
  it('is Student t of the means where all units are of one size', () => {
    const means = [3, 5, 4, 8, 1.5]
    const wanted = meanEstimate(means)
    const got = ratioEstimate({ numerators: means.map((x) => x * 7), denominators: means.map(() => 7) })
    expect(got).toMatchObject({ n: 5, method: 'ratio-t' })
    for (const name of ['value', 'low', 'high'] as const) expect(got[name]).toBeCloseTo(wanted[name]!, 10)
  })

  it('has the error and degrees of freedom that whole matrices give', () => {
    fc.assert(
      fc.property(units, (list) => {
        const { numerators, denominators } = split(list)
        const wanted = byMatrices(numerators, denominators)
        const got = ratioEstimate({ numerators, denominators })
        if (got.low === null) return
        expect(got.value).toBeCloseTo(wanted.value, 10)
        expect(wanted.df).toBeGreaterThan(1 - 1e-9)
        expect(wanted.df).toBeLessThan(list.length)
        const half = criticalT(Math.max(1, wanted.df)) * wanted.se
        expect((got.high! - got.value) / half).toBeCloseTo(1, 6)
      }),
    )
  })

  it('one large unit among small ones counts as little more than one', () => {
    const sizes = [100_000, 10, 10, 10, 10]
    const even = ratioEstimate({
      numerators: [1, 2, 3, 4, 5].map((x) => x * 10),
      denominators: sizes.map(() => 10),
    })
    const uneven = ratioEstimate({ numerators: sizes.map((x, i) => x * (i + 1)), denominators: sizes })
    expect(uneven.high! - uneven.low!).toBeGreaterThan(even.high! - even.low!)
  })

  it('in logs stays above 0, and both limits are as far in ratio', () => {
    fc.assert(
      fc.property(units, (list) => {
        const { value, low, high, method } = ratioEstimate(split(list), { scale: 'log', min: 0 })
        if (low === null || high === Number.MAX_VALUE) return
        expect(method).toBe('ratio-t-log')
        expect(low).toBeGreaterThanOrEqual(0)
        if (low > 1e-250) expect(Math.log(high! / value) / Math.log(value / low) || 1).toBeCloseTo(1, 6)
      }),
    )
  })

  it('units without weight do not count; bounds keep to their ends', () => {
    const plain = { numerators: [9, 10, 0], denominators: [10, 10, 0] }
    const got = ratioEstimate(plain, { min: 0, max: 1 })
    expect(got).toMatchObject({ value: 0.95, n: 2, high: 1 })
    expect(got.low).toBeGreaterThan(0)
  })

  it('one unit, or units that are all alike: no interval, and the method says so', () => {
    expect(ratioEstimate({ numerators: [3, 0], denominators: [2, 0] })).toEqual({
      value: 1.5,
      low: null,
      high: null,
      n: 1,
      method: 'one document: no interval',
    })
    expect(ratioEstimate({ numerators: [3, 6, 0.3], denominators: [10, 20, 1] })).toMatchObject({
      low: null,
      high: null,
      n: 3,
      method: 'no spread: no interval',
    })
  })

  it('sums of nothing are refused', () => {
    expect(() => ratioEstimate({ numerators: [1], denominators: [0] })).toThrow('a sum above 0')
    expect(() => ratioEstimate({ numerators: [1, 2], denominators: [3, -1] })).toThrow('at least 0')
    expect(() => ratioEstimate({ numerators: [1], denominators: [1, 2] })).toThrow(
      'of one length, got 1 and 2',
    )
  })
})

describe('ratioDifference', () => {
  it('is the ratio of differences where both sides have the same denominators', () => {
    fc.assert(
      fc.property(units, units, (x, y) => {
        const n = Math.min(x.length, y.length)
        const denominators = x.slice(0, n).map(({ size }) => size)
        const base = { numerators: denominators.map((size, i) => size * x[i]!.mean), denominators }
        const variant = { numerators: denominators.map((size, i) => size * y[i]!.mean), denominators }
        const got = ratioDifference(base, variant)
        const wanted = ratioEstimate({
          numerators: variant.numerators.map((v, i) => v - base.numerators[i]!),
          denominators,
        })
        expect(got.value).toBeCloseTo(wanted.value, 9)
        if (got.low !== null && wanted.low !== null) expect(got.low).toBeCloseTo(wanted.low, 6)
        const back = ratioDifference(variant, base)
        expect(back.value).toBeCloseTo(-got.value, 10)
      }),
    )
  })

  it('is narrow where the sides move together: documents are paired', () => {
    const denominators = [10, 30, 20, 15]
    const base = { numerators: [10, 90, 20, 45], denominators }
    const variant = { numerators: [11.1, 93, 22, 46.4], denominators }
    const { value, low, high } = ratioDifference(base, variant)
    expect(value).toBeCloseTo(0.1, 10)
    expect(low!).toBeGreaterThan(0.08)
    expect(high!).toBeLessThan(0.12)
    expect(() => ratioDifference(base, { numerators: [1], denominators: [1] })).toThrow(
      'of one length, got 4 and 1',
    )
  })
})
