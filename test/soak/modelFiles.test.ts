// Mutated model folders (safetensors, index, config, adapter): opened, or refused with a UserError; whatever is opened
// can be read to its last element. 10,000 under `npm run soak`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { matrixShape } from '../../src/model/shape.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { UserError } from '../../src/util/errors.ts'
import { cut, flip, mutated, mutationsOf, number64, textNumber } from '../attacks/mutate.ts'
import { bf16, f32, indexOf, writeSafetensors } from '../model/writeSafetensors.ts'
import { soak } from '../support/soak.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-mutated-models-'))
afterAll(() => {
  closeFiles()
  rmSync(root, { recursive: true })
})

const base = join(root, 'base')
const adapter = join(root, 'adapter')
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
const q = 'model.layers.0.self_attn.q_proj'
const k = 'model.layers.0.self_attn.k_proj'
writeSafetensors(
  join(base, first),
  { [`${q}.weight`]: f32([4, 6]), 'model.norm.weight': f32([6]) },
  { format: 'pt' },
)
writeSafetensors(join(base, second), {
  [`${k}.weight`]: bf16([4, 6]),
  'model.embed_tokens.weight': f32([8, 6]),
})
writeFileSync(
  join(base, 'model.safetensors.index.json'),
  indexOf({
    [first]: [`${q}.weight`, 'model.norm.weight'],
    [second]: [`${k}.weight`, 'model.embed_tokens.weight'],
  }),
)
writeFileSync(join(base, 'config.json'), '{"model_type":"llama","hidden_size":6,"vocab_size":8}')
const inAdapter = (module: string, factor: string): string =>
  `base_model.model.${module}.lora_${factor}.weight`
writeSafetensors(join(adapter, 'adapter_model.safetensors'), {
  [inAdapter(q, 'A')]: f32([2, 6]),
  [inAdapter(q, 'B')]: f32([4, 2]),
  [inAdapter(k, 'A')]: f32([2, 6]),
  [inAdapter(k, 'B')]: f32([4, 2]),
})
const loraConfig = {
  peft_type: 'LORA',
  r: 2,
  lora_alpha: 4,
  target_modules: ['q_proj', 'k_proj'],
  use_rslora: false,
  rank_pattern: {},
  alpha_pattern: {},
  bias: 'none',
}
writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(loraConfig))

const targets: readonly (readonly [folder: string, name: string])[] = [
  [base, first],
  [base, second],
  [base, 'model.safetensors.index.json'],
  [base, 'config.json'],
  [adapter, 'adapter_model.safetensors'],
  [adapter, 'adapter_config.json'],
]
const texts = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  '\0',
  '\\',
  '\ufeff',
  '[[[[',
  '../',
  '"__proto__":{},',
  '"r":1,',
]
// Most are light: a file with three changes is hardly ever well-formed.
const light = fc.array(fc.oneof(flip, flip, textNumber, number64, cut), { minLength: 1, maxLength: 1 })
const mutations = fc.oneof(light, light, mutationsOf(texts, textNumber, number64))

/** Elements read; null where the model is refused. */
async function readAll(): Promise<number | null> {
  try {
    const model = await openModel(`${base}+${adapter}`)
    let elements = 0
    for (const { source, shape } of model.tensors.values()) {
      const { rows } = matrixShape(shape)
      elements += readValues(source, 0, rows).length
    }
    return elements
  } catch (error) {
    if (error instanceof UserError) {
      expect(error.message).not.toBe('')
      return null
    }
    throw error
  } finally {
    closeFiles()
  }
}

test('the folders as they are: every element', async () => {
  expect(await readAll()).toBe(24 + 6 + 24 + 48)
})

test('mutated folders: a UserError, or a model that can be read', { timeout: 900_000 }, async () => {
  const originals = new Map(targets.map(([folder, name]) => [name, readFileSync(join(folder, name))]))
  const outcomes = { read: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...targets), mutations, async ([folder, name], changes) => {
      const original = originals.get(name)!
      writeFileSync(join(folder, name), mutated(original, changes))
      try {
        outcomes[(await readAll()) === null ? 'refused' : 'read']++
      } finally {
        writeFileSync(join(folder, name), original)
      }
    }),
    { numRuns: soak(10_000) },
  )
  // Both must happen, or the mutations are too weak or too strong to tell anything.
  expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(soak(10_000) / 20)
})

test('folders where a file should be, files where a folder should be, no files at all', async () => {
  for (const [i, name] of [first, 'model.safetensors.index.json', 'config.json'].entries()) {
    const folder = join(root, `odd-${i}`)
    mkdirSync(join(folder, name), { recursive: true })
    if (name === 'config.json') writeSafetensors(join(folder, 'model.safetensors'), { a: f32([1]) })
    await expect(openModel(folder)).rejects.toBeInstanceOf(UserError)
  }
})
