// Adapters as the real peft library writes them: read, applied and compared with what peft merges (goldens/peft).
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { readAdapter } from '../../src/model/peft/index.ts'
import { matrixShape, readValues, shapeOf } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { Adapter, TensorSource } from '../../src/model/tensor.ts'
import { random } from '../../src/stats/random.ts'
import { UserError } from '../../src/util/errors.ts'
import { soak } from '../support/soak.ts'
import { f32, writeSafetensors, zeros } from './writeSafetensors.ts'

const goldens = fileURLToPath(new URL('../goldens/peft', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tunediff-peft-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true, force: true })
})

const values = (source: TensorSource, step = Number.POSITIVE_INFINITY): Float32Array => {
  const { rows, columns } = matrixShape(shapeOf(source))
  const all = new Float32Array(rows * columns)
  for (let start = 0; start < rows; start += step) {
    all.set(readValues(source, start, Math.min(rows, start + step)), start * columns)
  }
  return all
}

/** Largest difference, by the largest number of the tensor. */
function difference(ours: Float32Array, theirs: Float32Array): number {
  expect(ours.length).toBe(theirs.length)
  let largest = 0
  let apart = 0
  ours.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(theirs[i]!))
    apart = Math.max(apart, Math.abs(value - theirs[i]!))
  })
  return apart / largest
}

/** Every tensor that the adapter changes, over the base. */
async function applied(adapter: Adapter, base: string): Promise<Map<string, TensorSource>> {
  const { tensors } = await readSafetensorsHeader(join(goldens, base, 'model.safetensors'))
  const sources = new Map<string, TensorSource>()
  for (const part of adapter.parts) {
    const before = sources.get(part.tensor) ?? tensors.get(part.tensor)
    if (!before && part.isOptional) continue
    sources.set(part.tensor, part.apply(before!))
  }
  return sources
}

const CASES: readonly { name: string; base: string; method: string; parts: number }[] = [
  { name: 'lora', base: 'llama', method: 'lora', parts: 6 },
  { name: 'rslora', base: 'llama', method: 'lora', parts: 2 },
  { name: 'dora', base: 'llama', method: 'lora', parts: 4 },
  { name: 'ia3', base: 'llama', method: 'ia3', parts: 6 },
  { name: 'patterns', base: 'llama', method: 'lora', parts: 6 },
  { name: 'layers', base: 'llama', method: 'lora', parts: 1 },
  { name: 'saved', base: 'llama', method: 'lora', parts: 3 },
  { name: 'embedding', base: 'llama', method: 'lora', parts: 4 },
  { name: 'embedding-dora', base: 'llama', method: 'lora', parts: 2 },
  { name: 'conv1d', base: 'gpt2', method: 'lora', parts: 3 },
  { name: 'conv1d-dora', base: 'gpt2', method: 'lora', parts: 2 },
  { name: 'conv1d-ia3', base: 'gpt2', method: 'ia3', parts: 3 },
  { name: 'bias', base: 'gpt2', method: 'lora', parts: 2 },
  { name: 'bias-all', base: 'gpt2', method: 'lora', parts: 8 },
  { name: 'lora-bias', base: 'gpt2', method: 'lora', parts: 2 },
]

