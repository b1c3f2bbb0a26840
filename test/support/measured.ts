// Results of a study by hand, for what is made of them: what a test does not say is plain and the same everywhere. Not a
// test itself.

import type { SeedTwins } from '../../src/measure/seeds.ts'
import { seedReports } from '../../src/measure/seeds.ts'
import type { Finding } from '../../src/schema/comparison.ts'
import type { Absent, Estimate } from '../../src/schema/estimate.ts'
import type { PredictionMeasures } from '../../src/schema/predictions.ts'
import type {
  ChangeResult,
  EffectResult,
  Measured,
  PredictionsResult,
  ResultSide,
  WeightsResult,
} from '../../src/schema/results.ts'
import { recipeSchema } from '../../src/schema/training.ts'
import type { Measures } from '../../src/schema/weights.ts'

const NOT: Absent = { absent: 'not measured' }
const BASE = { side: 'base', seed: null }

export const estimate = (value: number, low?: number, high?: number, zero?: number): Estimate => ({
  value,
  low: low ?? null,
  high: high ?? null,
  n: 100,
  method: low === undefined ? 'exact' : 'cluster-t',
  ...(zero === undefined ? {} : { zero: { value: zero, low: null, high: null, n: 100, method: 'exact' } }),
})

export function measured(parts: Partial<Measured> & { sides: ResultSide[]; margin?: number }): Measured {
  const { sides, margin, ...rest } = parts
  return {
    schema: 2,
    tunediff: '0.1.0',
    asked: {
      name: 'study',
      margin: margin ?? null,
      sides: [side('base', { against: null }), ...sides],
      tasks: [],
      cells: [],
    },
    trainings: [],
    weights: [],
    predictions: [],
    zeroLines: [],
    live: [],
    scores: [],
    pairs: [],
    effects: [],
    changes: [],
    warnings: [],
    ...rest,
  }
}

export const side = (name: string, more: Partial<ResultSide> = {}): ResultSide => ({
  name,
  against: 'base',
  kind: 'model',
  spec: name,
  training: null,
  ...more,
})

export const trained = (name: string, method: 'lora' | 'full' | 'qlora', seeds: number[]): ResultSide =>
  side(name, {
    kind: 'trained',
    spec: null,
    training: {
      recipe: recipeSchema.parse({ method }),
      data: { identity: 'd', examples: 960 },
      seeds,
    },
  })

export const training = (name: string, seed: number, more: Partial<Measured['trainings'][number]> = {}) => ({
  side: name,
  seed,
  from: [],
  steps: 60,
  trainedParameters: 57_344,
  parameters: 975_232,
  examples: 960,
  trainedTokens: 11_520,
  firstLoss: 0.41,
  lastLoss: 0.0123,
  endedEarly: null,
  ...more,
})

const measures = (moved: number): Measures => ({
  tensors: 28,
  parameters: 974_208,
  relativeChange: estimate(moved, undefined, undefined, 1.7e-4),
  oneMinusCosine: NOT,
  maxAbsDelta: NOT,
  absDelta: NOT,
  changedShare: NOT,
  aboveOneUlpShare: NOT,
  signFlipShare: NOT,
})

export const weights = (
  name: string,
  seed: number | null,
  moved: number,
  more: Partial<WeightsResult> = {},
): WeightsResult => ({
  side: name,
  seed,
  against: BASE,
  from: [],
  matrices: measures(moved),
  whole: measures(moved),
  kinds: [],
  directions: { least: 8, most: 8, matrices: 28, isCut: false },
  tensors: { compared: 38, changed: 28, nonFinite: 0 },
  settings: [],
  ...more,
})

const predicted = (kl: Estimate | Absent, bytes: Estimate): PredictionMeasures => ({
  documents: 200,
  tokens: 4_812,
  kl,
  klReverse: NOT,
  js: NOT,
  tv: NOT,
  topAgreement: NOT,
  topOverlap: NOT,
  reciprocalRank: NOT,
  deltaProb: NOT,
  rmsDeltaProb: NOT,
  deltaLogProb: NOT,
  baseEntropy: NOT,
  deltaEntropy: NOT,
  baseBitsPerByte: estimate(0.88),
  variantBitsPerByte: NOT,
  deltaBitsPerByte: bytes,
  perplexityRatio: NOT,
})

export function predictions(
  name: string,
  seed: number | null,
  { kl, bytes, corpora }: { kl: Estimate | Absent; bytes: Estimate; corpora?: Record<string, Estimate> },
): PredictionsResult {
  const byName = corpora ?? { text: bytes }
  return {
    side: name,
    seed,
    against: BASE,
    from: [],
    mode: 'distributions',
    corpora: Object.keys(byName).map((corpus) => ({
      name: corpus,
      identity: corpus,
      documents: 200,
      bytes: 12_000,
    })),
    whole: predicted(kl, bytes),
    byCorpus: Object.entries(byName).map(([corpus, change]) => ({ name: corpus, ...predicted(kl, change) })),
    quantiles: NOT,
    ruler: NOT,
  }
}

export const effect = (
  name: string,
  task: string,
  scores: readonly [base: number, variant: number],
  [low, high]: readonly [low: number, high: number],
  finding: Finding,
  more: Partial<EffectResult> = {},
): EffectResult => ({
  side: name,
  against: 'base',
  task,
  about: 'variant',
  from: [],
  baseScore: scores[0],
  variantScore: scores[1],
  problems: 200,
  delta: estimate(scores[1] - scores[0], low, high),
  p: finding === 'better' || finding === 'worse' ? 0.0001 : 0.3,
  holmP: finding === 'better' || finding === 'worse' ? 0.0008 : 1,
  finding,
  mde: 0.061,
  neededProblems: null,
  seeds: { absent: 'one training' },
  ...more,
})

/** The seed report of answers by twins: a list of problems for each, 1 or 0. */
export function seedsOf(
  recipe: string,
  task: string,
  base: readonly number[],
  twins: readonly (readonly number[])[],
  margin: number | null,
): EffectResult['seeds'] {
  const scores = (list: readonly number[]) => new Map(list.map((score, i) => [String(i), [score]]))
  const all: SeedTwins = {
    recipe,
    task,
    base: scores(base),
    twins: twins.map((list, i) => ({ seed: i + 1, scores: scores(list) })),
    sampled: false,
  }
  return seedReports([all], margin)[0]!
}

export const change = (name: string, more: Partial<ChangeResult>): ChangeResult => ({
  side: name,
  against: 'base',
  task: 'humaneval',
  model: { base: stated('gpt-4'), variant: stated('gpt-4') },
  solver: { base: stated('direct'), variant: stated('direct') },
  modelChanged: false,
  solverChanged: false,
  calls: { base: null, variant: null },
  equalBudget: null,
  from: [],
  ...more,
})

export const stated = (name: string | null) =>
  ({ name, source: name === null ? 'unknown' : 'stated' }) as const
