// Every statistic against golden values of independent implementations (SciPy, statsmodels, mpmath, R) and against
// published worked values. The scripts that made the goldens lie beside them.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { binomialLowerTail, binomialProbability } from '../src/stats/binomial.ts'
import * as distributions from '../src/stats/distributions.ts'
import { flipInterval } from '../src/stats/flipInterval.ts'
import * as stats from '../src/stats/index.ts'
import { xoshiro128starstar } from '../src/stats/random.ts'

// biome-ignore lint/suspicious/noExplicitAny: golden rows have as many shapes as there are statistics
type Row = any
const read = (name: string): Record<string, Row> =>
  JSON.parse(readFileSync(new URL(`goldens/stats/${name}`, import.meta.url), 'utf8'))
const python = read('python.json')
const r = read('r.json')
const published = read('published.json')

/** Within 1e-9, relative where the golden is below 1: a p of 1e-8 has to be right too. */
function near(got: number | null, want: number, tolerance = 1e-9): void {
  expect(got).not.toBeNull()
  expect(Math.abs(got! - want), `${got} against ${want}`).toBeLessThanOrEqual(
    tolerance * Math.min(1, Math.abs(want)) + 1e-15,
  )
}

/** Within half a unit of the last printed digit. */
function printed(got: number, want: number, digits = 4): void {
  expect(Math.abs(got - want), `${got} against ${want}`).toBeLessThanOrEqual(0.5 * 10 ** -digits + 1e-12)
}

function each(rows: Row[], check: (row: Row) => void): void {
  expect(rows.length).toBeGreaterThan(0)
  rows.forEach(check)
}

describe('distributions, to 1e-12', () => {
  test('normal', () => {
    each(python.normalUpperTail, ({ x, value }) => near(distributions.normalUpperTail(x), value, 1e-12))
    each(python.normalQuantile, ({ p, value }) => near(distributions.normalQuantile(p), value, 1e-12))
  })
  test('Student t', () => {
    each(python.studentUpperTail, ({ t, df, value }) =>
      near(distributions.studentUpperTail(t, df), value, 1e-12),
    )
    each(python.studentQuantile, ({ p, df, value }) =>
      near(distributions.studentQuantile(p, df), value, 1e-12),
    )
  })
  test('binomial', () => {
    each(python.binomialProbability, ({ k, n, p, value }) => near(binomialProbability(k, n, p), value, 1e-12))
    each(python.binomialLowerTail, ({ k, n, p, value }) => near(binomialLowerTail(k, n, p), value, 1e-12))
  })
})

test('random numbers: xoshiro128** of the authors, seeded by splitmix64', () => {
  const next = xoshiro128starstar([1, 2, 3, 4])
  expect(published.xoshiro128starstar.first.map(() => next())).toEqual(published.xoshiro128starstar.first)
  each(python.random, ({ seed, first }) => {
    const draw = stats.random(seed)
    expect(first.map(() => draw())).toEqual(first)
  })
})

describe('rates and means', () => {
  test('Wilson', () => {
    each(python.wilson, ({ k, n, level, low, high }) => {
      const interval = stats.wilson(k, n, level)
      near(interval.low, low)
      near(interval.high, high)
    })
    each(r.wilson, ({ k, n, low, high }) => {
      const estimate = stats.rateEstimate(k, n)
      near(estimate.low, low)
      near(estimate.high, high)
    })
    each(published.wilson.rows, ({ k, n, low, high }) => {
      printed(stats.wilson(k, n).low, low)
      printed(stats.wilson(k, n).high, high)
    })
  })
  test('mean with Student t', () => {
    each(python.mean, ({ scores, mean, se, low, high }) => {
      const estimate = stats.meanEstimate(scores)
      near(estimate.value, mean)
      near(stats.standardError(scores), se)
      near(estimate.low, low)
      near(estimate.high, high)
    })
  })
  test('mean under clustering', () => {
    each(python.clustered, ({ scores, clusters, mean, se, low, high, count }) => {
      const estimate = stats.clusteredMean(scores, clusters)
      near(estimate.value, mean)
      near(stats.clusteredSe(scores, clusters), se)
      near(estimate.low, low)
      near(estimate.high, high)
      expect(estimate.n).toBe(count)
    })
  })
  test('mean of scores near an end of [0, 1]', () => {
    each(python.boundedMean, ({ scores, low, high }) => {
      const estimate = stats.boundedMeanEstimate(scores)
      expect(estimate.method).toBe('wilson-bounded')
      near(estimate.low, low)
      near(estimate.high, high)
    })
  })
})

describe('paired differences', () => {
  test('mean difference with Student t', () => {
    each(python.paired, ({ base, variant, delta, se, variance, low, high }) => {
      const got = stats.pairedDifference(base, variant)
      near(got.delta.value, delta)
      near(got.se, se)
      near(got.variance, variance)
      expect(got.delta.method).toBe('paired-t')
      near(got.delta.low, low)
      near(got.delta.high, high)
    })
  })
  test('few changes of scores in [0, 1]', () => {
    each(python.flipInterval, ({ gain, loss, n, low, high }) => {
      near(flipInterval(gain, loss, n).low, low)
      near(flipInterval(gain, loss, n).high, high)
    })
    each(python.pairedBounded, ({ base, variant, low, high }) => {
      const { delta } = stats.pairedDifference(base, variant)
      expect(delta.method).toBe('paired-bounded')
      near(delta.low, low)
      near(delta.high, high)
    })
  })
  test('McNemar, exact and mid-p', () => {
    each([...python.mcnemar, ...r.mcnemar], ({ lost, gained, p, midP }) => {
      near(stats.mcnemarExact(lost, gained).p, p)
      near(stats.mcnemarExact(lost, gained).midP, midP)
    })
    each(published.mcnemar.rows, ({ lost, gained, p, midP }) => {
      printed(stats.mcnemarExact(lost, gained).p, p)
      printed(stats.mcnemarExact(lost, gained).midP, midP)
    })
  })
  test('Newcombe, paired', () => {
    each(r.newcombe, ({ low, high, ...counts }) => {
      near(stats.newcombePaired(counts).low, low)
      near(stats.newcombePaired(counts).high, high)
    })
    each(published.newcombePaired.rows, ({ low, high, ...counts }) => {
      printed(stats.newcombePaired(counts).low, low)
      printed(stats.newcombePaired(counts).high, high)
    })
  })
  test('interaction', () => {
    const { grid, value, low, high } = python.interaction
    const estimate = stats.interaction(grid)
    near(estimate.value, value)
    near(estimate.low, low)
    near(estimate.high, high)
  })
})

