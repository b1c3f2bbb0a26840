// The split of variance and the effect over seeds against statsmodels (analysis of variance, REML), against sums over all
// pairs, and against cases worked by hand. Goldens: goldens/stats/make_variance.py. Coverage: soak/seedCoverage.test.ts.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VariancePart, VarianceSource, VarianceSplit } from '../src/schema/seeds.ts'
import { pairedDifference } from '../src/stats/paired.ts'
import { varianceComponents } from '../src/stats/varianceComponents.ts'
import { chiSquaredQuantile, chiSquaredUpperTail } from '../src/stats/varianceComponentsChi.ts'
import { crossedMean } from '../src/stats/varianceComponentsEffect.ts'
import type { Cell } from '../src/stats/varianceComponentsMoments.ts'
import {
  type CrossedDesign,
  crossedDetectable,
  crossedPower,
  problemsNeeded,
  seedsNeeded,
} from '../src/stats/varianceComponentsPower.ts'

// biome-ignore lint/suspicious/noExplicitAny: golden rows have as many shapes as there are statistics
type Row = any
const golden: Record<string, Row[]> = JSON.parse(
  readFileSync(new URL('goldens/stats/variance.json', import.meta.url), 'utf8'),
)
const near = (got: number, want: number, tolerance = 1e-9): void =>
  expect(Math.abs(got - want), `${got} against ${want}`).toBeLessThanOrEqual(tolerance)

const SOURCES = ['seed', 'problem', 'interaction', 'sampling'] as const
function raw({ parts, joined }: VarianceSplit, source: VarianceSource): number {
  const part = parts[source]
  return 'raw' in part ? part.raw : joined!.part.raw
}
const grid = (rows: number[][]): Cell[] =>
  rows.flatMap((list, seed) => list.map((score, problem) => ({ seed, problem, scores: [score] })))
const partOf = (split: VarianceSplit, source: VarianceSource): VariancePart => {
  const part = split.parts[source]
  if ('absent' in part) throw new Error(`${source}: ${part.absent}`)
  return part
}

describe('chi-squared', () => {
  test('tails and quantiles', () => {
    for (const { x, df, value } of golden.chiSquaredUpperTail!)
      near(chiSquaredUpperTail(x, df), value, 1e-12 * Math.max(value, 1e-3))
    for (const { p, df, value } of golden.chiSquaredQuantile!)
      near(chiSquaredQuantile(p, df), value, 1e-10 * Math.max(1, value))
  })
})

