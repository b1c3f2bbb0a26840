// Sign-flip test and bootstrap against full enumeration, and where they must equal another statistic.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mcnemarExact, pairedBootstrap, random, signFlip } from '../src/stats/index.ts'

const difference = fc.integer({ min: -50, max: 50 }).map((x) => x / 10)

test('the sign-flip test of one bit a problem is exact McNemar', () => {
  fc.assert(
    fc.property(fc.nat(10), fc.nat(10), fc.nat(20), (lost, gained, same) => {
      const differences = [...Array(lost).fill(-1), ...Array(gained).fill(1), ...Array(same).fill(0)]
      if (differences.length === 0) return
      const got = signFlip(differences, { seed: 1 })
      expect(got.exact).toBe(true)
      expect(got.p).toBeCloseTo(mcnemarExact(lost, gained).p, 12)
    }),
  )
})

test('order, common sign, common scale and zeros do not matter; p is at least its least', () => {
  fc.assert(
    fc.property(
      fc.array(difference, { minLength: 1, maxLength: 14 }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      (list, scale) => {
        const { p } = signFlip(list, { seed: 1 })
        expect(signFlip([...list].reverse(), { seed: 2 }).p).toBe(p)
        expect(
          signFlip(
            list.map((d) => -d),
            { seed: 3 },
          ).p,
        ).toBe(p)
        expect(
          signFlip(
            list.map((d) => d * scale),
            { seed: 4 },
          ).p,
        ).toBe(p)
        expect(signFlip([...list, 0, 0], { seed: 5 }).p).toBe(p)
        const nonZero = list.filter((d) => d !== 0).length
        expect(p).toBeGreaterThanOrEqual(Math.min(1, 2 / 2 ** nonZero))
        expect(p).toBeLessThanOrEqual(1)
      },
    ),
  )
})

test('ties that differ only by rounding count: differences of decimal scores', () => {
  // 0.1 each, but not to the last bit.
  const differences = [0.3 - 0.2, 0.2 - 0.1, 0.4 - 0.3, 0.7 - 0.6, 0.9 - 0.8, 0.6 - 0.5]
  expect(new Set(differences).size).toBeGreaterThan(1)
  expect(signFlip(differences, { seed: 1 }).p).toBe(2 / 64)
  expect(signFlip([...differences.slice(1), -differences[0]!], { seed: 1 }).p).toBeCloseTo(
    mcnemarExact(1, 5).p,
    12,
  )
})

test('Monte Carlo agrees with enumeration where both can be done, and repeats with its seed', () => {
  const next = random(11)
  const differences = Array.from({ length: 22 }, () => next() - 0.4)
  // All 2^22 patterns by a Gray code: one sign changes at each step.
  let sum = differences.reduce((a, b) => a + b, 0)
  const observed = Math.abs(sum)
  const signs = new Int8Array(22).fill(1)
  let extreme = 1
  for (let step = 1; step < 2 ** 22; step++) {
    const i = 31 - Math.clz32(step & -step)
    sum -= 2 * signs[i]! * differences[i]!
    signs[i] = -signs[i]!
    if (Math.abs(sum) >= observed - 1e-9) extreme++
  }
  const p = extreme / 2 ** 22
  expect(p).toBeGreaterThan(0.01)
  const got = signFlip(differences, { seed: 5 })
  expect(got.exact).toBe(false)
  expect(Math.abs(got.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / got.draws))
  expect(signFlip(differences, { seed: 5 })).toEqual(got)
  expect(signFlip(differences, { seed: 6 }).p).not.toBe(got.p)
  // The observed pattern counts: p is never 0.
  expect(signFlip(Array(200).fill(1), { seed: 1, draws: 999 }).p).toBe(1 / 1000)
})

test('bootstrap limits lie where full enumeration of the resamples puts them', () => {
  const differences = [0.9, -0.3, 0.2, 0.05, -0.6, 0.44]
  const n = differences.length
  const means: number[] = []
  for (let code = 0; code < n ** n; code++) {
    let sum = 0
    for (let i = 0, rest = code; i < n; i++, rest = Math.floor(rest / n)) sum += differences[rest % n]!
    means.push(sum / n)
  }
  const draws = 99_999
  const { low, high } = pairedBootstrap(differences, { seed: 3, draws })
  const error = 4 * Math.sqrt((0.025 * 0.975) / draws)
  const share = (test: (mean: number) => boolean): number => means.filter(test).length / means.length
  expect(share((mean) => mean < low - 1e-12)).toBeLessThan(0.025 + error)
  expect(share((mean) => mean <= low + 1e-12)).toBeGreaterThan(0.025 - error)
  expect(share((mean) => mean > high + 1e-12)).toBeLessThan(0.025 + error)
  expect(share((mean) => mean >= high - 1e-12)).toBeGreaterThan(0.025 - error)
})

test('bootstrap: mirrors the sides; clusters of one are problems, clusters of copies are their means', () => {
  fc.assert(
    fc.property(fc.array(difference, { minLength: 2, maxLength: 30 }), fc.nat(), (list, seed) => {
      const limits = pairedBootstrap(list, { seed, draws: 499 })
      const mirrored = pairedBootstrap(
        list.map((d) => -d),
        { seed, draws: 499 },
      )
      expect(mirrored.low).toBeCloseTo(-limits.high, 12)
      expect(mirrored.high).toBeCloseTo(-limits.low, 12)
      const names = list.map((_, i) => `source ${i}`)
      expect(pairedBootstrap(list, { seed, draws: 499, clusters: names })).toEqual(limits)
      const twice = pairedBootstrap([...list, ...list], { seed, draws: 499, clusters: [...names, ...names] })
      expect(twice.low).toBeCloseTo(limits.low, 12)
      const surer = pairedBootstrap(list, { seed, draws: 499, level: 0.99 })
      expect(surer.low).toBeLessThanOrEqual(limits.low)
      expect(surer.high).toBeGreaterThanOrEqual(limits.high)
    }),
  )
})

test('uniform numbers: in [0, 1), flat, and not the same for neighbouring seeds', () => {
  const bins = new Array<number>(20).fill(0)
  const next = random(99)
  for (let i = 0; i < 100_000; i++) bins[Math.floor(next() * 20)]!++
  expect(bins).toHaveLength(20)
  // Chi-square of 19 degrees of freedom is above 43.8 with a chance of 0.001.
  expect(bins.reduce((sum, bin) => sum + (bin - 5000) ** 2 / 5000, 0)).toBeLessThan(43.8)
  expect(random(1)()).not.toBe(random(2)())
})
