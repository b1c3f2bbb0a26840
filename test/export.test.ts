// `tunediff export`: what is written for a variant folder and for any MODEL, its lineage, and what is refused.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { exportCommand } from '../src/cli/export.ts'
import { identityOf } from '../src/model/identity.ts'
import { openModel } from '../src/model/open.ts'
import { readValues } from '../src/model/rows.ts'
import { type TensorToWrite, writeSafetensors } from '../src/model/safetensorsWriter.ts'
import { closeFiles } from '../src/model/stored.ts'
import { fidelitySentence } from '../src/report/export.ts'
import { mergedVariantSchema } from '../src/schema/export.ts'
import { type Recipe, recipeSchema, type Variant } from '../src/schema/training.ts'
import { exportVariant } from '../src/study/exportVariant.ts'
import { runningSpec } from '../src/study/runningSpec.ts'
import { exportAdapter } from '../src/train/export/adapter.ts'
import { exportFull } from '../src/train/export/full.ts'
import { exportMerged } from '../src/train/export/merged.ts'
import { chooseTargets } from '../src/train/export/targets.ts'
import { root } from './support/cli.ts'
import { TinyModels } from './support/engine.ts'
import { trainedCase } from './support/exportedCases.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
const models = new TinyModels()
process.env.TUNEDIFF_CACHE = tiny.path('cache')
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
  models[Symbol.dispose]()
})
afterEach(() => {
  process.exitCode = undefined
  vi.restoreAllMocks()
})

const base = tiny.model('qwen2')
const adapter = tiny.adapter('lora')

/** A variant folder as `train` leaves it, with an adapter in it. */
async function variantFolder(
  name: string,
  recipe: Partial<Recipe>,
  on = base,
  from = adapter,
): Promise<string> {
  const folder = tiny.path(name)
  mkdirSync(folder)
  cpSync(from, join(folder, 'adapter'), { recursive: true })
  const variant: Variant = {
    schema: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    recipe: recipeSchema.parse(recipe),
    base: { spec: on, identity: await identityOf(await openModel(on)), note: null },
    data: { path: 'd.jsonl', identity: '0', examples: 1, heldOut: 0, cut: 0, trainedTokens: 9 },
    seed: 7,
    trainer: 'embedded',
    versions: {},
    cost: null,
  }
  writeFileSync(join(folder, 'variant.json'), JSON.stringify(variant))
  return folder
}

test('a variant folder is merged: a model beside its lineage, itself a MODEL', async () => {
  const variant = await variantFolder('seed-7', { method: 'lora' })
  const output = tiny.path('merged')
  const report = await exportVariant({ variant, output, isMerged: true, threads: 1 })
  expect(report).toMatchObject({ folder: join(output, 'model'), dtypes: ['BF16'], notes: [] })
  expect(report.fidelity).toMatchObject({ verdict: 'faithful', tokens: 512 })
  expect(readdirSync(join(output, 'model')).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
  ])
  const lineage = mergedVariantSchema.parse(JSON.parse(readFileSync(join(output, 'variant.json'), 'utf8')))
  expect(lineage).toMatchObject({
    recipe: { method: 'merged', dtypes: ['BF16'], quantised: null, adapters: [join(variant, 'adapter')] },
    base: { spec: base, identity: await identityOf(await openModel(base)), note: null },
    variant: { lineage: { seed: 7, recipe: { method: 'lora' } } },
    fidelity: report.fidelity,
  })
  expect((await openModel(output)).name).toBe('merged')
  expect(await runningSpec(output)).toEqual({ spec: output, lineage: null })
})

test('a 4-bit variant folder runs on its quantised base, and its merge says what it is', async () => {
  const wide = tiny.model('nf4')
  const golden = await trainedCase('qlora-double', models)
  const folder = tiny.path('nf4-adapter')
  await exportAdapter({ ...golden, folder, baseName: wide })
  const variant = await variantFolder('qlora', { method: 'qlora', doubleQuantisation: true }, wide, folder)
  expect((await runningSpec(variant)).spec).toBe(`nf4dq:${wide}+${variant}`)
  const output = tiny.path('qlora-merged')
  const report = await exportVariant({ variant, output, isMerged: true, threads: 1 })
  expect(report.fidelity).toMatchObject({ verdict: 'faithful' })
  expect(report.dtypes).toEqual(['F16'])
  expect(report.notes.join()).toMatch(/merged into the dequantised NF4_DQ weights of the base/)
  const { recipe, base: from } = JSON.parse(readFileSync(join(output, 'variant.json'), 'utf8'))
  expect(recipe.quantised).toBe('NF4_DQ')
  expect(from).toEqual({ spec: wide, identity: await identityOf(await openModel(wide)), note: null })
})

