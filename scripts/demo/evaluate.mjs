// How many held-out items of each family of the demo a model answers right (greedy, exact text; functions by running them),
// and the loss on held-out plain text in nats a token.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openGenerator } from '../../dist/generate/embedded/index.js'
import { engineModel, loadModel } from '../../dist/model/engine/index.js'
import { openTrainingPass } from '../../dist/model/engine/trainingPass.js'
import { openModel } from '../../dist/model/open.js'
import { tokenizerFiles } from '../../dist/model/tokenizer/files.js'
import { openTokenizer } from '../../dist/model/tokenizer/tokenizer.js'
import { recipeSchema } from '../../dist/schema/training.js'
import { readExamples } from '../../dist/train/data/examples.js'
import { batchesOfAll } from '../../dist/train/data/steps.js'

/** More than any answer has. */
const MAX_TOKENS = 48
const MAX_ROWS = 64

/** In the order of tables; text is beside them. */
export const SCORED = ['iso', 'style', 'extract', 'pairs', 'field', 'verdict', 'add', 'code']

export const readRows = (path) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/**
 * By family: {right, of}; text: {nats}. `judge`: an open sandbox. `onItem` hears of each answer.
 * @param {{folder: string, judge: object, threads: number, limit?: number, base?: string, onItem?: Function}} options
 */
export async function evaluate(spec, { folder, judge, threads, limit, base, onItem }) {
  const model = await openModel(spec, base === undefined ? {} : { base })
  const tokenizer = openTokenizer(await tokenizerFiles(model))
  const scores = {}
  const generator = await openGenerator({ model: engineModel(model), tokenizer, threads })
  for (const family of SCORED) {
    const items = readRows(join(folder, family, 'heldOut.jsonl')).slice(0, limit)
    const requests = items.map(({ prompt }) => ({ prompt, maxTokens: MAX_TOKENS, temperature: 0, seed: 0 }))
    const answers = await generator.generate(requests, { maxRows: MAX_ROWS })
    const right = await Promise.all(items.map((item, i) => isRight(item, answers[i].text, judge)))
    for (const [i, item] of items.entries()) onItem?.(family, item, answers[i].text, right[i])
    scores[family] = { right: right.filter(Boolean).length, of: items.length }
  }
  await generator[Symbol.asyncDispose]()
  scores.text = {
    nats: await textLoss(model, { tokenizer, threads, path: join(folder, 'text/heldOut.jsonl') }),
  }
  return scores
}

async function isRight({ prompt, answer, entry_point: entryPoint, test }, text, judge) {
  if (test === undefined) return text.trim() === answer.trim()
  const verdict = await judge.judge(prompt + text, { id: prompt, prompt, entryPoint, test })
  return verdict.class === 'pass'
}

async function textLoss(model, { tokenizer, threads, path }) {
  const recipe = recipeSchema.parse({ maxTokens: 256 })
  const { train } = await readExamples({ path, tokenizer, recipe, seed: 0 })
  const loaded = loadModel(engineModel(model))
  const pass = await openTrainingPass({ loaded, trained: new Map(), threads, checkpointing: true })
  let [loss, tokens] = [0, 0]
  for (const batch of batchesOfAll(train, recipe)) {
    const { lossSum, weightSum } = await pass.loss(batch)
    loss += lossSum
    tokens += weightSum
  }
  await pass[Symbol.asyncDispose]()
  return loss / tokens
}
