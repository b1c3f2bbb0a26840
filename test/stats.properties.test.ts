// What must hold of the statistics whatever the numbers: symmetry between base and variant, order, ranges, and that
// different roads to one number meet.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as stats from '../src/stats/index.ts'

const count = fc.integer({ min: 0, max: 300 })
const counts = fc
  .record({ both: count, lost: count, gained: count, neither: count })
  .filter(({ both, lost, gained, neither }) => both + lost + gained + neither > 0)
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const score = fc.integer({ min: -1000, max: 1000 }).map((x) => x / 100)
const scores = fc.array(score, { minLength: 2, maxLength: 40 })
const pairs = fc.array(fc.tuple(score, score), { minLength: 2, maxLength: 40 })
const fifths = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { minLength: 2, maxLength: 80 })
const unzip = (list: readonly (readonly [number, number])[]): [number[], number[]] => [
  list.map(([a]) => a),
  list.map(([, b]) => b),
]

interface Bounds {
  low: number | null
  high: number | null
}
/** `mirror` says the same with the sides swapped: bounds change places and sign. */
function expectMirrored(bounds: Bounds, mirror: Bounds): void {
  expect(mirror.low!).toBeCloseTo(-bounds.high!, 9)
  expect(mirror.high!).toBeCloseTo(-bounds.low!, 9)
}
function expectInside(value: number, { low, high }: Bounds): void {
  expect(value).toBeGreaterThanOrEqual(low!)
  expect(value).toBeLessThanOrEqual(high!)
}

describe('intervals', () => {
  test('Wilson: holds the rate, mirrors passes and failures, narrows with n, widens with the level', () => {
    fc.assert(
      fc.property(count, count, (passed, failed) => {
        const n = passed + failed
        if (n === 0) return
        const interval = stats.wilson(passed, n)
        expectInside(passed / n, interval)
        expectInside(interval.low, { low: 0, high: 1 })
        expectInside(interval.high, { low: 0, high: 1 })
        expect(stats.wilson(failed, n).low).toBeCloseTo(1 - interval.high, 12)
        const width = interval.high - interval.low
        const larger = stats.wilson(4 * passed, 4 * n)
        expect(larger.high - larger.low).toBeLessThan(width)
        const surer = stats.wilson(passed, n, 0.99)
        expect(surer.high - surer.low).toBeGreaterThan(width)
      }),
    )
  })
  test('Newcombe: holds the difference, mirrors the sides; the estimate never narrows it', () => {
    fc.assert(
      fc.property(counts, (c) => {
        const estimate = stats.newcombeEstimate(c)
        expectInside(estimate.value, estimate)
        expectInside(0, { low: -1 - estimate.low!, high: 1 - estimate.high! })
        const swapped = { ...c, lost: c.gained, gained: c.lost }
        expectMirrored(estimate, stats.newcombeEstimate(swapped))
        const plain = stats.newcombePaired(c)
        expectMirrored(plain, stats.newcombePaired(swapped))
        expectInside(plain.low, estimate)
        expectInside(plain.high, estimate)
        if (c.lost > 0 && c.gained > 0)
          expect(estimate).toMatchObject({ ...plain, method: 'newcombe-paired' })
      }),
    )
  })
  test('no flips at all do not bound the difference more than their number can', () => {
    // 1 - 0.025^(1/164) = 2.2 %: a one-way change of 2 % leaves no flip in 164 problems with a chance of 3.6 %.
    const estimate = stats.newcombeEstimate({ both: 80, lost: 0, gained: 0, neither: 84 })
    expect(estimate.method).toBe('newcombe-paired-widened')
    expect(estimate.high).toBeGreaterThan(0.022)
  })
  test('paired difference: mirrors the sides, holds its value, does not move with a common shift', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [base, variant] = unzip(list)
        const { delta, se } = stats.pairedDifference(base, variant)
        expectInside(delta.value, delta)
        expectMirrored(delta, stats.pairedDifference(variant, base).delta)
        const shift = (x: number): number => x + 100
        const shifted = stats.pairedDifference(base.map(shift), variant.map(shift))
        expect(shifted.delta.value).toBeCloseTo(delta.value, 9)
        expect(shifted.se).toBeCloseTo(se, 9)
      }),
    )
  })
  test('paired difference in [0, 1]: the same, and inside [-1, 1]', () => {
    fc.assert(
      fc.property(fifths, (list) => {
        const [base, variant] = unzip(list).map((side) => side.map((x) => x / 5)) as [number[], number[]]
        const { delta } = stats.pairedDifference(base, variant)
        expectInside(delta.value, delta)
        expectMirrored(delta, stats.pairedDifference(variant, base).delta)
        if (delta.method === 'paired-bounded') {
          expectInside(delta.low!, { low: -1, high: 1 })
          expectInside(delta.high!, { low: -1, high: 1 })
          expect(delta.high! - delta.low!).toBeGreaterThan(0)
        }
        const bounded = stats.boundedMeanEstimate(base)
        expectInside(bounded.value, bounded)
        const failures = stats.boundedMeanEstimate(base.map((x) => 1 - x))
        expect(failures.low!).toBeCloseTo(1 - bounded.high!, 9)
      }),
      {
        examples: [
          [
            [
              [0, 0],
              [1, 0],
              [0, 0],
              [0, 0],
            ],
          ],
        ],
      },
    )
  })
})

