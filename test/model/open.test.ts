// A MODEL as a user writes it, opened: base, adapter, variant, quantised on load, and what is refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openAdapter, openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { matrixShape } from '../../src/model/shape.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { Model, TensorSource } from '../../src/model/tensor.ts'
import { UserError } from '../../src/util/errors.ts'
import { bf16, f32, type WrittenTensor, writeSafetensors, zeros } from './writeSafetensors.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-open-'))
afterAll(() => {
  closeFiles()
  rmSync(root, { recursive: true })
})
let made = 0
const q = 'model.layers.0.self_attn.q_proj'

function baseFolder(
  extra: Record<string, WrittenTensor> = {},
  config: unknown = { model_type: 'llama' },
): string {
  const folder = join(root, `base-${made++}`)
  writeSafetensors(join(folder, 'model.safetensors'), {
    'model.embed_tokens.weight': bf16([3, 64]),
    [`${q}.weight`]: f32([2, 64]),
    'model.norm.weight': f32([64]),
    ...extra,
  })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  for (const name of ['tokenizer.json', 'generation_config.json', 'LICENSE', 'notes.txt']) {
    writeFileSync(join(folder, name), '{}')
  }
  return folder
}

/** A LoRA of rank 1 and scale 2: delta[out][in] = 2 * (out + 1) * in. */
function loraFolder(base: string | null, { module = q, outputs = 2, at = `lora-${made++}` } = {}): string {
  const folder = join(root, at)
  writeSafetensors(join(folder, 'adapter_model.safetensors'), {
    [`base_model.model.${module}.lora_A.weight`]: f32([1, 64]),
    [`base_model.model.${module}.lora_B.weight`]: f32([outputs, 1], undefined, 1),
  })
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({
      peft_type: 'LORA',
      r: 1,
      lora_alpha: 2,
      target_modules: [module.split('.').at(-1)],
      base_model_name_or_path: base,
    }),
  )
  return folder
}

function valuesOf(model: Model, name: string): number[] {
  const { source, shape } = model.tensors.get(name)!
  return [...readValues(source, 0, matrixShape(shape).rows)]
}
const refused = async (spec: string, options = {}): Promise<UserError> => {
  const error = await openModel(spec, options).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UserError)
  return error as UserError
}
/** W + delta of loraFolder on q of baseFolder. */
const adapted = Array.from({ length: 128 }, (_, i) => i + 2 * (Math.floor(i / 64) + 1) * (i % 64))

test('a folder: tensors, config, and files with their roles', async () => {
  const folder = baseFolder({ ids: zeros('I64', [2], 16) })
  const model = await openModel(folder)
  expect(model).toMatchObject({
    spec: folder,
    format: 'safetensors',
    adapters: [],
    config: { model_type: 'llama' },
  })
  expect(model.name).toBe(folder.split('/').at(-1))
  expect([...model.tensors.keys()]).toEqual(['model.embed_tokens.weight', `${q}.weight`, 'model.norm.weight'])
  expect(model.leftOut).toEqual([{ name: 'ids', reason: 'element type I64 is not read' }])
  expect(model.files.map(({ name, role }) => [name, role])).toEqual([
    ['LICENSE', 'other'],
    ['config.json', 'config'],
    ['generation_config.json', 'config'],
    ['model.safetensors', 'weights'],
    ['tokenizer.json', 'tokenizer'],
  ])
  expect(valuesOf(model, `${q}.weight`)).toEqual(Array.from({ length: 128 }, (_, i) => i))
})

test('base and adapter, an adapter alone with --base, and one that names its base: the same weights', async () => {
  const base = baseFolder()
  const lora = loraFolder(base)
  for (const [spec, options] of [
    [`${base}+${lora}`, {}],
    [lora, { base }],
    [lora, {}],
  ] as const) {
    const model = await openModel(spec, options)
    expect(valuesOf(model, `${q}.weight`)).toEqual(adapted)
    expect(valuesOf(model, 'model.norm.weight')).toEqual(Array.from({ length: 64 }, (_, i) => i))
    expect(model.adapters.map(({ folder }) => folder)).toEqual([lora])
    expect(model.files.map(({ role }) => role)).toContain('adapter')
  }
})

test('two adapters add up, the first innermost', async () => {
  const base = baseFolder()
  const [first, second] = [loraFolder(null), loraFolder(null)]
  const model = await openModel(`${base}+${first}+${second}`)
  expect(valuesOf(model, `${q}.weight`)).toEqual(adapted.map((value, i) => 2 * value - i))
  expect(model.adapters.map(({ folder }) => folder)).toEqual([first, second])
})

/** A GGUF file of one F32 tensor under a llama.cpp name, its dimensions fastest first. */
function ggufFile(): string {
  const path = join(root, `base-${made++}.gguf`)
  const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer)
  const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
  const text = (value: string): Buffer => Buffer.concat([u64(value.length), Buffer.from(value)])
  const header = Buffer.concat([
    ...[Buffer.from('GGUF'), u32(3), u64(1), u64(1)],
    ...[text('general.architecture'), u32(8), text('llama')],
    ...[text('blk.0.attn_output.weight'), u32(2), u64(64), u64(2), u32(0), u64(0)],
  ])
  const padding = Buffer.alloc((32 - (header.length % 32)) % 32)
  writeFileSync(path, Buffer.concat([header, padding, f32([2, 64]).bytes]))
  return path
}

