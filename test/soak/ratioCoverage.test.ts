// How often intervals over documents hold the truth, with few documents of very unequal length; and that the percentile
// bootstrap over documents does so less often, which is why it is not used. Under `npm test` a tenth of the draws,
// for some of the numbers of documents.
import { expect, test } from 'vitest'
import { type RatioUnits, random, ratioEstimate } from '../../src/stats/index.ts'
import { simulatedCoverage } from '../support/coverage.ts'
import { DOCUMENT_MODELS, documentDraws, populationRatio } from '../support/documentModels.ts'
import { isSoak, soak } from '../support/soak.ts'

const TIMES = soak(4_000)
const POPULATION = isSoak ? 400_000 : 100_000
const DOCUMENTS = isSoak ? [2, 3, 5, 10, 20, 50, 200] : [2, 5, 20, 100]
const DRAWS = 399
const table: string[] = []

function bootstrap(
  { numerators, denominators }: RatioUnits,
  next: () => number,
): { low: number; high: number } {
  const n = numerators.length
  const ratios = Float64Array.from({ length: DRAWS }, () => {
    let [above, below] = [0, 0]
    for (let i = 0; i < n; i++) {
      const unit = Math.floor(next() * n)
      above += numerators[unit]!
      below += denominators[unit]!
    }
    return above / below
  }).sort()
  return { low: ratios[(DRAWS + 1) * 0.025 - 1]!, high: ratios[(DRAWS + 1) * 0.975 - 1]! }
}

test.each(Object.entries(DOCUMENT_MODELS))(
  '%s',
  (name, model) => {
    const truth = populationRatio(model, POPULATION)
    const scale = name.startsWith('divergence') ? 'log' : 'plain'
    for (const documents of DOCUMENTS) {
      const draw = documentDraws(model, 1000 + documents)
      const units = (): RatioUnits => {
        const drawn = Array.from({ length: documents }, draw)
        return {
          numerators: drawn.map(({ numerator }) => numerator),
          denominators: drawn.map(({ denominator }) => denominator),
        }
      }
      const next = random(documents)
      let bootstrapped = 0
      const covered = simulatedCoverage(TIMES, () => {
        const given = units()
        const { low, high } = bootstrap(given, next)
        if (low <= truth && truth <= high) bootstrapped++
        return { interval: ratioEstimate(given, { scale }), truth }
      })
      table.push(
        `| ${name} | ${documents} | ${(100 * covered).toFixed(1)} | ${((100 * bootstrapped) / TIMES).toFixed(1)} |`,
      )
      // Three standard errors of the simulation below what was measured with ten times the draws.
      expect(covered, `${documents} documents`).toBeGreaterThan(0.94 - 3 * Math.sqrt((0.94 * 0.06) / TIMES))
      if (documents <= 20) expect(bootstrapped / TIMES).toBeLessThan(covered)
    }
    if (isSoak) process.stdout.write(`${table.splice(0).join('\n')}\n`)
  },
  600_000,
)
