// The loss of a step with a weight of prompts, against one that is computed from log-probabilities of the prediction engine:
// unpacked, an example at a time, in fp64.
import { writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { engineModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { recipeSchema, type TrainRow } from '../../src/schema/training.ts'
import { readExamples } from '../../src/train/data/examples.ts'
import { train } from '../../src/train/trainer.ts'
import { eachRow } from '../support/engine.ts'
import { TinyPredictions } from '../support/tinyPredictions.ts'

const tiny = new TinyPredictions()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

/** Answers of 1 to 4 characters: batches of a step have other shares of prompts. */
const ROWS = Array.from({ length: 12 }, (_, i) => ({
  prompt: `${i} and ${i * i} make`,
  completion: ` ${i + i * i}`,
}))

const spec = tiny.model('qwen2', 'base', { hasBos: true })
const data = tiny.path('sums.jsonl')
writeFileSync(data, ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))

async function firstStep(promptLossWeight: number): Promise<TrainRow> {
  const recipe = recipeSchema.parse({
    promptLossWeight,
    maxTokens: 64,
    accumulation: 12,
    steps: 1,
    heldOut: 0.2,
  })
  const model = await openModel(spec)
  const rows: TrainRow[] = []
  const quiet = () => undefined
  await train(
    {
      trainer: 'embedded',
      model,
      tokenizer: await tokenizerFiles(model),
      recipe,
      data,
      seed: 1,
      base: { spec, identity: 'the base', note: null },
      folder: tiny.path(`weight-${promptLossWeight}`),
      threads: 1,
      versions: {},
    },
    { onExamples: quiet, onMemory: quiet, onProgram: quiet, onStep: (row) => rows.push(row) },
  )
  return rows[0]!
}

/** The loss of examples, a prompt's tokens with weight `promptLossWeight`, and how many tokens count. */
async function direct(promptLossWeight: number, isHeldOut: boolean) {
  const model = await openModel(spec)
  const tokenizer = openTokenizer(await tokenizerFiles(model))
  const recipe = recipeSchema.parse({ heldOut: 0.2 })
  const { train, heldOut } = await readExamples({ path: data, tokenizer, recipe, seed: 1 })
  await using engine = await openEngine({ models: [engineModel(model)], threads: 1 })
  let [sum, weightSum, tokens] = [0, 0, 0]
  for (const { place } of isHeldOut ? heldOut : train) {
    const { prompt, completion } = ROWS[Number(place.slice('line '.length)) - 1]!
    const ids = [...tokenizer.encodeForScoring(prompt + completion).ids, ...tokenizer.eos.slice(0, 1)]
    const start = tokenizer.encodeForScoring(prompt).ids.length
    await eachRow(engine, 0, { ids }, (logProbs, position) => {
      const next = position + 1
      if (next >= ids.length) return
      const weight = next < start ? promptLossWeight : 1
      sum -= weight * logProbs[ids[next]!]!
      weightSum += weight
      tokens += Number(weight > 0)
    })
  }
  return { loss: sum / weightSum, tokens }
}

test.each([0, 0.1, 0.5, 1])('with weight %s of prompts', async (weight) => {
  const row = await firstStep(weight)
  const wanted = await direct(weight, false)
  expect(row.tokens).toBe(wanted.tokens)
  expect(row.loss).toBeCloseTo(wanted.loss, 5)
  // Weights have not moved yet: the first step of a warm-up has learning rate 0.
  expect(row.learningRate).toBe(0)
  expect(row.heldOutLoss).toBeCloseTo((await direct(weight, true)).loss, 5)
})

test('the weight changes the loss', async () => {
  const losses = await Promise.all([0, 0.1, 0.5, 1].map(async (weight) => (await direct(weight, false)).loss))
  for (const [i, loss] of losses.entries())
    for (const other of losses.slice(i + 1)) expect(Math.abs(loss - other)).toBeGreaterThan(1e-3)
})