describe('errors of a mean', () => {
  test('paired: sqrt(SE_b² + SE_v² - 2 r SE_b SE_v), and its form for one bit a problem', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [base, variant] = unzip(list)
        const [b, v] = [stats.standardError(base), stats.standardError(variant)]
        const mean = (x: number[]): number => x.reduce((a, c) => a + c, 0) / x.length
        const covariance =
          base.reduce((sum, x, i) => sum + (x - mean(base)) * (variant[i]! - mean(variant)), 0) /
          (base.length * (base.length - 1))
        const { se } = stats.pairedDifference(base, variant)
        expect(se * se).toBeCloseTo(b * b + v * v - 2 * covariance, 9)
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 2 }), (list) => {
        const [base, variant] = unzip(list.map(([a, b]) => [Number(a), Number(b)]))
        const { lost, gained } = stats.flips(base.map(Boolean), variant.map(Boolean))
        const n = list.length
        const d = (gained - lost) / n
        const { se } = stats.pairedDifference(base, variant)
        expect(se * se).toBeCloseTo(((lost + gained) / n - d * d) / (n - 1), 12)
      }),
    )
  })
  test('clusters of one are no clusters; copies of a problem in its cluster add nothing', () => {
    fc.assert(
      fc.property(scores, (list) => {
        const names = list.map((_, i) => i)
        const se = stats.standardError(list)
        expect(stats.clusteredSe(list, names)).toBeCloseTo(se, 9)
        expect(stats.clusteredSe([...list, ...list], [...names, ...names])).toBeCloseTo(se, 9)
      }),
    )
  })
  test('interaction is the difference of the two differences', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score, score, score), { minLength: 2 }), (rows) => {
        const [base, variant, baseScaffold, variantScaffold] = [0, 1, 2, 3].map((i) =>
          rows.map((row) => row[i]!),
        ) as [number[], number[], number[], number[]]
        const estimate = stats.interaction({ base, variant, baseScaffold, variantScaffold })
        const scaffolded = stats.pairedDifference(baseScaffold, variantScaffold).delta.value
        const plain = stats.pairedDifference(base, variant).delta.value
        expect(estimate.value).toBeCloseTo(scaffolded - plain, 9)
        expectInside(estimate.value, estimate)
      }),
    )
  })
})

