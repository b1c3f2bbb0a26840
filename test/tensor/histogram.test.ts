// Quantiles read from a histogram of magnitudes.
import { describe, expect, it } from 'vitest'
import { quantile, sparse } from '../../src/tensor/histogram.ts'
import { emptySums, openKernels } from '../../src/tensor/kernels.ts'
import { gaussian } from '../support/matrices.ts'

describe('quantile', () => {
  it('is within an eighth of the true quantile, zeros included', () => {
    const count = 20000
    const kernels = openKernels({ chunkElements: count })
    const deltas = Float32Array.from(gaussian(1, count), (z, i) => (i % 4 === 0 ? 0 : 1e-3 * z ** 3))
    kernels.base.fill(0)
    kernels.variant.set(deltas)
    const sums = emptySums()
    kernels.compareValues(sums, count)
    const sorted = deltas.map(Math.abs).sort()
    const pairs = sparse(sums.histogram)
    expect(pairs.reduce((sum, [, many]) => sum + many, 0)).toBe((count * 3) / 4)
    expect(quantile(pairs, count, 0.2)).toBe(0)
    for (const p of [0.3, 0.5, 0.9, 0.99, 0.999]) {
      const ratio = quantile(pairs, count, p) / sorted[Math.round(p * count)]!
      expect(Math.abs(ratio - 1)).toBeLessThan(1 / 8)
    }
    expect(quantile(pairs, count, 1)).toBeGreaterThanOrEqual(sorted.at(-1)!)
  })

  it('of nothing, of zeros alone, of one value', () => {
    expect(quantile([], 0, 0.5)).toBeNaN()
    expect(quantile([], 10, 0.99)).toBe(0)
    // 1 is the first value of bucket 127 * 8.
    const one = quantile([[127 * 8, 1]], 1, 0.5)
    expect(one).toBeGreaterThanOrEqual(1)
    expect(one).toBeLessThan(1.125)
  })
})
