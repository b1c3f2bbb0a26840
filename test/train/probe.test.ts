// Written variants against running ones: files of every method pass, and files that are broken on purpose do not.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { engineModel, loadModel } from '../../src/model/engine/index.ts'
import { openTrainingPass } from '../../src/model/engine/trainingPass.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { type Recipe, recipeSchema } from '../../src/schema/training.ts'
import { random } from '../../src/stats/index.ts'
import type { Example } from '../../src/train/data/examples.ts'
import { exportTrained } from '../../src/train/export/index.ts'
import { prepare } from '../../src/train/methods/index.ts'
import { checkWritten, lossesOf, probeBatches, type WrittenVariant } from '../../src/train/probe.ts'
import { TinyPredictions } from '../support/tinyPredictions.ts'

const tiny = new TinyPredictions()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const below = random(7)
const examples = Array.from({ length: 40 }, (_, i): Example => {
  const ids = Int32Array.from({ length: 20 }, () => Math.floor(below() * 29))
  return { ids, weights: new Float32Array(20).fill(1, 10), textHash: String(i), place: `line ${i + 1}` }
})

/** A variant whose values are the first ones, moved a little, as it runs and as it is written. */
async function written(name: string, settings: Partial<Recipe>): Promise<WrittenVariant> {
  const recipe = recipeSchema.parse({ maxTokens: 64, learningRate: 0.01, ...settings })
  const base = tiny.model(recipe.method === 'qlora' ? 'nf4' : 'qwen2', `${name}-base`)
  const folder = tiny.path(name)
  const model = await openModel(base)
  const prepared = prepare(loadModel(engineModel(model)), recipe, 1)
  for (const { values } of prepared.trained) {
    for (let i = 0; i < values.length; i++) values[i]! += 0.05 * (below() - 0.5)
  }
  const batches = probeBatches({ examples, recipe, seed: 1 })
  const { loaded } = prepared
  const trained = new Map(prepared.trained.map((one) => [one.name, one.values]))
  await using pass = await openTrainingPass({ loaded, trained, threads: 1, checkpointing: false })
  const losses = await lossesOf(pass, batches)
  await exportTrained({ prepared, recipe, model, base: { spec: base, identity: '', note: null }, folder })
  writeFileSync(join(folder, 'variant.json'), JSON.stringify({ recipe }))
  return { folder, base, batches, losses, threads: 1, onProgram: () => undefined }
}

/** Puts two tensors of one shape in each other's place. */
function swap(file: string, one: string, other: string): void {
  const bytes = readFileSync(file)
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  const header = bytes.subarray(8, end).toString('latin1')
  const swapped = header.replaceAll(one, '\0').replaceAll(other, one).replaceAll('\0', other)
  expect(swapped.length).toBe(header.length)
  expect(swapped).not.toBe(header)
  bytes.write(swapped, 8, 'latin1')
  closeFiles()
  writeFileSync(file, bytes)
}

function change(file: string, values: object): void {
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...values }))
}

test.each<[string, Partial<Recipe>]>([
  ['lora', { method: 'lora' }],
  ['rslora', { method: 'lora', rslora: true, alphaPattern: { q_proj: 5 } }],
  ['dora', { method: 'dora' }],
  ['qlora', { method: 'qlora' }],
  ['qlora-double', { method: 'qlora', doubleQuantisation: true }],
  ['full', { method: 'full' }],
  ['full-layer', { method: 'full', layers: [1] }],
])('what %s writes is what ran', async (name, recipe) => {
  await checkWritten(await written(name, recipe))
})

test('about 512 tokens are looked at, in the batches of the training', () => {
  const recipe = recipeSchema.parse({ maxTokens: 128, batch: 2, packing: false })
  const sizes = probeBatches({ examples, recipe, seed: 1 }).map(({ rows, length }) => [rows, length])
  expect(sizes).toEqual(Array.from({ length: 4 }, () => [2, 64]))
  const few = recipeSchema.parse({ maxTokens: 128, steps: 1 })
  expect(probeBatches({ examples, recipe: few, seed: 1 })).toHaveLength(1)
})

describe('refused', () => {
  const adapter = 'adapter/adapter_model.safetensors'
  test.each<[string, Partial<Recipe>, (folder: string, base: string) => void]>([
    ['another alpha', {}, (to) => change(join(to, 'adapter/adapter_config.json'), { lora_alpha: 17 })],
    [
      'rslora left out',
      { rslora: true },
      (to) => change(join(to, 'adapter/adapter_config.json'), { use_rslora: false }),
    ],
    [
      'a swapped factor',
      {},
      (to) => swap(join(to, adapter), '0.self_attn.q_proj.lora_B', '1.self_attn.q_proj.lora_B'),
    ],
    [
      'a swapped matrix',
      { method: 'full' },
      (to) => swap(join(to, 'model/model.safetensors'), '0.mlp.up_proj', '1.mlp.up_proj'),
    ],
    [
      'a base that is another by now',
      {},
      (_, base) => swap(join(base, 'model.safetensors'), '0.mlp.up_proj', '1.mlp.up_proj'),
    ],
    [
      'a 4-bit base that is not quantised',
      { method: 'qlora' },
      (to) => change(join(to, 'variant.json'), { recipe: {} }),
    ],
  ])('%s', async (name, recipe, spoil) => {
    const variant = await written(name.replaceAll(' ', '-'), recipe)
    spoil(variant.folder, variant.base)
    await expect(checkWritten(variant)).rejects.toThrow(
      /what was written is not the variant that was trained: on batch 1 of the training its loss is \d\.\d+, and that of the running variant was \d\.\d+$/,
    )
  })
})