describe('what peft merges', () => {
  test.each(CASES)('$name', async ({ name, base, method, parts }) => {
    const adapter = await readAdapter(join(goldens, name, 'adapter'))
    expect(adapter).toMatchObject({ method, baseName: 'tiny/base', leftOut: [] })
    expect(adapter.parts).toHaveLength(parts)
    const sources = await applied(adapter, base)
    const merged = await readSafetensorsHeader(join(goldens, name, 'merged.safetensors'))
    for (const [tensor, theirs] of merged.tensors) {
      const ours = sources.get(tensor)
      expect(ours, tensor).toBeDefined()
      expect(difference(values(ours!), values(theirs)), tensor).toBeLessThan(1e-6)
      // Rows in pieces are the same rows.
      expect(values(ours!, 7)).toEqual(values(ours!))
    }
    const { tensors } = await readSafetensorsHeader(join(goldens, base, 'model.safetensors'))
    for (const [tensor, source] of sources) {
      if (!merged.tensors.has(tensor)) expect(values(source), tensor).toEqual(values(tensors.get(tensor)!))
    }
  })

  test('every tensor of the file is in a part, and counted', async () => {
    const adapter = await readAdapter(join(goldens, 'embedding-dora', 'adapter'))
    const { tensors } = await readSafetensorsHeader(
      join(goldens, 'embedding-dora/adapter/adapter_model.safetensors'),
    )
    expect(adapter.parts.flatMap((part) => part.namesInFile).sort()).toEqual([...tensors.keys()].sort())
    // Two factors of rank 2 and a magnitude; the copy of the base was not trained.
    expect(adapter.parameters).toBe(2 * 40 + 2 * 32 + 32)
    expect(adapter.files.map((file) => [file.name, file.role])).toEqual([
      ['adapter_config.json', 'adapter'],
      ['adapter_model.safetensors', 'adapter'],
    ])
  })

  test('ranks of patterns', async () => {
    const adapter = await readAdapter(join(goldens, 'patterns', 'adapter'))
    const ranks = Object.fromEntries(adapter.parts.map((part) => [part.tensor, part.rank]))
    expect(ranks).toEqual({
      'model.layers.0.mlp.gate_proj.weight': 3,
      'model.layers.0.self_attn.o_proj.weight': 2,
      'model.layers.0.self_attn.q_proj.weight': 2,
      'model.layers.1.mlp.gate_proj.weight': 3,
      'model.layers.1.self_attn.o_proj.weight': 2,
      'model.layers.1.self_attn.q_proj.weight': 5,
    })
  })
})

let copies = 0

/** A copy of the adapter of lora/, its config changed. */
function edited(change: Record<string, unknown>, from = 'lora'): string {
  const copy = join(folder, `copy-${copies++}`)
  cpSync(join(goldens, from, 'adapter'), copy, { recursive: true })
  const path = join(copy, 'adapter_config.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
  return copy
}

/** An adapter of these F32 shapes. */
function written(shapes: Record<string, readonly number[]>, config: Record<string, unknown> = {}): string {
  const path = join(folder, `written-${copies++}`)
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, f32(shape)] as const)
  writeSafetensors(join(path, 'adapter_model.safetensors'), Object.fromEntries(tensors))
  writeFileSync(
    join(path, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 4, ...config }),
  )
  return path
}

async function refusal(path: string): Promise<UserError> {
  const error = await readAdapter(path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).hint).toBeTruthy()
  return error as UserError
}

describe('adapters that are no change of weights are named', () => {
  test.each([
    ['PROMPT_TUNING', /prompt tuning: it adds vectors .* changes no weight/],
    ['PREFIX_TUNING', /prefix tuning/],
    ['P_TUNING', /p-tuning/],
    ['VERA', /VeRA: its matrices are drawn by torch/],
    ['ADALORA', /method ADALORA is not read/],
    ['LOHA', /method LOHA is not read/],
    ['LOKR', /method LOKR is not read/],
    ['OFT', /method OFT is not read/],
    ['XLORA', /depends on the input/],
  ])('%s', async (type, says) => {
    expect((await refusal(edited({ peft_type: type }))).message).toMatch(says)
  })

  test.each([
    ['pissa', 'PiSSA'],
    ['pissa_niter_16', 'PiSSA'],
    ['olora', 'OLoRA'],
    ['corda', 'CorDA'],
    ['loftq', 'LoftQ'],
    ['lora_ga', 'LoRA-GA'],
  ])('%s without its initial factors', async (init, method) => {
    const error = await refusal(edited({ init_lora_weights: init }))
    expect(error.message).toContain(`began from ${method}`)
    expect(error.message).toContain('B * A is not the change')
    expect(error.message).toContain('The merged model can be compared')
    expect(error.hint).toContain('merge it')
  })

  test('ways to begin that leave the base alone are read', async () => {
    for (const init of [true, false, 'gaussian', 'eva', 'orthogonal']) {
      expect((await readAdapter(edited({ init_lora_weights: init }))).parts).toHaveLength(6)
    }
  })
})

