// Studies with a planted truth: how often the effects of a whole study say better or worse where nothing is, though seeds
// differ, and how often they find what is there. More draws under `npm run soak`.
import { expect, test } from 'vitest'
import { mean, type ProblemScores, pairScores } from '../src/measure/pairs.ts'
import type { AskedResults, EffectResult } from '../src/schema/results.ts'
import type { Run } from '../src/schema/run.ts'
import { pairedDifference } from '../src/stats/paired.ts'
import { random } from '../src/stats/random.ts'
import { statementsOf, withFindings } from '../src/study/results/effects.ts'
import type { RunPair } from '../src/study/results/pairs.ts'
import type { InstanceRun } from '../src/study/results/runs.ts'
import { isSoak } from './support/soak.ts'
import { drawTwins, type Planted } from './support/twins.ts'

const TIMES = isSoak ? 2_000 : 100
const TIMEOUT_MS = 3_600_000
/** Four standard errors of a share. */
const slack = (share: number): number => 4 * Math.sqrt((share * (1 - share)) / TIMES)

const asked = {
  margin: null,
  sides: [
    { name: 'base', against: null, training: null },
    { name: 'recipe', against: 'base', training: { seeds: [0, 1, 2] } },
    { name: 'model', against: 'base', training: null },
  ],
} as unknown as AskedResults

function runOf(side: string, seed: number | null, task: string, answers: number[][]): InstanceRun {
  const byProblem: ProblemScores = new Map(answers.map((list, p) => [`P/${p}`, list]))
  const scores = { rule: null, byProblem, failures: {}, bySample: new Map(), borderline: [], unjudged: [] }
  const [name, place] = [`${side} ${seed}`, `${side} ${seed} ${task}`]
  const judged = {
    facts: {},
    task: null,
    scores,
    byRule: null,
    rule: null,
  } as unknown as InstanceRun['judged']
  const from = { file: place, where: null }
  const rest = { folder: place, run: {} as Run, metric: '', sampled: true }
  return { ...rest, side, seed, task, name, place, judged, from }
}

type Found = ReturnType<typeof withFindings>

/** A recipe of three seeds on two tasks, and a model on two others: four statements, and the pairs that they are made of. */
function studyOf(recipe: Planted, model: Planted, next: () => number): { found: Found; pairs: RunPair[] } {
  const pairs = ['recipe', 'model'].flatMap((side) =>
    ['one', 'two'].flatMap((name): RunPair[] => {
      const task = `${side} ${name}`
      const drawn = drawTwins(side === 'recipe' ? recipe : model, next)
      const base = runOf('base', null, task, drawn.base)
      return drawn.variants.map((answers, seed) => ({
        ...{ task, base },
        variant: runOf(side, side === 'recipe' ? seed : null, task, answers),
      }))
    }),
  )
  const reportOf = ({ base, variant }: RunPair) => pairScores(scoresOf(base), scoresOf(variant))
  const { statements, warnings } = statementsOf({ asked, pairs, reportOf })
  expect(warnings).toEqual([])
  expect(statements.map(({ effect }) => effect.about)).toEqual(['recipe', 'recipe', 'variant', 'variant'])
  return { found: withFindings(statements, null), pairs }
}

const scoresOf = ({ judged }: InstanceRun): ProblemScores => judged.scores!.byProblem

const claims = ({ finding }: Pick<EffectResult, 'finding'>): boolean =>
  finding === 'better' || finding === 'worse'

/** As if no other seed could come: whether the interval of the trainings' mean on the first task leaves out 0. */
function trainingsClaim(pairs: readonly RunPair[]): boolean {
  const own = pairs.filter(({ task }) => task === 'recipe one')
  const base = scoresOf(own[0]!.base)
  const meanOf = (id: string): number => mean(own.flatMap(({ variant }) => scoresOf(variant).get(id)!))
  const { delta } = pairedDifference([...base.values()].map(mean), [...base.keys()].map(meanOf))
  return delta.low! > 0 || delta.high! < 0
}

const noise: Planted = {
  ...{ seeds: 3, problems: 150, repeats: 1, rate: 0.5, effect: 0 },
  ...{ seedSd: 0.09, shared: 0.5, twist: 0.1 },
}
const steady: Planted = { ...noise, seeds: 1, seedSd: 0 }

test(
  'no effect, and seeds that differ by nine points: a study says better or worse at most once in twenty',
  () => {
    const next = random(2027)
    let [wrong, ofTrainings] = [0, 0]
    for (let i = 0; i < TIMES; i++) {
      const { found, pairs } = studyOf(noise, steady, next)
      if (found.some(claims)) wrong++
      if (trainingsClaim(pairs)) ofTrainings++
    }
    expect(wrong / TIMES).toBeLessThan(0.05 + slack(0.05))
    // The trainings themselves do differ: a test that took the seeds for nothing would call this recipe better or worse.
    expect(ofTrainings / TIMES).toBeGreaterThan(0.05 + slack(0.05))
  },
  TIMEOUT_MS,
)

test(
  'a large effect is found, of the recipe and of the model, and its size is right on average',
  () => {
    const next = random(2028)
    const times = Math.ceil(TIMES / 3)
    const large = { ...noise, effect: 0.3, seedSd: 0.01, twist: 0 }
    const better = [0, 0, 0, 0]
    let sum = 0
    for (let i = 0; i < times; i++) {
      const { found } = studyOf(large, { ...large, seeds: 1, seedSd: 0 }, next)
      for (const [k, { effect, finding }] of found.entries()) {
        if (finding === 'better') better[k]!++
        expect(finding).not.toBe('worse')
        sum += effect.delta.value / 4
      }
    }
    for (const count of better) expect(count / times).toBeGreaterThan(0.8)
    expect(sum / times).toBeCloseTo(0.3, 1)
  },
  TIMEOUT_MS,
)