test('a GGUF file, and an adapter of the same model in Hugging Face names on it', async () => {
  const path = ggufFile()
  const name = 'model.layers.0.self_attn.o_proj.weight'
  const base = await openModel(path)
  expect(base).toMatchObject({
    format: 'gguf',
    name: path.split('/').at(-1),
    config: { model_type: 'llama' },
  })
  expect([...base.tensors.keys()]).toEqual([name])
  expect(base.files).toMatchObject([{ path, role: 'weights' }])
  const lora = loraFolder(null, { module: name.replace('.weight', '') })
  expect(valuesOf(await openModel(`${path}+${lora}`), name)).toEqual(adapted)
})

test('a variant folder is a model by its path and is called as the folder is', async () => {
  const base = baseFolder()
  const variant = join(root, 'my-variant')
  loraFolder(base, { at: 'my-variant/adapter' })
  writeFileSync(join(variant, 'variant.json'), '{}')
  const model = await openModel(variant)
  expect(model.name).toBe('my-variant')
  expect(valuesOf(model, `${q}.weight`)).toEqual(adapted)
  expect((await openModel(`${base}+${variant}`)).adapters).toHaveLength(1)
  expect((await openAdapter(variant)).folder).toBe(join(variant, 'adapter'))
  writeSafetensors(join(root, 'merged', 'model', 'model.safetensors'), { w: f32([2]) })
  writeFileSync(join(root, 'merged', 'variant.json'), '{}')
  expect((await openModel(join(root, 'merged'))).name).toBe('merged')
})

const kinds = (source: TensorSource): string[] =>
  source.kind === 'stored' ? ['stored'] : [source.kind, ...kinds(source.of)]

test('nf4: quantises linear weights under the adapter, and nothing else', async () => {
  const base = baseFolder({ 'lm_head.weight': f32([3, 64]), 'model.layers.0.mlp.experts': f32([2, 2, 64]) })
  const model = await openModel(`nf4:${base}+${loraFolder(null)}`)
  expect(model.quantised).toBe('NF4')
  const wrapped = Object.fromEntries([...model.tensors].map(([name, { source }]) => [name, kinds(source)]))
  expect(wrapped).toEqual({
    'model.embed_tokens.weight': ['stored'],
    [`${q}.weight`]: ['lora', 'quantised', 'stored'],
    'model.norm.weight': ['stored'],
    'lm_head.weight': ['stored'],
    'model.layers.0.mlp.experts': ['stored'],
  })
  const alone = await openModel(`nf4dq:${loraFolder(base)}`)
  expect(alone.quantised).toBe('NF4_DQ')
  expect(kinds(alone.tensors.get(`${q}.weight`)!.source)).toEqual(['lora', 'quantised', 'stored'])
  const gpt2 = await refused(`nf4:${baseFolder({}, { model_type: 'gpt2' })}`)
  expect(gpt2.message).toMatch(/not done for models of type gpt2/)
})

test('an adapter of the output layer starts from the embedding where the files hold one tensor for both', async () => {
  const model = await openModel(`${baseFolder()}+${loraFolder(null, { module: 'lm_head', outputs: 3 })}`)
  const embedding = valuesOf(model, 'model.embed_tokens.weight')
  expect(embedding).toEqual(Array.from({ length: 192 }, (_, i) => i))
  expect(valuesOf(model, 'lm_head.weight').slice(0, 3)).toEqual([0, 3, 6])
})

test('an adapter of another model, of a tensor that is left out, or without base is refused', async () => {
  const base = baseFolder({ 'k_proj.weight': zeros('I32', [2, 64], 512) })
  const other = await refused(
    `${base}+${loraFolder('org/other', { module: 'model.layers.9.self_attn.q_proj' })}`,
  )
  expect(other.message).toMatch(/changes model.layers.9.self_attn.q_proj.weight, which is not in base-\d+/)
  expect(other.hint).toMatch(/made for org\/other/)
  const left = await refused(`${base}+${loraFolder(null, { module: 'k_proj' })}`)
  expect(left.message).toMatch(/k_proj.weight, which is left out of base-\d+: element type I32 is not read/)
  expect((await refused(loraFolder(null))).message).toMatch(/does not say which base it belongs to/)
  expect((await refused(loraFolder('/nowhere/at/all'))).message).toMatch(
    /names \/nowhere\/at\/all as its base/,
  )
  expect((await refused(`${base}+${loraFolder(null, { outputs: 3 })}`)).message).toMatch(/q_proj/)
})

test('adapters that name each other as base end', async () => {
  const a = loraFolder(join(root, 'circle-b'), { at: 'circle-a' })
  loraFolder(a, { at: 'circle-b' })
  expect((await refused(a)).message).toMatch(/its base is an adapter, and so on 4 deep/)
})

test('what has no weights here is refused', async () => {
  const run = join(root, 'run')
  mkdirSync(run)
  writeFileSync(join(run, 'run.json'), '{}')
  for (const spec of [run, `run:${run}`, 'http://localhost:1/v1#m']) {
    expect((await refused(spec)).message).toMatch(/its weights are not here/)
  }
  const base = baseFolder()
  const twice = await openAdapter(base).catch((caught: unknown) => caught)
  expect((twice as UserError).message).toMatch(/is a model, wanted is an adapter/)
  expect((await refused(`${base}+${base}`)).message).toMatch(/is not an adapter folder/)
})

test('packed weights are named; a damaged config too', async () => {
  const packed = baseFolder({ 'a.qweight': zeros('I32', [2, 2], 16), 'a.g_idx': zeros('I32', [4], 16) })
  expect((await refused(packed)).message).toMatch(/GPTQ weights \(a.qweight\), a layout that is not read yet/)
  const folder = baseFolder()
  writeFileSync(join(folder, 'config.json'), '{"a":1,"a":2}')
  expect((await refused(folder)).message).toMatch(/config.json: the key "a" stands twice/)
  writeFileSync(join(folder, 'config.json'), '[]')
  expect((await refused(folder)).message).toMatch(/config.json: no JSON object/)
})
