// Seed twins with a planted truth through the report: findings at their stated error rates, intervals that hold the truth,
// power near what the formula says, parts of variance that come out right on average. More draws under `npm run soak`.
import { describe, expect, test } from 'vitest'
import type { ProblemScores } from '../../src/measure/pairs.ts'
import { type SeedTwins, seedReports } from '../../src/measure/seeds.ts'
import type { Estimate } from '../../src/schema/estimate.ts'
import { type SeedEffect, type SeedReport, seedReportSchema } from '../../src/schema/seeds.ts'
import { random } from '../../src/stats/random.ts'
import { crossedPower } from '../../src/stats/varianceComponentsPower.ts'
import { UserError } from '../../src/util/errors.ts'
import { holds } from '../support/coverage.ts'
import { isSoak } from '../support/soak.ts'
import { asTwins, drawTwins, type Planted, plantedVariance } from '../support/twins.ts'

const TIMES = isSoak ? 1_500 : 100
const TIMEOUT_MS = 3_600_000
/** Four standard errors of a share. */
const slack = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / TIMES)

const scores = (bits: string): ProblemScores => new Map([...bits].map((bit, p) => [`P/${p}`, [Number(bit)]]))
const twins = (base: string, ...variants: string[]): SeedTwins => ({
  recipe: 'lora',
  task: 'toy',
  base: scores(base),
  twins: variants.map((bits, i) => ({ seed: i + 1, scores: scores(bits) })),
  sampled: false,
})
const report = (of: SeedTwins, margin: number | null = null): SeedReport => seedReports([of], margin)[0]!
function present<T extends object>(value: T | { absent: string }): T {
  if ('absent' in value) throw new Error(String(value.absent))
  return value
}

describe('the report', () => {
  const three = twins('0000000000000000', '1111111111110000', '1111111111101000', '1111111111111000')

  test('holds its schema, and what it counts is right', () => {
    const got = report(three, 0.05)
    expect(seedReportSchema.parse(got)).toEqual(got)
    expect(got).toMatchObject({ recipe: 'lora', task: 'toy', seeds: [1, 2, 3], paired: 16, unpaired: [] })
    expect(got.deltas.map(({ value }) => value)).toEqual([0.75, 0.75, 0.8125])
    const { pairs, flipRate } = present(got.twins)
    expect(pairs.map((pair) => ({ ...pair, delta: pair.delta.value }))).toEqual([
      { seeds: [1, 2], flips: 2, n: 16, delta: 0 },
      { seeds: [1, 3], flips: 1, n: 16, delta: 0.0625 },
      { seeds: [2, 3], flips: 1, n: 16, delta: 0.0625 },
    ])
    expect(flipRate).toBeCloseTo(4 / 3 / 16, 12)
    // All three deltas point one way: 2 of 8 sign patterns are as far out.
    expect(got.signFlip).toEqual({ p: 0.25, least: 0.25 })
    expect(present(got.ofRecipe).finding).toBe('better')
    expect(got.ofTrainings.finding).toBe('better')
    expect(present(got.plan)).toMatchObject({ margin: 0.05 })
  })

  test('one seed: nothing is said of the recipe, and the statement of the training is that of the pair', () => {
    const got = report(twins('0000000000000000', '1111111111110000'))
    for (const part of [got.ofRecipe, got.signFlip, got.twins, got.plan])
      expect(part).toEqual({ absent: expect.stringContaining('one seed') })
    expect(got.mde).toBeNull()
    expect(got.ofTrainings).toMatchObject({ finding: 'better' })
    expect(got.ofTrainings.p).toBeCloseTo(2 / 2 ** 12, 12)
    expect(got.ofTrainings.delta.method).toMatch(/newcombe/)
  })

  test('two seeds that disagree: these trainings are better, of the recipe one cannot tell', () => {
    const base = '0'.repeat(100)
    const got = report(twins(base, '1'.repeat(40) + '0'.repeat(60), '1'.repeat(4) + '0'.repeat(96)), 0.2)
    expect(got.ofTrainings.finding).toBe('better')
    expect(present(got.ofRecipe)).toMatchObject({ finding: 'cannot-tell' })
    const plan = present(got.plan)
    expect(plan.seeds).toBeGreaterThan(10)
    expect(plan.seeds).toBeLessThan(30)
    expect(plan.problems).toBeNull()
    expect(plan.power).toBeLessThan(0.1)
  })

  test('no worse than the margin comes of the interval, for each statement by its own', () => {
    const bits = '10'.repeat(200)
    const got = report(twins(bits, bits, bits, bits, bits), 0.02)
    expect(got.ofTrainings).toMatchObject({ finding: 'no-worse', p: 1 })
    expect(present(got.ofRecipe)).toMatchObject({ finding: 'no-worse', p: 1 })
    expect(present(report(twins(bits, bits, bits), null).ofRecipe).finding).toBe('cannot-tell')
  })

  test('problems that a twin lacks are left out and named', () => {
    const of = twins('01010101', '11010101', '11010111')
    const holes = new Map(of.twins[1]!.scores)
    holes.delete('P/6')
    const got = report({ ...of, twins: [of.twins[0]!, { seed: 2, scores: holes }] })
    expect(got).toMatchObject({ paired: 7, unpaired: ['P/6'] })
    expect(got.variance).toMatchObject({ seeds: 2, problems: 8, answers: 15 })
  })

  test('Holm goes over the report, each kind of statement by itself', () => {
    const alone = present(report(three).ofRecipe)
    const [first, second] = seedReports([three, { ...three, task: 'other' }], null)
    expect(present(first!.ofRecipe).holmP).toBeCloseTo(Math.min(1, 2 * alone.p), 12)
    expect(second!.ofTrainings.holmP).toBeCloseTo(Math.min(1, 2 * second!.ofTrainings.p), 12)
  })

  test('twins of one seed, none, or nothing in common are the user’s to mend', () => {
    const of = twins('0101', '0101', '0111')
    const again = { ...of, twins: [of.twins[0]!, { ...of.twins[1]!, seed: 1 }] }
    expect(() => report(again)).toThrow(/lora on toy has two trainings with the random seed 1/)
    expect(() => report(again)).toThrow(UserError)
    expect(() => report({ ...of, twins: [] })).toThrow(/has no training/)
    const apart = { ...of, base: new Map([['Q/1', [1]]]) }
    expect(() => report(apart)).toThrow(
      /0 scored problems in common, and 3 are the least; the base has 1, seed 1 4, seed 2 4/,
    )
  })
})