describe('tests of a difference', () => {
  test('McNemar: p in (0, 1], the same for both directions, mid-p below, falling as one direction grows', () => {
    fc.assert(
      fc.property(count, count, (lost, gained) => {
        const { p, midP } = stats.mcnemarExact(lost, gained)
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
        expect(midP).toBeGreaterThan(0)
        expect(midP).toBeLessThanOrEqual(p)
        expect(stats.mcnemarExact(gained, lost)).toEqual({ p, midP })
        if (gained > lost) expect(stats.mcnemarExact(lost, gained + 1).p).toBeLessThan(p)
      }),
    )
  })
  test('fewest flips: enough, and one fewer is not', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.double({ min: 0.001, max: 0.5, noNaN: true }), (lost, alpha) => {
        const gained = stats.fewestFlips(alpha, lost)
        expect(stats.mcnemarExact(lost, gained).p).toBeLessThan(alpha)
        expect(stats.mcnemarExact(lost, gained - 1).p).toBeGreaterThanOrEqual(alpha)
      }),
    )
  })
  test('Holm and Benjamini-Hochberg: raw p <= BH <= Holm <= Bonferroni, in the order of the raw p', () => {
    fc.assert(
      fc.property(fc.array(probability, { maxLength: 30 }), (p) => {
        const [holm, bh] = [stats.holm(p), stats.benjaminiHochberg(p)]
        p.forEach((raw, i) => {
          expect(bh[i]).toBeGreaterThanOrEqual(raw * (1 - 1e-15))
          expect(bh[i]).toBeLessThanOrEqual(holm[i]! * (1 + 1e-15))
          expect(holm[i]).toBeLessThanOrEqual(Math.min(1, p.length * raw))
          p.forEach((other, j) => {
            if (other >= raw) expect(holm[j]).toBeGreaterThanOrEqual(holm[i]!)
            if (other >= raw) expect(bh[j]).toBeGreaterThanOrEqual(bh[i]!)
          })
        })
        expect(stats.holm([...p].reverse())).toEqual([...holm].reverse())
      }),
    )
  })
  test('TOST: equivalent at alpha exactly where the interval of level 1 - 2 alpha lies inside the margin', () => {
    fc.assert(
      fc.property(pairs, fc.double({ min: 0.01, max: 5, noNaN: true }), (list, margin) => {
        const [base, variant] = unzip(list)
        const { delta, se } = stats.pairedDifference(base, variant)
        if (se === 0) return
        // The 95 % interval, so alpha is 0.025.
        const test = stats.tost({ delta: delta.value, se, n: list.length, margin, alpha: 0.025 })
        expect(test.equivalent).toBe(stats.nonInferior(delta.low!, margin) && delta.high! < margin)
        expect(
          stats.tost({ delta: delta.value, se, n: list.length, margin: 2 * margin }).p,
        ).toBeLessThanOrEqual(test.p * (1 + 1e-9)) // the distribution function itself is that exact
      }),
      {
        examples: [
          [
            [
              [4.75, 0.03],
              [6.19, -2.92],
              [0.33, -7.27],
            ],
            4.859843566245554,
          ],
        ],
      },
    )
  })
})

