// What inspect says of a model folder, an adapter, a GGUF file and a combination, word for word; that it reads headers
// only; and that it says what it does not know.
import { cp, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCard } from '../src/model/card.ts'
import { inspect } from '../src/model/inspect.ts'
import { renderText } from '../src/report/blocks.ts'
import { inspectBlocks } from '../src/report/inspect.ts'
import { recipeSchema } from '../src/schema/training.ts'
import { realModel } from './realModels.ts'
import { tunediff } from './support/cli.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/settings/${name}`, import.meta.url))

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tunediff-inspect-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

/** Without the folders of this machine, and without colour. */
const printed = async (spec: string): Promise<string> =>
  renderText(inspectBlocks(await inspect(spec)))
    .replaceAll(fixture(''), 'FIXTURES/')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    .replace(/\u001b\[\d+m/g, '')

describe('what it prints', () => {
  test('of a safetensors folder', async () => {
    expect(await printed(fixture('base'))).toMatchInlineSnapshot(`
      "base

      A llama model in safetensors, 31.42 k parameters, all BF16.

      what            as the files say
      architecture    LlamaForCausalLM, llama
      parameters      31.42 k: 18.59 k and 12.83 k in embeddings, tied
      layers          2
      width           32, inside 64
      attention       4 heads, 2 for keys and values, 8 wide
      vocabulary      401
      context         256 tokens
      weights         20 tensors in 1 file, 64.89 kB
      base            nobody/tiny-base (README.md)
      licence         apache-2.0 (README.md)
      chat template   chat_template.jinja: {%- if tools %}
      tokenizer       401 tokens, tokenizer.json
      special tokens  bos <|start|>, eos <|end|>, pad <|pad|>
      ends at         0 (generation_config.json)
      layout          c2436547af03f128d20a9ba56309e452870bca751aa9f75e7ccaf30a3ca04e7e

      type  tensors  parameters      size
      BF16       20     31.42 k  62.85 kB
      "
    `)
  })
  test('of an adapter whose base lies beside it', async () => {
    expect(await printed(fixture('adapter'))).toMatchInlineSnapshot(`
      "adapter

      A LoRA adapter of rank 4 and 2, 768 parameters, for ../base.

      what           as the files say
      adapter        LoRA
      rank           4 (3 tensors), 2 (1 tensor)
      alpha          8
      changes        q_proj (2), v_proj (2)
      trained        768 parameters
      trained share  2.44 % of ../base
      base           ../base (adapter_config.json)
      licence        mit (README.md of the adapter)
      chat template  none
      tokenizer      none
      layout         f282b70acce1794ff7fb69c584aa6920b7c34d9050819489e07ea59869281e26
      "
    `)
  })
  test('of a GGUF file', async () => {
    expect(await printed(fixture('tiny.gguf'))).toMatchInlineSnapshot(`
      "tiny.gguf

      A llama model in GGUF, 22.14 k parameters, mostly F16.

      what            as the files say
      architecture    llama
      parameters      22.14 k: 9312 and 12.83 k in embeddings, tied
      layers          1
      width           32, inside 64
      attention       4 heads, 2 for keys and values
      vocabulary      401
      context         256 tokens
      weights         11 tensors in 1 file, 55.04 kB
      base            https://huggingface.co/nobody/tiny-base (general.base_model.0)
      licence         apache-2.0 (general.license)
      chat template   tokenizer.chat_template: {%- if tools %}
      tokenizer       401 tokens, GGUF
      special tokens  bos <|start|>, eos <|end|>, pad <|pad|>
      ends at         0 (GGUF)
      layout          20298f1ec2495ea4978b9a4ce4ca383db49498561a99c221a73c43ae332cdba7

      type  tensors  parameters      size
      F16         8     22.05 k  44.10 kB
      F32         3          96     384 B
      "
    `)
  })
  test('of a base with an adapter', async () => {
    expect(await printed(`${fixture('base')}+${fixture('adapter')}`)).toMatchInlineSnapshot(`
      "base+adapter

      A llama model in safetensors, 31.42 k parameters, all BF16, with a LoRA adapter of rank 4 and 2, 768
      parameters.

      what            as the files say
      architecture    LlamaForCausalLM, llama
      parameters      31.42 k: 18.59 k and 12.83 k in embeddings, tied
      layers          2
      width           32, inside 64
      attention       4 heads, 2 for keys and values, 8 wide
      vocabulary      401
      context         256 tokens
      weights         20 tensors in 1 file, 64.89 kB
      adapter         LoRA
      rank            4 (3 tensors), 2 (1 tensor)
      alpha           8
      changes         q_proj (2), v_proj (2)
      trained         768 parameters
      trained share   2.44 % of FIXTURES/base
      base            ../base (adapter_config.json), nobody/tiny-base (README.md)
      licence         apache-2.0 (README.md), mit (README.md of the adapter)
      chat template   chat_template.jinja: {%- if tools %}
      tokenizer       401 tokens, tokenizer.json
      special tokens  bos <|start|>, eos <|end|>, pad <|pad|>
      ends at         0 (generation_config.json)
      layout          250db1809423b14270bb02b35913609256301400fa8eea7847eb3bdecd3d90fb

      type  tensors  parameters      size
      BF16       20     31.42 k  62.85 kB
      "
    `)
  })
})

test('an adapter whose base is not here says so, and takes --base', async () => {
  const folder = join(scratch, 'adapter')
  await cp(fixture('adapter'), folder, { recursive: true })
  const alone = await inspect(folder)
  expect(alone.kind).toBe('adapter')
  expect(alone.model).toBeNull()
  expect(alone.trainable).toEqual({
    absent: 'its base ../base is not on this machine; --base MODEL says where it is',
  })
  const { trainable } = await inspect(folder, { base: fixture('base') })
  expect(trainable).toEqual({ share: 768 / 31_424, base: fixture('base') })
})

/** A variant folder of the parts that are asked about. */
async function variantFolder(name: string, inner: 'adapter' | 'model', variant: object): Promise<string> {
  const folder = join(scratch, name)
  await mkdir(folder)
  await cp(fixture(inner === 'adapter' ? 'adapter' : 'base'), join(folder, inner), { recursive: true })
  await writeFile(join(folder, 'variant.json'), JSON.stringify(variant))
  return folder
}

const RECIPE = recipeSchema.parse({ rank: 4, clip: null, targets: ['q_proj', 'v_proj'] })

test('a variant folder says its base, recipe, random seed and trained share', async () => {
  const folder = await variantFolder('variant', 'adapter', {
    recipe: RECIPE,
    base: { spec: 'hf:nobody/tiny-base', identity: '0', note: null },
    seed: 7,
    cost: { trainedParameters: 768, parameters: 31_424 + 768 },
  })
  expect(await inspect(folder)).toMatchObject({
    recipe: { value: 'lora, rank 4, targets ["q_proj","v_proj"], clip null', from: 'variant.json' },
    seed: 7,
    trainable: { share: 768 / 31_424, base: 'hf:nobody/tiny-base' },
  })
  expect(await printed(folder)).toMatchInlineSnapshot(`
    "adapter

    A LoRA adapter of rank 4 and 2, 768 parameters, for hf:nobody/tiny-base.

    what           as the files say
    adapter        LoRA
    rank           4 (3 tensors), 2 (1 tensor)
    alpha          8
    changes        q_proj (2), v_proj (2)
    trained        768 parameters
    trained share  2.44 % of hf:nobody/tiny-base
    base           hf:nobody/tiny-base (variant.json), ../base (adapter_config.json)
    licence        mit (README.md of the adapter)
    recipe         lora, rank 4, targets ["q_proj","v_proj"], clip null (variant.json)
    random seed    7 (variant.json)
    chat template  none
    tokenizer      none
    layout         f282b70acce1794ff7fb69c584aa6920b7c34d9050819489e07ea59869281e26
    "
  `)
})

test('of a whole variant too, whose training changed a share of its base', async () => {
  const folder = await variantFolder('whole', 'model', {
    recipe: { ...RECIPE, method: 'full', rank: 8, layers: [1] },
    base: { spec: 'base', identity: '0', note: null },
    seed: 0,
    cost: { trainedParameters: 7856, parameters: 31_424 },
  })
  const { recipe, seed, trainable } = await inspect(folder)
  expect(recipe?.value).toMatch(/^full, .*layers \[1\]/)
  expect([seed, trainable]).toEqual([0, { share: 0.25, base: 'base' }])
})

test('a variant of a merge, and one that is not finished, say what they can', async () => {
  const merged = await variantFolder('merged', 'model', {
    recipe: { method: 'merged', dtypes: ['BF16'], quantised: null, adapters: ['a'] },
    base: { spec: 'base' },
  })
  expect(await inspect(merged)).toMatchObject({
    recipe: { value: 'merged, dtypes ["BF16"], adapters ["a"]' },
    bases: [{ value: 'base', from: 'variant.json' }, {}],
    seed: null,
    trainable: null,
  })
  const begun = await variantFolder('begun', 'adapter', { recipe: 'by hand', base: 'base', cost: null })
  expect(await inspect(begun)).toMatchObject({
    recipe: { value: 'by hand' },
    trainable: { absent: 'its base ../base is not on this machine; --base MODEL says where it is' },
  })
})

test('the identity is hashed only when asked for, the layout is shared by copies with other values', async () => {
  const folder = join(scratch, 'copy')
  await cp(fixture('base'), folder, { recursive: true })
  await using file = await open(join(folder, 'model.safetensors'), 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.from([1, 2]), 0, 2, size - 2)
  await file.sync()
  const [base, copy] = [await inspect(fixture('base'), { hash: true }), await inspect(folder, { hash: true })]
  expect(copy.layout).toBe(base.layout)
  expect(copy.identity).toMatch(/^[0-9a-f]{64}$/)
  expect(copy.identity).not.toBe(base.identity)
  expect((await inspect(folder)).identity).toBeNull()
})

test('a damaged tokenizer is told, and the rest inspected', async () => {
  const folder = join(scratch, 'damaged')
  await cp(fixture('base'), folder, { recursive: true })
  await writeFile(join(folder, 'tokenizer.json'), '{"model"')
  const { tokenizer, leftOut, model } = await inspect(folder)
  expect(tokenizer).toEqual({ from: 'tokenizer.json', size: null })
  expect(leftOut.map(({ name }) => name)).toEqual(['tokenizer.json'])
  expect(model?.parameters.total).toBe(31_424)
})

test.each([
  ['---\nlicense: mit\n---\n', { licence: 'mit', bases: [] }],
  [
    '---\r\nlicense: other\r\nlicense_name: "gemma"\r\nbase_model: a/b\r\n---\r\nText',
    { licence: 'gemma', bases: ['a/b'] },
  ],
  [
    '---\ntags:\n- x\nbase_model:\n- a/b\n- c/d # two\nbase_model_relation: merge\n---',
    { bases: ['a/b', 'c/d'], relation: 'merge' },
  ],
  ['---\nbase_model: [a/b, "c/d"]\n---\n', { bases: ['a/b', 'c/d'] }],
  ["---\nbase_model: ''\n---\n", { bases: [] }],
  ['no head\nlicense: mit\n', { bases: [] }],
])('the head of a card: %j', (text, card) => {
  expect(parseCard(text)).toEqual(card)
})

/** Tensors of an 8B Llama in four shards whose data are holes: 16 GB that take no room. */
async function sparseFolder(): Promise<string> {
  const folder = join(scratch, 'sparse')
  await mkdir(folder)
  const [width, inside, keys, vocabulary, layers] = [4096, 14_336, 1024, 128_256, 32]
  const shapes: [string, number[]][] = [['model.embed_tokens.weight', [vocabulary, width]]]
  for (let i = 0; i < layers; i++) {
    const layer = `model.layers.${i}`
    shapes.push(
      [`${layer}.input_layernorm.weight`, [width]],
      [`${layer}.post_attention_layernorm.weight`, [width]],
      [`${layer}.self_attn.q_proj.weight`, [width, width]],
      [`${layer}.self_attn.k_proj.weight`, [keys, width]],
      [`${layer}.self_attn.v_proj.weight`, [keys, width]],
      [`${layer}.self_attn.o_proj.weight`, [width, width]],
      [`${layer}.mlp.gate_proj.weight`, [inside, width]],
      [`${layer}.mlp.up_proj.weight`, [inside, width]],
      [`${layer}.mlp.down_proj.weight`, [width, inside]],
    )
  }
  shapes.push(['model.norm.weight', [width]], ['lm_head.weight', [vocabulary, width]])
  const shards = 4
  const map: Record<string, string> = {}
  for (let shard = 0; shard < shards; shard++) {
    const name = `model-0000${shard + 1}-of-0000${shards}.safetensors`
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
    let offset = 0
    for (const [tensor, shape] of shapes.filter((_, i) => i % shards === shard)) {
      const bytes = 2 * shape.reduce((product, size) => product * size, 1)
      header[tensor] = { dtype: 'BF16', shape, data_offsets: [offset, offset + bytes] }
      map[tensor] = name
      offset += bytes
    }
    const text = Buffer.from(JSON.stringify(header))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    await using file = await open(join(folder, name), 'w')
    await file.write(Buffer.concat([length, text]))
    await file.truncate(8 + text.length + offset)
  }
  await writeFile(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: map }),
  )
  const config = {
    model_type: 'llama',
    hidden_size: width,
    num_hidden_layers: layers,
    max_position_embeddings: 131_072,
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  await cp(fixture('base/tokenizer.json'), join(folder, 'tokenizer.json'))
  return folder
}