interface Shares {
  claims: number
  held: number
  ofTrainings: number
  raw: Record<'seed' | 'problem' | 'rest', number>
}

/** Shares of reports that claim better or worse, or hold the planted effect, and the mean parts of variance. */
function simulate(planted: Planted, randomSeed: number): Shares {
  const next = random(randomSeed)
  const shares: Shares = { claims: 0, held: 0, ofTrainings: 0, raw: { seed: 0, problem: 0, rest: 0 } }
  const claims = ({ finding }: SeedEffect): boolean => finding === 'better' || finding === 'worse'
  const holdsEffect = (delta: Estimate): boolean => holds(delta, planted.effect)
  for (let i = 0; i < TIMES; i++) {
    const got = report(asTwins(drawTwins(planted, next)))
    const recipe = present(got.ofRecipe)
    if (claims(recipe)) shares.claims += 1 / TIMES
    if (holdsEffect(recipe.delta)) shares.held += 1 / TIMES
    if (claims(got.ofTrainings)) shares.ofTrainings += 1 / TIMES
    const { parts, joined } = got.variance
    shares.raw.seed += present(parts.seed).raw / TIMES
    shares.raw.problem += present(parts.problem).raw / TIMES
    shares.raw.rest += joined!.part.raw / TIMES
  }
  return shares
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

describe('planted truths', () => {
  const designs = [
    { seeds: 2, problems: 100 },
    { seeds: 3, problems: 100 },
    ...(isSoak ? [{ seeds: 5, problems: 200 }] : []),
  ]

  test('no effect, seeds that vary: better or worse of the recipe in at most 5 %', {
    timeout: TIMEOUT_MS,
  }, () => {
    for (const [i, design] of designs.entries()) {
      for (const shared of isSoak ? [0, 0.9] : [0]) {
        const planted = { ...design, repeats: 1, rate: 0.6, effect: 0, seedSd: 0.05, shared, twist: 0.05 }
        const { claims, held, ofTrainings } = simulate(planted, 41 + i)
        console.log(
          `no effect, ${design.seeds} seeds x ${design.problems}, shared luck ${shared}: claims of the recipe ${percent(claims)}, of the trainings ${percent(ofTrainings)}, intervals that hold 0 ${percent(held)}`,
        )
        expect(claims).toBeLessThanOrEqual(0.05 + slack(0.05))
        expect(held).toBeGreaterThanOrEqual(0.95 - slack(0.05))
      }
    }
  })

  test('an effect: power as the formula says, coverage, parts of variance', { timeout: TIMEOUT_MS }, () => {
    for (const [i, design] of designs.entries()) {
      const planted = {
        ...design,
        repeats: 1,
        rate: 0.5,
        effect: design.seeds === 2 ? 0.3 : design.seeds === 3 ? 0.2 : 0.1,
        seedSd: 0.02,
        shared: 0,
        twist: 0.05,
      }
      const truth = plantedVariance(planted, [0])
      const luck = planted.rate * (1 - planted.rate) - truth.problem
      const rest = truth.interaction + truth.sampling
      const variance = { seed: truth.seed, problem: luck, rest }
      const formula = crossedPower({ ...design, variance, alpha: 0.05 }, planted.effect)
      const { claims, held, raw } = simulate(planted, 51 + i)
      console.log(
        `effect ${planted.effect}, ${design.seeds} seeds x ${design.problems}: power ${percent(claims)}, formula ${percent(formula)}; intervals that hold it ${percent(held)}; seed ${raw.seed.toFixed(5)} (${truth.seed.toFixed(5)}), problem ${raw.problem.toFixed(4)} (${truth.problem.toFixed(4)}), rest ${raw.rest.toFixed(4)} (${rest.toFixed(4)})`,
      )
      expect(Math.abs(claims - formula)).toBeLessThanOrEqual(0.03 + slack(formula))
      expect(held).toBeGreaterThanOrEqual(0.95 - slack(0.05))
      const { seeds, problems } = design
      // The mean of TIMES seed parts, each (seed + rest/problems)·chi-squared/(seeds - 1) less what problems add.
      const seedError = (truth.seed + rest / problems) * Math.sqrt(2 / (seeds - 1) / TIMES)
      // One report's problem and rest parts vary by 0.025 or less here.
      const partError = (5 * 0.025) / Math.sqrt(TIMES)
      expect(Math.abs(raw.seed - truth.seed)).toBeLessThanOrEqual(5 * seedError)
      expect(Math.abs(raw.problem - truth.problem)).toBeLessThanOrEqual(partError)
      expect(Math.abs(raw.rest - rest)).toBeLessThanOrEqual(partError)
    }
  })
})