describe('hostile configs', () => {
  test.each([
    [{ r: 0 }, /r is 0/],
    [{ r: -4 }, /r is -4/],
    [{ r: 2 ** 60 }, /r is 1152921504606847000/],
    [{ r: 'four' }, /r is "four"/],
    [{ r: 8 }, /rank 4, adapter_config.json says 8/],
    [{ lora_alpha: 'much' }, /lora_alpha is "much"/],
    [{ rank_pattern: { q_proj: 0 } }, /rank_pattern.q_proj is 0/],
    [{ rank_pattern: { q_proj: 3 } }, /q_proj.*rank 4, adapter_config.json says 3/],
    [{ alpha_pattern: { '(': 3 } }, /pattern of module names is not valid/],
    [{ alpha_pattern: { '(([a-z_.0-9]+)+)+!': 3 } }, /pattern of module names takes more than 2 s/],
    [{ target_modules: 7 }, /target_modules is 7/],
    [{ peft_type: null }, /peft_type is null/],
    [{ use_dora: true }, /no lora_magnitude_vector/],
    [{ peft_type: 'IA3' }, /do not belong to IA3/],
    [{ layer_replication: [[0, 2]] }, /repeats layers/],
  ])('%j', async (change, says) => {
    expect((await refusal(edited(change))).message).toMatch(says)
  })

  test.each([
    [
      { 'm.lora_A.weight': [2, 6], 'm.lora_B.weight': [5, 3] },
      /do not fit each other: A is \(2, 6\), B is \(5, 3\)/,
    ],
    [{ 'm.lora_A.weight': [2, 6] }, /one factor, A without B/],
    [{ 'm.lora_B.weight': [5, 2] }, /one factor, B without A/],
    [{ 'm.lora_A.weight': [12], 'm.lora_B.weight': [5, 2] }, /a factor has two dimensions/],
    [
      {
        'm.lora_A.one.weight': [2, 6],
        'm.lora_B.one.weight': [5, 2],
        'n.lora_A.two.weight': [2, 6],
        'n.lora_B.two.weight': [5, 2],
      },
      /tensors of 2 adapters: one, two/,
    ],
    [{}, /holds no tensor/],
    [
      { 'm.lora_A.weight': [2, 6], 'm.lora_B.weight': [5, 2], 'm.lora_B.default.weight': [5, 2] },
      /m\.lora_B\.weight and m\.lora_B\.default\.weight, which are one factor/,
    ],
    [{ 'm.modules_to_save.weight': [5, 6], 'm.weight': [5, 6] }, /holds m\.weight twice/],
  ])('%j', async (shapes, says) => {
    expect((await refusal(written(shapes as Record<string, number[]>))).message).toMatch(says)
  })

  test('integers', async () => {
    const path = written({})
    const tensors = { 'm.lora_A.weight': zeros('I8', [2, 6], 12), 'm.lora_B.weight': f32([5, 2]) }
    writeSafetensors(join(path, 'adapter_model.safetensors'), tensors)
    expect((await refusal(path)).message).toMatch(/m\.lora_A\.weight is I8/)
  })

  test('JSON that is none, or says a key twice', async () => {
    const copy = edited({})
    for (const text of ['{"peft_type": "LORA"', '[]', '{"peft_type":"LORA","r":4,"r":8}', '']) {
      writeFileSync(join(copy, 'adapter_config.json'), text)
      expect((await refusal(copy)).message).toContain('adapter_config.json')
    }
  })

  test('a base whose weight does not fit is named with both shapes', async () => {
    const adapter = await readAdapter(written({ 'm.lora_A.weight': [2, 6], 'm.lora_B.weight': [5, 2] }))
    const base: TensorSource = { kind: 'stored', path: '', offset: 0, bytes: 0, dtype: 'F32', shape: [6, 6] }
    expect(() => adapter.parts[0]!.apply(base)).toThrow(/6 inputs and 5 outputs, its weight is \(6, 6\)/)
  })
})