test('a folder of 16 GB takes less than a second, the start of the program included', async () => {
  const folder = await sparseFolder()
  // The best of three: other work on the machine is not what is asked about.
  const tookMs: number[] = []
  let stdout = ''
  for (let i = 0; i < 3; i++) {
    const startMs = performance.now()
    const result = await tunediff(['inspect', folder, '--json'], { cache: scratch })
    tookMs.push(performance.now() - startMs)
    expect(result.code).toBe(0)
    stdout = result.stdout
  }
  const { model } = JSON.parse(stdout) as Awaited<ReturnType<typeof inspect>>
  expect(model).toMatchObject({ tensors: 291, files: 4, parameters: { total: 8_030_261_248 } })
  expect(model!.bytes).toBeGreaterThan(15e9)
  expect(Math.min(...tookMs)).toBeLessThan(1000)
})

test('what cannot be inspected ends with a hint', async () => {
  const { code, stderr } = await tunediff(['inspect', join(scratch, 'nothing')], { cache: scratch })
  expect(code).toBe(2)
  expect(stderr).toContain('does not exist')
  const text = await tunediff(['inspect', fixture('base'), '--md'], { cache: scratch })
  expect(text.stdout).toContain('| licence | apache-2.0 (README.md) |')
})

test('real models are what their cards say', async ({ skip }) => {
  const [smollm2, gemma3] = [realModel('smollm2'), realModel('gemma3')]
  if (!smollm2 || !gemma3) return skip('the real models cannot be had here')
  const small = await inspect(smollm2)
  expect(small).toMatchObject({
    model: {
      modelType: 'llama',
      tensors: 272,
      widths: { layers: 30, hidden: 576, context: 8192 },
      isTied: true,
    },
    tokenizer: { size: 49_152 },
    licence: [{ value: 'apache-2.0' }],
    specialTokens: { eos_token: '<|im_end|>' },
    ends: { ids: [2] },
    leftOut: [],
  })
  expect(small.model!.parameters).toEqual({
    total: 134_515_008,
    embedding: 28_311_552,
    withoutEmbedding: 106_203_456,
  })
  expect(small.model!.dtypes.map(({ dtype, tensors }) => [dtype, tensors])).toEqual([
    ['Q4_1', 210],
    ['Q8_0', 1],
    ['F32', 61],
  ])
  expect(await inspect(gemma3)).toMatchObject({
    model: { modelType: 'gemma3_text', tensors: 236, parameters: { total: 268_098_176 }, isTied: true },
    tokenizer: { size: 262_144 },
    licence: [{ value: 'gemma' }],
    chatTemplates: [],
    ends: { ids: [1] },
  })
})