describe('pass@k, power, flips, divergence', () => {
  test('pass@k rises with k and c, pass^k falls with k; the two are each other of the failures', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (n, a, b) => {
        const c = a % n
        const k = 1 + (b % (n - 1))
        expect(stats.passAtK(n, c, 1)).toBeCloseTo(c / n, 12)
        expect(stats.passAtK(n, c, k + 1)).toBeGreaterThanOrEqual(stats.passAtK(n, c, k) - 1e-15)
        expect(stats.passAtK(n, c + 1, k)).toBeGreaterThanOrEqual(stats.passAtK(n, c, k) - 1e-15)
        expect(stats.passHatK(n, c, k + 1)).toBeLessThanOrEqual(stats.passHatK(n, c, k) + 1e-15)
        expect(stats.passAtK(n, c, k)).toBeCloseTo(1 - stats.passHatK(n, n - c, k), 12)
      }),
    )
  })
  test('needed n, detectable difference and resolution agree', () => {
    const positive = fc.double({ min: 0.01, max: 10, noNaN: true })
    fc.assert(
      fc.property(positive, positive, (variance, delta) => {
        const n = stats.requiredN({ variance, delta })
        expect(stats.minimumDetectable({ variance, n })).toBeLessThanOrEqual(delta * (1 + 1e-9))
        if (n > 1) expect(stats.minimumDetectable({ variance, n: n - 1 })).toBeGreaterThan(delta * (1 - 1e-9))
        expect(stats.resolutionRatio({ n, variance, delta })).toBeGreaterThanOrEqual(1 - 1e-9)
        expect(stats.requiredN({ variance, delta: -delta })).toBe(n)
      }),
    )
    const noise = { omega2: 0.1, baseNoise: 0.2, variantNoise: 0.3 }
    expect(stats.pairedVariance({ ...noise, baseRepeats: 1, variantRepeats: 1 })).toBeCloseTo(0.6, 12)
    expect(stats.pairedVariance({ ...noise, baseRepeats: 4, variantRepeats: 10 })).toBeCloseTo(0.18, 12)
  })
  test('exact power: keeps the level, the same in both directions, rises with the difference; n is the least', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (n, discordance) => {
          const power = (delta: number): number => stats.mcnemarPower({ n, discordance, delta })
          expect(power(0)).toBeLessThanOrEqual(0.05)
          expect(power(discordance / 2)).toBeCloseTo(power(-discordance / 2), 12)
          expect(power(discordance / 2)).toBeGreaterThanOrEqual(power(discordance / 4) - 1e-12)
        },
      ),
      { numRuns: 50 },
    )
    const supposed = { discordance: 0.1, delta: 0.05 }
    const n = stats.mcnemarRequiredN(supposed)
    expect(stats.mcnemarPower({ n, ...supposed })).toBeGreaterThanOrEqual(0.8)
    expect(stats.mcnemarPower({ n: n - 1, ...supposed })).toBeLessThan(0.8)
  })
  test('flips: every problem counted once; answers tell wrong from other wrong', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1 }), (list) => {
        const [base, variant] = [list.map(([a]) => a), list.map(([, b]) => b)]
        const got = stats.flips(base, variant)
        expect(got.both + got.lost + got.gained + got.neither).toBe(list.length)
        expect(got.rate).toBe((got.lost + got.gained) / list.length)
        expect(stats.flips(variant, base)).toMatchObject({ lost: got.gained, gained: got.lost })
      }),
    )
    const answers = { base: ['a', 'b', 'c', 'd'], variant: ['a', 'x', 'y', 'd'] }
    expect(stats.flips([true, true, false, false], [true, false, false, false], answers)).toEqual({
      both: 1,
      lost: 1,
      gained: 0,
      neither: 2,
      rate: 0.25,
      otherWrong: 1,
      changedRate: 0.5,
    })
  })
  test('flips above the zero line: mirrors, holds its value', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(50), (a, b) => {
        const [x, y] = [
          { flips: a, n: 50 },
          { flips: b, n: 50 },
        ]
        const excess = stats.excessFlips(x, y)
        expectInside(excess.value, excess)
        expectMirrored(excess, stats.excessFlips(y, x))
      }),
    )
  })
  test('divergence: never negative, 0 of a distribution from itself', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 })
    const logs = (list: number[]): number[] => {
      const total = list.reduce((a, b) => a + b, 0)
      return list.map((w) => Math.log(w / total))
    }
    fc.assert(
      fc.property(weights, weights, (a, b) => {
        expect(stats.klDivergence(logs(a), logs(b))).toBeGreaterThanOrEqual(0)
        expect(stats.klDivergence(logs(a), logs(a))).toBe(0)
      }),
    )
    // A token that the base never gives costs nothing; one that only the variant rules out costs everything.
    expect(stats.klDivergence([0, -Infinity], [Math.log(0.5), Math.log(0.5)])).toBeCloseTo(Math.LN2, 12)
    expect(stats.klDivergence([Math.log(0.5), Math.log(0.5)], [0, -Infinity])).toBe(Infinity)
  })
})