describe('mutated folders', () => {
  test.each(['adapter_config.json', 'adapter_model.safetensors'])(
    '%s: read, or refused by name',
    async (file) => {
      const draw = random(7)
      const copy = edited({})
      const path = join(copy, file)
      const original = readFileSync(path)
      let refused = 0
      for (let round = 0; round < soak(5000); round++) {
        writeFileSync(path, mutated(original, draw))
        const read = await readAdapter(copy).catch((error: unknown) => error)
        if (read instanceof Error) {
          expect(read, (read as Error).stack).toBeInstanceOf(UserError)
          expect(read.message).toContain(copy)
          refused++
        }
      }
      expect(refused).toBeGreaterThan(100)
    },
  )
})

/** Some bytes changed, cut off or doubled; of a header, mostly in its first part. */
function mutated(original: Buffer, draw: () => number): Buffer {
  const bytes = Buffer.from(original)
  const span = Math.min(bytes.length, 1600)
  const at = Math.floor(draw() * span)
  const kind = Math.floor(draw() * 4)
  if (kind === 0) return bytes.subarray(0, at)
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(draw() * at))])
  for (let n = 1 + Math.floor(draw() * 3); n > 0; n--) {
    const where = Math.floor(draw() * span)
    bytes[where] = kind === 2 ? Math.floor(draw() * 256) : 0x30 + Math.floor(draw() * 10)
  }
  return bytes
}

describe('tensors that are not applied are named with a reason', () => {
  test.each([
    [{ 'm.token_adapter.trainable_tokens_delta': [2, 6] }, {}, /single trained tokens/],
    [{ 'm.lora_B.bias': [5] }, {}, /lora_bias/],
    [{ 'm.vera_lambda_b': [5] }, {}, /a method that is not read/],
    [{ 'm.strange': [5] }, {}, /not known/],
    [{ 'm.original_module.weight': [5, 6] }, {}, /base's own/],
    [{ 'm.lora_magnitude_vector': [5] }, {}, /does not say use_dora/],
    [
      { 'x.lora_A.weight': [2, 6], 'x.lora_B.weight': [5, 2] },
      { target_modules: ['m'] },
      /target_modules does not/,
    ],
    [{ 'x.lora_A.weight': [2, 6], 'x.lora_B.weight': [5, 2] }, { exclude_modules: 'x' }, /exclude_modules/],
    [
      { 'a.layers.3.x.lora_A.weight': [2, 6], 'a.layers.3.x.lora_B.weight': [5, 2] },
      { target_modules: ['x', 'm'], layers_to_transform: [2] },
      /layers_to_transform leaves its layer out/,
    ],
    [
      { 'x.experts.lora_A.weight': [2, 6], 'x.experts.lora_B.weight': [5, 2] },
      { target_parameters: ['experts.down'] },
      /single parameters/,
    ],
    [{ 'x.lora_A.weight': [2, 6, 3, 3], 'x.lora_B.weight': [5, 2, 1, 1] }, {}, /convolutions/],
  ])('%j %j', async (extra, config, says) => {
    const plain = { 'm.lora_A.weight': [2, 6], 'm.lora_B.weight': [5, 2] }
    const isLayered = 'layers_to_transform' in config
    const path = written({ ...(isLayered ? {} : plain), ...extra }, config)
    const adapter = await readAdapter(path)
    expect(adapter.leftOut.map(({ name }) => name).sort()).toEqual(Object.keys(extra).sort())
    for (const { reason } of adapter.leftOut) expect(reason).toMatch(says)
    expect(adapter.parts).toHaveLength(isLayered ? 0 : 1)
  })

  test('names with an adapter name or without the prefix are the same modules', async () => {
    for (const [prefix, name] of [
      ['base_model.model.', ''],
      ['base_model.model.', '.default'],
      ['', '.weight'],
    ]) {
      const path = written({
        [`${prefix}a.weight.lora_A${name}.weight`]: [2, 6],
        [`${prefix}a.weight.lora_B${name}.weight`]: [5, 2],
      })
      expect((await readAdapter(path)).parts.map((part) => part.tensor)).toEqual(['a.weight.weight'])
    }
  })

  test('goldens hold only what is read', () => {
    for (const { name } of CASES) {
      expect(readdirSync(join(goldens, name, 'adapter')).sort()).toEqual([
        'adapter_config.json',
        'adapter_model.safetensors',
      ])
    }
  })
})
