// Models with random weights against what transformers makes of the same configs (goldens/init), run by the engine, and
// what a folder or a config has to be.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { engineModel, openEngine } from '../../src/model/engine/index.ts'
import { writeRandomModel } from '../../src/model/init/index.ts'
import { fromCentre, normalValues } from '../../src/model/init/normal.ts'
import { openModel } from '../../src/model/open.ts'
import { matrixShape, readValues } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { StoredTensor } from '../../src/model/tensor.ts'
import { normalQuantile } from '../../src/stats/distributions.ts'
import { seedOf } from '../../src/tensor/random.ts'
import { root } from '../support/cli.ts'
import { logProbsOf } from '../support/engine.ts'

interface ModelCase {
  name: string
  config: Record<string, unknown>
  weights: Record<string, { shape: number[]; constant?: number; sd?: number; zeroRows?: number[] }>
}

const goldens = join(root, 'test/goldens')
const { models, stream } = JSON.parse(readFileSync(join(goldens, 'init/cases.json'), 'utf8')) as {
  models: ModelCase[]
  stream: { seed: number; name: string; values: number[] }[]
}
const llama = models[0]!.config
const work = mkdtempSync(join(tmpdir(), 'tunediff-init-'))
afterAll(() => {
  closeFiles()
  rmSync(work, { recursive: true, force: true })
})

let count = 0
const fresh = (): string => join(work, `model-${++count}`)

/** A config with a tokenizer of 488 ids beside it. */
function configOf(config: unknown, { hasTokenizer = true } = {}): string {
  const folder = join(work, `config-${++count}`)
  mkdirSync(folder)
  const path = join(folder, 'config.json')
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config))
  if (hasTokenizer) {
    copyFileSync(join(goldens, 'tokenizers/unigram/tokenizer.json'), join(folder, 'tokenizer.json'))
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"eos_token": "</s>"}')
    writeFileSync(join(folder, 'README.md'), 'not a file of the tokenizer')
  }
  return path
}

async function made(config: unknown, seed = 1): Promise<string> {
  const folder = fresh()
  await writeRandomModel({ config: configOf(config), seed, folder })
  return folder
}

const weightsFile = (folder: string): string => join(folder, 'model.safetensors')
const bytesOf = (folder: string): Buffer => readFileSync(weightsFile(folder))
const tensorsOf = async (folder: string): Promise<Map<string, StoredTensor>> =>
  (await readSafetensorsHeader(weightsFile(folder))).tensors
const valuesOf = (tensor: StoredTensor): Float32Array => readValues(tensor, 0, matrixShape(tensor.shape).rows)

describe.each(models)('$name as transformers makes it', ({ config, weights }) => {
  test('names and shapes, and the numbers that are not random', async () => {
    const tensors = await tensorsOf(await made(config))
    expect([...tensors.keys()].sort()).toEqual(Object.keys(weights))
    for (const [name, { shape, constant, zeroRows = [] }] of Object.entries(weights)) {
      const tensor = tensors.get(name)!
      expect([name, tensor.dtype, tensor.shape]).toEqual([name, 'F32', shape])
      const values = valuesOf(tensor)
      if (constant !== undefined) {
        expect([name, new Set(values)]).toEqual([name, new Set([constant])])
        continue
      }
      const { columns } = matrixShape(shape)
      const isZero = (_: unknown, row: number): boolean =>
        values.subarray(row * columns, (row + 1) * columns).every((value) => value === 0)
      const rows = Array.from({ length: shape[0]! }, (__, row) => row)
      expect([name, rows.filter(isZero)]).toEqual([name, zeroRows])
    }
  })

  test('mean and standard deviation within four standard errors', async () => {
    const wanted = (config.initializer_range as number) || 0.02
    for (const [name, tensor] of await tensorsOf(await made(config))) {
      const { sd, zeroRows = [] } = weights[name]!
      if (sd === undefined) continue
      const columns = tensor.shape[1]!
      const values = [...valuesOf(tensor)].filter((_, i) => !zeroRows.includes(Math.floor(i / columns)))
      const n = values.length
      const mean = values.reduce((sum, value) => sum + value, 0) / n
      const own = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1))
      const apart = (found: number, from: number, error: number): number => Math.abs(found - from) / error
      expect(apart(mean, 0, wanted / Math.sqrt(n)), `mean of ${name}`).toBeLessThan(4)
      expect(apart(own, wanted, wanted / Math.sqrt(2 * n)), `deviation of ${name}`).toBeLessThan(4)
      // Both samples have their error.
      expect(apart(own, sd, wanted / Math.sqrt(n)), `deviation of ${name} in torch`).toBeLessThan(4)
    }
  })

  test('the engine runs it: it knows nothing of the next token', async () => {
    const folder = await made(config)
    const model = engineModel(await openModel(folder))
    await using engine = await openEngine({ models: [model], threads: 1 })
    const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 5) % 488)
    const logProbs = await logProbsOf(engine, 0, [ids])
    const vocabulary = config.vocab_size as number
    const losses = ids.slice(1).map((id, i) => -logProbs[i * vocabulary + id]!)
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length
    // Logits have a standard deviation of initializer_range * sqrt(hidden): at most 0.4 here.
    expect(Math.abs(loss - Math.log(vocabulary))).toBeLessThan(0.3)
  })
})

