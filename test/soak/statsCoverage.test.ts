// The coverage of stats.coverage.test.ts on a finer grid and with more draws: every half point of discordance, and
// more shares of gains. Under `npm test` a tenth of the draws and every thirtieth truth.
import { afterAll, expect, test } from 'vitest'
import * as stats from '../../src/stats/index.ts'
import {
  CoverageTable,
  clearCoverage,
  drawNormal,
  drawScores,
  exactCoverage,
  MUCH_NOISE,
  SCORE_MODELS,
  scoreTruth,
  simulatedCoverage,
  type Truth,
  truthLabel,
  truths,
} from '../support/coverage.ts'
import { isSoak, soak } from '../support/soak.ts'

const N = 164
const RATES = [0.5, 0.9, 0.98]
const TIMEOUT_MS = 3_600_000
const most = soak(40_000)
/** All of a list under `npm run soak`, every thirtieth else. */
const thinned = <T>(list: T[]): T[] => list.filter((_, i) => isSoak || i % 30 === 0)
const steps = (from: number, to: number, by: number): number[] =>
  Array.from({ length: Math.round((to - from) / by) + 1 }, (_, i) => Math.round((from + i * by) * 1e6) / 1e6)

const tables: CoverageTable[] = []
const table = (name: string): CoverageTable => {
  const made = new CoverageTable(name)
  tables.push(made)
  return made
}
afterAll(() => {
  for (const made of tables) console.log(made.summary())
})

test('Newcombe paired, exactly, on a fine grid', { timeout: TIMEOUT_MS }, () => {
  const exact = table('Newcombe paired, exact, fine grid')
  const shares = [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1]
  for (const truth of thinned(truths(RATES, steps(0.02, 0.2, 0.005), shares))) {
    exact.add(truthLabel(truth), exactCoverage(N, truth, stats.newcombeEstimate))
  }
  expect(exact.below(0.93)).toEqual([])
})

test('paired difference of scores of any kind, on a fine grid', { timeout: TIMEOUT_MS }, () => {
  const paired = table('paired difference, fine grid')
  const grid: Truth[] = truths(RATES, [0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2], [0, 0.25, 0.5, 0.75, 1])
  for (const model of SCORE_MODELS) {
    const next = stats.random(13)
    for (const truth of thinned(grid)) {
      const draw = () => {
        const { base, variant } = drawScores(N, truth, { model, next })
        return { interval: stats.pairedDifference(base, variant).delta, truth: scoreTruth(truth, model) }
      }
      paired.add(`${model.name}, ${truthLabel(truth)}`, clearCoverage(draw, { most }))
    }
  }
  expect(paired.below(0.93)).toEqual([])
})

test('bootstrap, of problems and of clusters', { timeout: TIMEOUT_MS }, () => {
  const bootstrap = table('bootstrap, many problems changed')
  const clustered = table('bootstrap of clusters')
  const next = stats.random(16)
  const draws = isSoak ? 1_999 : 399
  for (const truth of thinned(truths([0.5, 0.9], [0.05, 0.2], [0, 0.25, 0.5]))) {
    const draw = () => {
      const { base, variant } = drawScores(N, truth, { model: MUCH_NOISE, next })
      const differences = base.map((score, i) => variant[i]! - score)
      const interval = stats.pairedBootstrap(differences, { seed: Math.floor(next() * 2 ** 32), draws })
      return { interval, truth: scoreTruth(truth, MUCH_NOISE) }
    }
    bootstrap.add(truthLabel(truth), clearCoverage(draw, { most: most / 4 }))
  }
  const clusters = Array.from({ length: N }, (_, i) => i >> 1)
  const draw = () => {
    const shifts = Array.from({ length: N / 2 }, () => drawNormal(next))
    const differences = clusters.map((name) => shifts[name]! + drawNormal(next))
    const interval = stats.pairedBootstrap(differences, {
      seed: Math.floor(next() * 2 ** 32),
      draws,
      clusters,
    })
    return { interval, truth: 0 }
  }
  clustered.add('82 clusters of 2', clearCoverage(draw, { most: most / 4 }))
  expect([...bootstrap.below(0.93), ...clustered.below(0.93)]).toEqual([])
})

test('the sign-flip test keeps its level', { timeout: TIMEOUT_MS }, () => {
  const next = stats.random(17)
  const times = soak(20_000)
  for (const size of [12, 60]) {
    const kept = simulatedCoverage(times, () => {
      const differences = Array.from({ length: size }, () => (next() - 0.5) * next())
      const { p } = stats.signFlip(differences, { seed: Math.floor(next() * 2 ** 32), draws: 999 })
      return { interval: { low: 0, high: p < 0.05 ? -1 : 1 }, truth: 0 }
    })
    expect(1 - kept).toBeLessThan(0.05 + 4 * Math.sqrt((0.05 * 0.95) / times))
    expect(1 - kept).toBeGreaterThan(0.04 - 4 * Math.sqrt((0.05 * 0.95) / times))
  }
})