describe('the split', () => {
  test('balanced: analysis of variance, and REML where no part is negative', () => {
    let remls = 0
    for (const { cells, repeats, anova, reml } of golden.balanced!) {
      const split = varianceComponents(cells, { sampled: repeats > 1 })
      for (const source of SOURCES) {
        if (source === 'sampling' && repeats === 1) continue
        near(raw(split, source), anova[source])
        expect(partOf(split, source).answer.value).toBe(Math.max(0, raw(split, source)))
      }
      if (!reml) continue
      remls++
      near(raw(split, 'seed'), reml.seed, 1e-6)
      near(raw(split, 'problem'), reml.problem, 1e-6)
      near(raw(split, 'interaction'), repeats > 1 ? reml.interaction : reml.residual, 1e-6)
      if (repeats > 1) near(raw(split, 'sampling'), reml.residual, 1e-6)
    }
    expect(remls).toBe(3)
  })

  test('missing cells and unequal repeats: all pairs, one by one', () => {
    for (const { cells, ...want } of golden.missing!) {
      const split = varianceComponents(cells, { sampled: true })
      for (const source of SOURCES) near(raw(split, source), want[source])
    }
  })

  test('by hand: two seeds, three problems, one answer flips', () => {
    // Halves of squared differences: same problem 0, 1/2, 0; same seed 1/2, 0, 1/2 and three 0; neither 1/2 in two of
    // six. Each mean is 1/6, so that all but the rest cancels.
    const cells = grid([
      [1, 0, 1],
      [1, 1, 1],
    ])
    const split = varianceComponents(cells, { sampled: true })
    near(raw(split, 'seed'), 0)
    near(raw(split, 'problem'), 0)
    expect(split.joined!.sources).toEqual(['interaction', 'sampling'])
    near(split.joined!.part.raw, 1 / 6)
    near(split.joined!.part.score.value, 1 / 18)
  })

  test('too few problems, and seeds that share none, are refused', () => {
    expect(() => varianceComponents(grid([[1, 0]]), { sampled: false })).toThrow(/at least 3 problems, got 2/)
    const apart = ['a', 'b', 'c', 'd', 'e', 'f'].map((problem, i) => ({
      seed: i % 2,
      problem,
      scores: [i % 3 ? 1 : 0],
    }))
    expect(() => varianceComponents(apart, { sampled: false })).toThrow(/share at least 3 problems/)
  })

  test('one repeated problem does not tell sampling from the rest', () => {
    const cells = grid([
      [1, 0, 1, 0],
      [1, 1, 0, 0],
    ])
    cells[0] = { ...cells[0]!, scores: [1, 0] }
    const split = varianceComponents(cells, { sampled: true })
    expect(split.joined!.sources).toEqual(['interaction', 'sampling'])
    expect('absent' in split.parts.sampling).toBe(true)
  })

  test('the parts of a training score add up to what scores of seed twins vary by', () => {
    const { cells } = golden.balanced![0]!
    const split = varianceComponents(cells, { sampled: true })
    const scores = [0, 1, 2].map((seed) => {
      const own = (cells as Cell[]).filter((cell) => cell.seed === seed).flatMap((cell) => cell.scores)
      return own.reduce((sum, x) => sum + x, 0) / own.length
    })
    const centre = (scores[0]! + scores[1]! + scores[2]!) / 3
    const between = scores.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 2
    const parts = (['seed', 'interaction', 'sampling'] as const).map(
      (source) => partOf(split, source).score.value,
    )
    near(
      parts.reduce((sum, x) => sum + x),
      between,
    )
  })

  test('what a design cannot tell is absent or joined, and said', () => {
    const one = grid([[1, 0, 1]])
    const greedy = varianceComponents(one, { sampled: false })
    expect(greedy.joined!.sources).toEqual(['problem', 'interaction'])
    expect(greedy.parts.seed).toEqual({ absent: expect.stringContaining('one seed') })
    expect(greedy.parts.sampling).toEqual({ absent: expect.stringContaining('0 by construction') })
    const drawn = varianceComponents(one, { sampled: true })
    expect(drawn.joined!.sources).toEqual(['problem', 'interaction', 'sampling'])
    expect(drawn.parts.sampling).toEqual({ absent: expect.stringContaining('one part') })
    const repeated = varianceComponents(
      one.map((cell) => ({ ...cell, scores: [0, 1] })),
      { sampled: true },
    )
    expect(repeated.joined!.sources).toEqual(['problem', 'interaction'])
    expect(partOf(repeated, 'sampling').raw).toBe(0.5)
    const twins = varianceComponents(
      grid([
        [1, 0, 1],
        [0, 1, 1],
      ]),
      { sampled: false },
    )
    expect(twins.joined).toBeNull()
    expect('raw' in twins.parts.interaction).toBe(true)
  })

  test('a negative part is cut to 0, and its raw value kept', () => {
    const { cells } = golden.balanced!.find((row) => row.anova.seed < 0)!
    const part = partOf(varianceComponents(cells, { sampled: true }), 'seed')
    expect(part.raw).toBeLessThan(0)
    expect(part.answer).toMatchObject({ value: 0, low: 0 })
    expect(part.answer.high).toBeGreaterThan(0)
  })

  test('two seeds tell next to nothing of seeds: the upper end is far out, and inside the scale', () => {
    const scores = (passes: number) => Array.from({ length: 100 }, (_, p) => (p < passes ? 1 : 0))
    const { answer } = partOf(varianceComponents(grid([scores(60), scores(64)]), { sampled: false }), 'seed')
    expect(answer.high! / answer.value).toBeGreaterThan(100)
    const equal = partOf(varianceComponents(grid([scores(60), scores(60)]), { sampled: false }), 'seed')
    expect(equal.answer.value).toBe(0)
    expect(Math.sqrt(equal.answer.high!)).toBeGreaterThan(0.1)
  })

  test('does not feel the level, the order, or a mirrored scale', () => {
    // What only rounding tells from 0: the variance of seeds that score alike, the pseudo-values of the problems.
    const seedsAlike = [
      [3, 1, 4, 4, 1, 1],
      [3, 4, 4, 3, 0, 0],
      [4, 0, 3, 4, 2, 1],
    ]
    const problemsAlike = [
      [3, 3, 1, 1, 1, 1],
      [0, 0, 0, 0, 0, 0],
    ]
    const bits = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 6, maxLength: 6 }), {
      minLength: 2,
      maxLength: 4,
    })
    fc.assert(
      fc.property(bits, (rows) => {
        const cells = grid(rows.map((list) => list.map((x) => x / 4)))
        const split = varianceComponents(cells, { sampled: false })
        const mirrored = cells.map((cell) => ({ ...cell, scores: cell.scores.map((x) => 1 - x) }))
        const other = varianceComponents(mirrored.toReversed(), { sampled: false })
        for (const source of ['seed', 'problem', 'interaction'] as const) {
          const [a, b] = [partOf(split, source), partOf(other, source)]
          near(a.raw, b.raw)
          near(a.answer.low!, b.answer.low!)
          near(a.answer.high!, b.answer.high!)
          expect(a.answer.low!).toBeLessThanOrEqual(a.answer.value)
          expect(a.answer.high!).toBeGreaterThanOrEqual(a.answer.value)
        }
      }),
      { examples: [[seedsAlike], [problemsAlike]] },
    )
  })
})