describe('resampling', () => {
  test('sign-flip over all patterns', () => {
    each(python.signFlip, ({ differences, p }) => {
      const got = stats.signFlip(differences, { seed: 1 })
      expect(got.exact).toBe(true)
      near(got.p, p)
    })
  })
  test('sign-flip by Monte Carlo, within its error', () => {
    const { differences, p, draws } = python.signFlipLarge
    const got = stats.signFlip(differences, { seed: 1 })
    expect(got).toMatchObject({ exact: false, draws: 99_999 })
    const error = Math.sqrt(p * (1 - p) * (1 / got.draws + 1 / draws))
    expect(Math.abs(got.p - p)).toBeLessThan(4 * error)
  })
  test('bootstrap, within its error', () => {
    const { differences, low, high } = python.bootstrapLarge
    const got = stats.pairedBootstrap(differences, { seed: 1, draws: 99_999 })
    const se = stats.standardError(differences)
    // Standard error of an order statistic at 0.025: sqrt(q(1 - q)/B) over the density there, normal for this many items.
    const error = (Math.sqrt(0.025 * 0.975 * (1 / 99_999 + 1 / 400_000)) / 0.0584) * se
    expect(Math.abs(got.low - low)).toBeLessThan(4 * error)
    expect(Math.abs(got.high - high)).toBeLessThan(4 * error)
  })
})

describe('pass@k', () => {
  test('of one problem', () => {
    each(python.passAtK, ({ n, c, k, any, all }) => {
      near(stats.passAtK(n, c, k), any)
      near(stats.passHatK(n, c, k), all)
    })
  })
  test('over problems, and paired', () => {
    each(python.passAtKEstimate, ({ rows, others, k, mean, low, high, delta, deltaLow, deltaHigh }) => {
      const estimate = stats.passAtKEstimate(rows, k)
      near(estimate.value, mean)
      near(estimate.low, low)
      near(estimate.high, high)
      const difference = stats.passAtKDifference(rows, others, k)
      near(difference.value, delta)
      near(difference.low, deltaLow)
      near(difference.high, deltaHigh)
    })
  })
})

describe('power', () => {
  test('normal approximation', () => {
    each(python.power, (row) => {
      expect(stats.requiredN(row)).toBe(row.requiredN)
      near(stats.minimumDetectable(row), row.minimumDetectable)
      near(stats.resolutionRatio(row), row.resolutionRatio)
    })
  })
  test('exact McNemar', () => {
    each(python.mcnemarPower, ({ value, ...row }) => near(stats.mcnemarPower(row), value))
    each(python.mcnemarRequiredN, ({ n, ...row }) => expect(stats.mcnemarRequiredN(row)).toBe(n))
  })
  test('fewest flips for p < 0.05', () => {
    expect([0, 1, 2, 3, 5].map((lost) => stats.fewestFlips(0.05, lost))).toEqual([6, 8, 10, 12, 15])
  })
})

describe('claims', () => {
  test('two one-sided tests', () => {
    each(python.tost, ({ p, ...row }) => {
      const got = stats.tost(row)
      near(got.p, p)
      expect(got.equivalent).toBe(p < 0.05)
    })
  })
  test('Holm, Benjamini and Hochberg', () => {
    each([...python.multiplicity, ...r.multiplicity], ({ p, holm, bh }) => {
      // A list of one may stand as a number.
      for (const [i, value] of stats.holm([p].flat()).entries()) near(value, [holm].flat()[i])
      for (const [i, value] of stats.benjaminiHochberg([p].flat()).entries()) near(value, [bh].flat()[i])
    })
  })
  test('the worked example of Benjamini and Hochberg: 4 rejected, 3 by Holm', () => {
    const { p } = python.multiplicity.find((row: Row) => row.p.length === 15)
    expect(stats.benjaminiHochberg(p).filter((q) => q <= 0.05)).toHaveLength(4)
    expect(stats.holm(p).filter((q) => q <= 0.05)).toHaveLength(3)
  })
  test('flips above the zero line', () => {
    each(python.excessFlips, ({ flips, n, zeroFlips, zeroN, low, high }) => {
      const estimate = stats.excessFlips({ flips, n }, { flips: zeroFlips, n: zeroN })
      near(estimate.low, low)
      near(estimate.high, high)
    })
    each(published.newcombeIndependent.rows, ({ flips, n, zeroFlips, zeroN, low, high }) => {
      const estimate = stats.excessFlips({ flips, n }, { flips: zeroFlips, n: zeroN })
      printed(estimate.low!, low)
      printed(estimate.high!, high)
    })
  })
  test('Kullback-Leibler divergence', () => {
    each(python.kl, ({ base, variant, nats }) => near(stats.klDivergence(base, variant), nats))
  })
})