test('values are those of the formulas, by scipy', () => {
  for (const { seed, name, values } of stream) {
    const options = { count: values.length, firstIndex: 0, standardDeviation: 1 }
    const ours = normalValues(seedOf(`${seed} ${name}`), options)
    values.forEach((value, i) => {
      expect(ours[i]).toBe(Math.fround(value))
    })
  }
})

test('the inverse of the normal distribution is that of the statistics, into the tails', () => {
  for (const q of [0, 1e-9, 0.1, 0.42, 0.43, 0.49, 0.4999, 0.5 - 2 ** -24, 0.5 - 2 ** -40]) {
    const wanted = normalQuantile(0.5 + q)
    expect(Math.abs(fromCentre(q) - wanted)).toBeLessThan(1e-14 + 1e-11 * wanted)
    expect(fromCentre(-q)).toBe(-fromCentre(q))
  }
})

test('rows are the same in whatever pieces they are made', () => {
  const options = { standardDeviation: 0.02 }
  const whole = normalValues(5, { ...options, count: 1000, firstIndex: 0 })
  const part = normalValues(5, { ...options, count: 7, firstIndex: 333 })
  expect(part).toEqual(whole.slice(333, 340))
})

test('the same config and seed give the same bytes, another seed other random weights and the same norms', async () => {
  const [one, again, other] = [await made(llama, 1), await made(llama, 1), await made(llama, 2)]
  for (const name of readdirSync(one)) {
    expect(readFileSync(join(again, name)).equals(readFileSync(join(one, name))), name).toBe(true)
  }
  const [first, second] = [await tensorsOf(one), await tensorsOf(other)]
  for (const [name, tensor] of first) {
    const isSame = Buffer.from(valuesOf(tensor).buffer).equals(
      Buffer.from(valuesOf(second.get(name)!).buffer),
    )
    expect([name, isSame]).toEqual([name, name.endsWith('norm.weight')])
  }
})

test('a tensor does not depend on what else there is', async () => {
  const deep = await tensorsOf(await made({ ...llama, num_hidden_layers: 3, tie_word_embeddings: false }))
  for (const [name, tensor] of await tensorsOf(await made(llama))) {
    expect([name, valuesOf(deep.get(name)!)]).toEqual([name, valuesOf(tensor)])
  }
})

test('no two tensors of a model have the same random numbers', async () => {
  const tensors = [...(await tensorsOf(await made(llama))).values()]
  const starts = tensors
    .filter(({ shape }) => shape.length === 2)
    .map((tensor) => readValues(tensor, 1, 2).slice(0, 8).join())
  expect(new Set(starts).size).toBe(15)
})