test('a 4-bit variant whose base was named as it was trained on is exported alike', async () => {
  const wide = tiny.model('nf4', 'nf4-named')
  const golden = await trainedCase('qlora', models)
  const folder = tiny.path('nf4-named-adapter')
  await exportAdapter({ ...golden, folder, baseName: wide })
  const variant = await variantFolder('qlora-named', { method: 'qlora' }, `nf4:${wide}`, folder)
  const output = tiny.path('qlora-named-merged')
  const report = await exportVariant({ variant, output, isMerged: true, threads: 1 })
  expect(report.fidelity).toMatchObject({ verdict: 'faithful' })
  const { base: from } = mergedVariantSchema.parse(
    JSON.parse(readFileSync(join(output, 'variant.json'), 'utf8')),
  )
  expect(from).toEqual({ spec: wide, identity: await identityOf(await openModel(wide)), note: null })
  writeFileSync(join(wide, 'generation_config.json'), '{}')
  const again = exportVariant({ variant, output: tiny.path('qlora-changed'), isMerged: true, threads: 1 })
  await expect(again).rejects.toMatchObject({
    message: expect.stringContaining(`and those of ${wide} are `),
    hint: expect.stringMatching(/--base MODEL; if it is that one, its files have changed since/),
  })
})

test('an adapter alone is exported as it is, and checked', async () => {
  const output = tiny.path('adapter-out')
  const variant = await variantFolder('seed-8', { method: 'lora' })
  const report = await exportVariant({ variant, output, isMerged: false, threads: 1 })
  expect(report.fidelity).toMatchObject({ verdict: 'faithful', kl: 0 })
  for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
    expect(readFileSync(join(output, name))).toEqual(readFileSync(join(adapter, name)))
})

test('a GGUF base is merged without a tokenizer, and that is said; what cannot be checked is said too', async () => {
  const variant = join(root, 'test/goldens/gguf/rotary.gguf')
  const report = await exportVariant({ variant, output: tiny.path('gguf'), isMerged: true, threads: 1 })
  expect(report.notes.join()).toMatch(/no tokenizer\.json/)
  expect(report.fidelity).toMatchObject({ absent: expect.stringMatching(/tokenizer/) })
  expect(fidelitySentence(report.fidelity)).toMatch(/^Not checked against the running variant/)
})