describe('the effect over seeds and problems', () => {
  const differences = [
    [0.3, 0.5, -0.1, 0.4, 0.2, 0.1, 0.6, 0.3],
    [0.1, 0.4, 0.1, 0.2, 0.3, -0.2, 0.5, 0.2],
    [0.5, 0.6, 0.0, 0.7, 0.4, 0.2, 0.9, 0.3],
  ]

  test('by hand: both errors with their own t, added in squares', () => {
    const { mean, interval, variance } = crossedMean(differences, null)
    // t at 2 and at 7 degrees of freedom is 4.302653 and 2.364624.
    const ofSeeds = [0.2875, 0.2, 0.45]
    const centre = (0.2875 + 0.2 + 0.45) / 3
    const seedVariance = ofSeeds.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 2
    const ofProblems = differences[0]!.map((_, p) => differences.reduce((sum, list) => sum + list[p]!, 0) / 3)
    const problemVariance = ofProblems.reduce((sum, x) => sum + (x - centre) ** 2, 0) / 7
    const rest =
      differences
        .flatMap((list, s) => list.map((d, p) => (d - ofSeeds[s]! - ofProblems[p]! + centre) ** 2))
        .reduce((sum, x) => sum + x) / 14
    const half = Math.sqrt(
      (4.302652729911275 ** 2 * seedVariance) / 3 +
        (2.3646242515927844 ** 2 * (problemVariance - rest / 3)) / 8,
    )
    near(mean, centre)
    near(interval.high - mean, half)
    near(mean - interval.low, half)
    near(variance.rest, rest)
    near(variance.seed, seedVariance - rest / 8)
    near(variance.problem, problemVariance - rest / 3)
  })

  test('p is below 0.05 exactly where the interval leaves out 0', () => {
    const score = fc.constantFrom(-1, -0.5, 0, 0, 0, 0.5, 1)
    const rows = fc.array(fc.array(score, { minLength: 12, maxLength: 12 }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(rows, (list) => {
        const { interval, p, mean } = crossedMean(list, 1)
        const out = mean !== 0 && (interval.low > 0 || interval.high < 0)
        if (Math.abs(p - 0.05) > 1e-6) expect(p < 0.05).toBe(out)
      }),
    )
  })

  test('is never narrower than the paired interval of these trainings', () => {
    const bit = fc.constantFrom(0, 0, 1)
    const rows = fc.array(fc.array(bit, { minLength: 30, maxLength: 30 }), { minLength: 3, maxLength: 6 })
    fc.assert(
      fc.property(rows, ([base, ...variants]) => {
        const { interval } = crossedMean(
          variants.map((list) => list.map((x, p) => x - base![p]!)),
          1,
        )
        const means = base!.map((_, p) => variants.reduce((sum, list) => sum + list[p]!, 0) / variants.length)
        const { delta } = pairedDifference(base!, means)
        expect(interval.low).toBeLessThanOrEqual(delta.low! + 1e-12)
        expect(interval.high).toBeGreaterThanOrEqual(delta.high! - 1e-12)
      }),
    )
  })

  test('lists of unequal length or one seed are refused', () => {
    expect(() => crossedMean([[1, 2]], null)).toThrow(/at least 2 seeds, got 1/)
    expect(() =>
      crossedMean(
        [
          [1, 2],
          [1, 2, 3],
        ],
        null,
      ),
    ).toThrow(/one length, got 2 and 3/)
  })
})

describe('power over seeds and problems', () => {
  const design: CrossedDesign = {
    seeds: 3,
    problems: 100,
    variance: { seed: 0.0004, problem: 0.05, rest: 0.05 },
    alpha: 0.05,
  }
  test('against numerical integration by SciPy, to what the kink of the half-width leaves', () => {
    for (const { value, delta, ...row } of golden.power!) near(crossedPower(row, delta), value, 2e-4)
  })
  test('what is needed reaches 80 %, and one less does not', () => {
    const mde = crossedDetectable(design)!
    near(crossedPower(design, mde), 0.8, 2e-3)
    const seeds = seedsNeeded(design, 0.07)!
    expect(crossedPower({ ...design, seeds }, 0.07)).toBeGreaterThanOrEqual(0.8)
    expect(crossedPower({ ...design, seeds: seeds - 1 }, 0.07)).toBeLessThan(0.8)
    const problems = problemsNeeded(design, 0.12)!
    expect(crossedPower({ ...design, problems }, 0.12)).toBeGreaterThanOrEqual(0.8)
    expect(crossedPower({ ...design, problems: problems - 1 }, 0.12)).toBeLessThan(0.8)
  })
  test('no number of problems helps against the variance of few seeds, nor of seeds against few problems', () => {
    expect(problemsNeeded({ ...design, seeds: 2 }, 0.05)).toBeNull()
    expect(seedsNeeded({ ...design, problems: 20 }, 0.05)).toBeNull()
  })
})
