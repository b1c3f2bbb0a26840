// How often 95 % intervals of the variance parts and of a recipe's effect hold a planted truth, at 2, 3 and 5 seeds and 50
// to 200 problems, printed as tables:
//   TUNEDIFF_SOAK=1 npx vitest run test/soak/seedCoverage.test.ts
// Under `npm test` a tenth of the draws at 100 problems alone, for some of the truths, and the bounds allow for that.
import { afterAll, expect, test } from 'vitest'
import type { VariancePart, VarianceSource, VarianceSplit } from '../../src/schema/seeds.ts'
import { criticalT } from '../../src/stats/distributions.ts'
import { moments } from '../../src/stats/mean.ts'
import { pairedDifference } from '../../src/stats/paired.ts'
import { random } from '../../src/stats/random.ts'
import { varianceComponents } from '../../src/stats/varianceComponents.ts'
import { crossedMean } from '../../src/stats/varianceComponentsEffect.ts'
import { holds } from '../support/coverage.ts'
import { isSoak, soak } from '../support/soak.ts'
import { cellsOf, drawNormalTwins, drawTwins, type Planted, plantedVariance } from '../support/twins.ts'

const TIMEOUT_MS = 3_600_000
const TIMES = soak(2_000)
const SEEDS = [2, 3, 5]
/** All of a list under `npm run soak`, every third else. */
const thinned = <T>(list: readonly T[]): T[] => list.filter((_, i) => isSoak || i % 3 === 1)
const PROBLEMS = isSoak ? [50, 100, 200] : [100]
/** Four standard errors of a share near 95 %. */
const SLACK = 4 * Math.sqrt((0.95 * 0.05) / TIMES)
const percent = (share: number): string => (100 * share).toFixed(1)
const lines: string[] = []
afterAll(() => console.log(lines.join('\n')))

const PARTS = ['seed', 'problem', 'interaction', 'sampling', 'interaction + sampling'] as const
type Part = (typeof PARTS)[number]

function partsOf({ parts, joined }: VarianceSplit): Map<Part, VariancePart> {
  const found = new Map<Part, VariancePart>()
  for (const source of ['seed', 'problem', 'interaction', 'sampling'] as const) {
    const part = parts[source]
    if ('answer' in part) found.set(source, part)
  }
  if (joined) found.set('interaction + sampling', joined.part)
  return found
}

/** Shares of `TIMES` draws whose interval holds the truth, by part. */
function partCoverage(draw: () => { split: VarianceSplit; truth: Record<VarianceSource, number> }) {
  const held = new Map<Part, number>()
  for (let i = 0; i < TIMES; i++) {
    const { split, truth } = draw()
    for (const [name, part] of partsOf(split)) {
      const value = name === 'interaction + sampling' ? truth.interaction + truth.sampling : truth[name]
      held.set(name, (held.get(name) ?? 0) + (holds(part.answer, value) ? 1 / TIMES : 0))
    }
  }
  return held
}

const row = (held: Map<Part, number>): string =>
  PARTS.map((name) => (held.has(name) ? percent(held.get(name)!) : '-')).join(' | ')
const HEAD = ['seeds', 'problems', 'repeats', ...PARTS].join(' | ')

test('variance parts of normal scores', { timeout: TIMEOUT_MS }, () => {
  const next = random(31)
  const sd = { seed: 0.05, problem: 0.3, interaction: 0.15, sampling: 0.2 }
  const truth = { seed: 0.0025, problem: 0.09, interaction: 0.0225, sampling: 0.04 }
  lines.push(`normal scores, standard deviations ${JSON.stringify(sd)}; coverage in %`, HEAD)
  for (const repeats of [1, 3]) {
    for (const seeds of SEEDS) {
      for (const problems of PROBLEMS) {
        const held = partCoverage(() => {
          const cells = cellsOf(drawNormalTwins({ seeds, problems, repeats }, sd, next))
          return { split: varianceComponents(cells, { sampled: true }), truth }
        })
        lines.push(`${seeds} | ${problems} | ${repeats} | ${row(held)}`)
        for (const [name, share] of held)
          expect(share, `${name}, ${seeds} seeds, ${problems} problems`).toBeGreaterThan(0.92 - SLACK)
      }
    }
  }
})