test('tokenizer, generation config, chat template and licence go along; a quantisation and a README do not', async () => {
  const from = tiny.model('llama-untied', 'files')
  for (const name of ['generation_config.json', 'tokenizer_config.json', 'special_tokens_map.json'])
    writeFileSync(join(from, name), '{}')
  for (const name of ['chat_template.jinja', 'LICENSE', 'README.md']) writeFileSync(join(from, name), name)
  const path = join(from, 'config.json')
  const config = JSON.parse(readFileSync(path, 'utf8'))
  const { dtype: _, ...older } = config
  writeFileSync(path, JSON.stringify({ ...older, torch_dtype: 'float16', quantization_config: { bits: 4 } }))
  const folder = tiny.path('files-out')
  await exportMerged({ model: await openModel(from), folder, dtype: 'BF16' })
  expect(readdirSync(folder).sort()).toEqual([
    'LICENSE',
    'chat_template.jinja',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  const written = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  expect(written).toEqual({ ...older, torch_dtype: 'bfloat16' })
})

test('refused: a folder that is taken, another base, a type without --merged, no adapter', async () => {
  const refusal = async (options: Partial<Parameters<typeof exportVariant>[0]>): Promise<string> =>
    exportVariant({
      variant: `${base}+${adapter}`,
      output: tiny.path('new'),
      isMerged: false,
      ...options,
    }).then(
      () => 'not refused',
      (error: Error) => error.message,
    )
  expect(await refusal({ output: base, isMerged: true })).toMatch(
    /holds config\.json, model\.safetensors, .* already/,
  )
  expect(await refusal({ dtype: 'F16' })).toMatch(/in the type that it has/)
  expect(await refusal({ variant: base })).toMatch(/has no adapter, and one is exported/)
  const variant = await variantFolder('seed-9', { method: 'lora' })
  const other = tiny.model('qwen2', 'other')
  writeFileSync(join(other, 'generation_config.json'), '{}')
  expect(await refusal({ variant, base: other })).toMatch(/was trained on .* with contents [0-9a-f]{8}/)
  expect(existsSync(tiny.path('new'))).toBe(false)
})

test('exit codes: 0 where the files are the variant, 3 where that cannot be told', async () => {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const output = tiny.path('by-command')
  const run = (...args: string[]) => exportCommand().parseAsync(args, { from: 'user' })
  await run(`${base}+${adapter}`, '--merged', '--dtype', 'fp32', '-o', output, '--threads', '1', '--json')
  expect(process.exitCode).toBe(0)
  expect(JSON.parse(String(printed.mock.calls[0]![0]))).toMatchObject({
    dtypes: ['F32'],
    fidelity: { verdict: 'faithful', zero: 0 },
  })
  await run(join(root, 'test/goldens/gguf/tiny.gguf'), '--merged', '-o', tiny.path('by-command-2'))
  expect(process.exitCode).toBe(3)
})

test('sentences name the number, its line and what follows', () => {
  const found = {
    tokens: 512,
    kl: 2.04e-6,
    zero: 1.5e-6,
    limit: 1.5e-5,
    moved: 0.2,
    verdict: 'faithful' as const,
  }
  expect(fidelitySentence(found)).toBe(
    'The files are the variant: KL 0.0000020 nats a token over 512 tokens; rounding to the same types gives 0.0000015, at most 0.000015 is let through.',
  )
  expect(fidelitySentence({ ...found, kl: null, verdict: 'broken' })).toMatch(
    /^The files are not the variant: KL is infinite/,
  )
  expect(fidelitySentence({ ...found, moved: 1e-7, verdict: 'cannot-tell' })).toMatch(/^Cannot tell/)
})

test('the second copy of a tied embedding does not outlive the training of the first', async () => {
  const from = tiny.path('twice')
  mkdirSync(from)
  cpSync(join(base, 'config.json'), join(from, 'config.json'))
  const { tensors } = await openModel(base)
  const whole = [...tensors.values()].map(({ name, shape, source }): TensorToWrite => {
    return { name, shape, dtype: 'F32', rows: (start, end) => readValues(source, start, end) }
  })
  const embedding = whole.find(({ name }) => name === 'model.embed_tokens.weight')!
  await writeSafetensors(join(from, 'model.safetensors'), [
    ...whole,
    { ...embedding, name: 'lm_head.weight' },
  ])
  const [rows, columns] = embedding.shape as [number, number]
  const values = new Float32Array(rows * columns).fill(0.5)
  const folder = tiny.path('once')
  const trained = [{ name: 'embedding', shape: [rows, columns], values }]
  await exportFull({ base: await openModel(from), trained, folder })
  const written = (await openModel(folder)).tensors
  expect(written.has('lm_head.weight')).toBe(false)
  expect(readValues(written.get('model.embed_tokens.weight')!.source, 0, rows)).toEqual(values)
})

const names = (layers: number, modules: readonly string[]): string[] =>
  Array.from({ length: layers }, (_, i) => modules.map((name) => `model.layers.${i}.${name}`)).flat()

test('modules are named by their ends where that says exactly what was trained', () => {
  const modules = ['self_attn.q_proj', 'mlp.up_proj']
  const tensors = [...names(12, modules), 'lm_head'].map((name) => `${name}.weight`)
  const whole = { layers_to_transform: null, layers_pattern: null }
  expect(chooseTargets(names(12, modules), tensors)).toEqual({
    target_modules: ['q_proj', 'up_proj'],
    ...whole,
  })
  const some = names(12, modules).filter((name) => /layers\.(1|10)\./.test(name))
  expect(chooseTargets(some, tensors)).toEqual({
    target_modules: ['q_proj', 'up_proj'],
    layers_to_transform: [1, 10],
    layers_pattern: 'layers',
  })
  const uneven = [...some, 'model.layers.3.mlp.up_proj']
  expect(chooseTargets(uneven, tensors)).toEqual({ target_modules: [...uneven].sort(), ...whole })
  const vision = [...tensors, 'vision_tower.layers.0.self_attn.q_proj.weight']
  expect(chooseTargets(['model.layers.0.self_attn.q_proj'], vision).target_modules).toEqual([
    'model.layers.0.self_attn.q_proj',
  ])
})