test('the folder holds config, weights and the tokenizer; config.json says what readers guess differently', async () => {
  const {
    num_key_value_heads: _,
    tie_word_embeddings: __,
    head_dim: ___,
    ...short
  } = models.find(({ name }) => name === 'gemma3')!.config
  const folder = await made({ ...short, dtype: 'bfloat16', quantization_config: { bits: 4 } })
  expect(readdirSync(folder).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  expect(config).toMatchObject({
    num_key_value_heads: 4,
    head_dim: 256,
    tie_word_embeddings: true,
    dtype: 'float32',
  })
  expect(config).not.toHaveProperty('quantization_config')
  const { tensors } = await openModel(folder)
  expect(tensors.get('model.layers.0.self_attn.k_proj.weight')!.shape).toEqual([1024, 64])
  expect(tensors.has('lm_head.weight')).toBe(false)
})

describe('a folder that is there', () => {
  const config = configOf(llama)
  const write = (folder: string, seed = 1): Promise<void> => writeRandomModel({ config, seed, folder })

  test('is left as it is where it holds the model, and filled where it is empty', async () => {
    const folder = fresh()
    mkdirSync(folder)
    await write(folder)
    const before = statSync(weightsFile(folder))
    await write(folder)
    const after = statSync(weightsFile(folder))
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
  })

  const changes: [string, (folder: string) => void, RegExp][] = [
    ['no weights', (folder) => rmSync(weightsFile(folder)), /has no model\.safetensors/],
    [
      'a file more',
      (folder) => writeFileSync(join(folder, 'adapter_config.json'), '{}'),
      /adapter_config\.json too/,
    ],
    [
      'another config',
      (folder) => writeFileSync(join(folder, 'config.json'), '{}'),
      /config\.json is another/,
    ],
    [
      'another tokenizer',
      (folder) => writeFileSync(join(folder, 'tokenizer.json'), '{}'),
      /tokenizer\.json is another/,
    ],
    ['weights cut off', (folder) => truncateSync(weightsFile(folder), 9000), /model\.safetensors is damaged/],
    ['one bit changed', flipLastBit, /model\.norm\.weight has other values/],
  ]
  test.each(changes)('is refused with %s, and not touched', async (_, change, wanted) => {
    const folder = fresh()
    await write(folder)
    change(folder)
    const before = hashesOf(folder)
    await expect(write(folder)).rejects.toThrow(wanted)
    expect(hashesOf(folder)).toEqual(before)
  })

  test('is refused with another seed, config, or where it is a file', async () => {
    const folder = fresh()
    await write(folder)
    await expect(write(folder, 2)).rejects.toThrow(
      /with seed 2: its model\.embed_tokens\.weight has other values/,
    )
    const wider = configOf({ ...llama, intermediate_size: 80 })
    await expect(writeRandomModel({ config: wider, seed: 1, folder })).rejects.toThrow(
      /config\.json is another/,
    )
    await expect(write(weightsFile(folder))).rejects.toThrow(/is no folder/)
  })
})

const hashesOf = (folder: string): string[] =>
  readdirSync(folder).map(
    (name) =>
      `${name} ${createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex')}`,
  )

function flipLastBit(folder: string): void {
  const bytes = bytesOf(folder)
  bytes[bytes.length - 4]! ^= 1
  writeFileSync(weightsFile(folder), bytes)
}

test('a writer that is killed leaves no half folder, and the next one clears what it left', async () => {
  // Enough for a second or more of work.
  const config = configOf({ ...llama, vocab_size: 400_000 })
  const folder = join(work, 'killed', 'model')
  mkdirSync(join(work, 'killed'))
  const module = join(root, 'dist/model/init/index.js')
  const code = `const { writeRandomModel } = await import(${JSON.stringify(module)})
    await writeRandomModel(${JSON.stringify({ config, seed: 1, folder })})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' })
  const closed = once(child, 'close')
  const started = (): boolean =>
    readdirSync(join(work, 'killed')).some((name) =>
      readdirSync(join(work, 'killed', name)).some((file) => file.includes('model.safetensors')),
    )
  while (!started()) await new Promise((resolve) => setTimeout(resolve, 2))
  child.kill('SIGKILL')
  expect(await closed).toEqual([null, 'SIGKILL'])
  expect(existsSync(folder)).toBe(false)
  expect(readdirSync(join(work, 'killed'))).toHaveLength(1)
  await writeRandomModel({ config: configOf(llama), seed: 1, folder })
  expect(readdirSync(join(work, 'killed'))).toEqual(['model'])
})

describe('refused, with nothing written', () => {
  const gemma = models.find(({ name }) => name === 'gemma3')!.config
  const qwen2 = models.find(({ name }) => name === 'qwen2')!.config
  const cases: [string, unknown, RegExp][] = [
    ['no JSON', '{"model_type": "llama",', /config\.json: not JSON/],
    ['no object', '[1]', /config\.json: no JSON object/],
    [
      'no type',
      { ...llama, model_type: undefined },
      /has no model_type; models are made of types llama, mistral/,
    ],
    [
      'another type',
      { ...llama, model_type: 'mamba' },
      /of type mamba; .* llama, mistral, qwen2, qwen3, gemma3_text$/,
    ],
    [
      'a model that sees',
      { model_type: 'gemma3', text_config: gemma },
      /is of type gemma3; models are made of/,
    ],
    ['no size', { ...llama, intermediate_size: undefined }, /config\.json: intermediate_size: /],
    ['no vocabulary', { ...llama, vocab_size: undefined }, /config\.json: vocab_size: /],
    ['a size of 0', { ...llama, hidden_size: 0 }, /config\.json: hidden_size: /],
    ['a negative size', { ...llama, num_hidden_layers: -2 }, /config\.json: num_hidden_layers: /],
    ['a size that is no number', { ...llama, vocab_size: '512' }, /config\.json: vocab_size: .*number/],
    ['a broken size', { ...llama, num_attention_heads: 2.5 }, /config\.json: num_attention_heads: /],
    [
      'heads that do not fit',
      { ...llama, num_attention_heads: 3 },
      /hidden_size 64 is not a multiple of num_attention_heads 3/,
    ],
    [
      'heads of a broken size',
      { ...qwen2, num_attention_heads: 3, num_key_value_heads: 1 },
      /3 heads over 1 key-value heads of size 21\.3/,
    ],
    [
      'key-value heads that do not fit',
      { ...llama, num_key_value_heads: 3 },
      /4 heads over 3 key-value heads/,
    ],
    [
      'types of other layers',
      { ...gemma, layer_types: ['full_attention'] },
      /layer_types has 1 entries, and num_hidden_layers is 2/,
    ],
    ['an activation that is not run', { ...llama, hidden_act: 'relu' }, /config\.json: activation relu/],
    ['a negative deviation', { ...llama, initializer_range: -0.02 }, /config\.json: initializer_range: /],
    [
      'padding beyond the end',
      { ...llama, pad_token_id: 512 },
      /pad_token_id 512 is no row of an embedding of vocab_size 512/,
    ],
    [
      'a tokenizer that is larger',
      { ...llama, vocab_size: 487 },
      /vocab_size is 487, and tokenizer\.json beside it has ids up to 487/,
    ],
  ]
  test.each(cases)('%s', async (_, config, wanted) => {
    const folder = fresh()
    const path = configOf(config)
    const error = await writeRandomModel({ config: path, seed: 1, folder }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(wanted),
      hint: expect.any(String),
    })
    expect((error as Error).message).toContain(path)
    expect(existsSync(folder)).toBe(false)
  })

  test('no config, and a folder in its place', async () => {
    const path = configOf(llama)
    const write = (config: string): Promise<void> => writeRandomModel({ config, seed: 1, folder: fresh() })
    await expect(write(`${path}.old`)).rejects.toThrow(/config\.json\.old does not exist/)
    await expect(write(join(path, '..'))).rejects.toThrow(/is a folder, wanted a file/)
  })

  test('no tokenizer, or none that is read', async () => {
    const config = configOf(llama, { hasTokenizer: false })
    const write = (): Promise<void> => writeRandomModel({ config, seed: 1, folder: fresh() })
    await expect(write()).rejects.toThrow(/has no tokenizer\.json beside config\.json$/)
    await expect(write()).rejects.toMatchObject({ hint: expect.stringContaining('tokenizer_config.json') })
    writeFileSync(join(config, '../tokenizer.model'), 'x')
    await expect(write()).rejects.toThrow(/beside config\.json, only tokenizer\.model$/)
    writeFileSync(join(config, '../tokenizer.json'), '{"model":')
    await expect(write()).rejects.toThrow(/tokenizer\.json/)
  })
})