test('variance parts of one-bit scores', { timeout: TIMEOUT_MS }, () => {
  const next = random(32)
  for (const repeats of [1, 3]) {
    for (const [rate, seedSd, twist] of thinned([
      [0.5, 0.01, 0.1],
      [0.5, 0.05, 0.2],
      [0.8, 0.01, 0.05],
      [0.8, 0.03, 0.1],
      [0.9, 0.01, 0.05],
    ] as const)) {
      lines.push(`one bit, rate ${rate}, seed sd ${seedSd}, interaction ±${twist / 2}; coverage in %`, HEAD)
      for (const seeds of SEEDS) {
        for (const problems of PROBLEMS) {
          const planted: Planted = { seeds, problems, repeats, rate, effect: 0, seedSd, shared: 0, twist }
          const held = partCoverage(() => {
            const { variants, shifts } = drawTwins(planted, next)
            const split = varianceComponents(cellsOf(variants), { sampled: true })
            return { split, truth: plantedVariance(planted, shifts) }
          })
          lines.push(`${seeds} | ${problems} | ${repeats} | ${row(held)}`)
          for (const [name, share] of held)
            expect(share, `${name}, rate ${rate}, ${seeds} seeds, ${problems} problems`).toBeGreaterThan(
              0.92 - SLACK,
            )
        }
      }
    }
  }
})

test('effect of a recipe: error rate without one, and coverage', { timeout: TIMEOUT_MS }, () => {
  const next = random(33)
  lines.push(
    'effect 0; share of "better" or "worse" in % by the statement about the recipe, and by the one about these trainings taken for it; mean half-widths in points',
    'rate | shared luck | seed sd | seeds | problems | recipe | trainings | half-width | half-width, trainings',
  )
  for (const [rate, shared, seedSd, twist] of thinned([
    [0.5, 0, 0, 0],
    [0.5, 0, 0.03, 0.1],
    [0.5, 0.8, 0.06, 0],
    [0.8, 0.8, 0, 0],
    [0.8, 0.5, 0.03, 0.1],
    [0.9, 0.95, 0, 0],
    [0.9, 0.95, 0.02, 0],
  ] as const)) {
    for (const seeds of SEEDS) {
      for (const problems of PROBLEMS) {
        const planted: Planted = { seeds, problems, repeats: 1, rate, effect: 0, seedSd, shared, twist }
        let [wrong, naive, half, naiveHalf] = [0, 0, 0, 0]
        for (let i = 0; i < TIMES; i++) {
          const { base, variants } = drawTwins(planted, next)
          const scores = base.map(([score]) => score!)
          const recipe = crossedMean(
            variants.map((list) => list.map(([score], p) => score! - scores[p]!)),
            1,
          )
          const means = scores.map((_, p) => variants.reduce((sum, list) => sum + list[p]![0]!, 0) / seeds)
          const { delta } = pairedDifference(scores, means)
          if (!holds(recipe.interval, 0)) wrong++
          if (!holds(delta, 0)) naive++
          half += (recipe.interval.high - recipe.interval.low) / 2
          naiveHalf += (delta.high! - delta.low!) / 2
        }
        const label = `${rate} | ${shared} | ${seedSd} | ${seeds} | ${problems}`
        lines.push(
          `${label} | ${percent(wrong / TIMES)} | ${percent(naive / TIMES)} | ${percent(half / TIMES)} | ${percent(naiveHalf / TIMES)}`,
        )
        expect(wrong / TIMES, label).toBeLessThan(0.05 + SLACK)
      }
    }
  }
})

test('why not one t with Satterthwaite’s degrees of freedom: two seeds', { timeout: TIMEOUT_MS }, () => {
  const next = random(34)
  const [seeds, problems] = [2, 50]
  let [ours, satterthwaite] = [0, 0]
  for (let i = 0; i < TIMES; i++) {
    const sd = { seed: 0.02, problem: 0.1, interaction: 0.4, sampling: 0 }
    const differences = drawNormalTwins({ seeds, problems, repeats: 1 }, sd, next).map((list) => list.flat())
    const { mean, interval } = crossedMean(differences, null)
    if (!holds(interval, 0)) ours++
    const ofSeeds = moments(differences.map((list) => moments(list).mean)).variance / seeds
    const ofProblems =
      moments(differences[0]!.map((d, p) => (d + differences[1]![p]!) / 2)).variance / problems
    // With two seeds the interaction is what the difference of the two varies by.
    const rest =
      moments(differences[0]!.map((d, p) => d - differences[1]![p]!)).variance / 2 / seeds / problems
    const variance = Math.max(1e-12, ofSeeds + ofProblems - rest)
    const degrees = variance ** 2 / (ofSeeds ** 2 + (ofProblems ** 2 + rest ** 2) / (problems - 1))
    if (Math.abs(mean) > criticalT(Math.max(1, degrees)) * Math.sqrt(variance)) satterthwaite++
  }
  lines.push(
    `no effect, 2 seeds x 50 problems, normal: wrong in ${percent(ours / TIMES)} %, with Satterthwaite's one t in ${percent(satterthwaite / TIMES)} %`,
  )
  expect(ours / TIMES).toBeLessThan(0.05 + SLACK)
  expect(satterthwaite / TIMES).toBeGreaterThan(isSoak ? 0.08 : 0.05)
})
