// The check that exported files are the running variant: what it lets through, and exports that were broken on purpose.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { checkFidelity, FLOOR_KL, MOST_TIMES, roundedAs } from '../src/measure/fidelity.ts'
import { openModel } from '../src/model/open.ts'
import { readValues } from '../src/model/rows.ts'
import { readSafetensorsHeader } from '../src/model/safetensors.ts'
import { type TensorToWrite, writeSafetensors } from '../src/model/safetensorsWriter.ts'
import { matrixShape } from '../src/model/shape.ts'
import { closeFiles } from '../src/model/stored.ts'
import type { FloatType, Model } from '../src/model/tensor.ts'
import type { Fidelity } from '../src/schema/export.ts'
import { exportMerged } from '../src/train/export/merged.ts'
import { isSoak } from './support/soak.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const base = tiny.model('qwen2')
const [lora, dora] = [tiny.adapter('lora'), tiny.adapter('dora')]

async function check(spec: string, exported: Model): Promise<Fidelity> {
  const variant = await openModel(spec)
  const bare = await openModel(spec, { isBare: true })
  return checkFidelity({ variant, exported, base: bare, tokens: 100, threads: 1 })
}

/** Merges, lets `change` at the folder, and opens it. */
async function merged(
  spec: string,
  { name, dtype, change }: { name: string; dtype: FloatType; change?: (folder: string) => Promise<void> },
): Promise<Model> {
  const folder = tiny.path(name)
  await exportMerged({ model: await openModel(spec), folder, dtype })
  await change?.(folder)
  return openModel(folder)
}

test.each([
  ['F32', lora],
  ['BF16', dora],
  ...(isSoak
    ? ([
        ['BF16', lora],
        ['F16', lora],
      ] as const)
    : []),
] as const)('a merged model in %s is let through', async (dtype, adapter) => {
  const spec = `${base}+${adapter}`
  const found = await check(spec, await merged(spec, { name: `whole-${dtype}-${adapter === dora}`, dtype }))
  expect(found).toMatchObject({ verdict: 'faithful', tokens: 100 })
  expect(found.kl!).toBeLessThan(found.limit)
  expect(found.moved!).toBeGreaterThan(100 * found.limit)
  expect(found.limit).toBe(MOST_TIMES * Math.max(found.zero, FLOOR_KL))
  if (dtype === 'F32') expect(found.zero).toBe(0)
  // The line is that of this rounding, not of another: within a factor of what was found.
  else expect(found.kl! / found.zero).toBeGreaterThan(0.1)
})

test.each(isSoak ? (['F32', 'BF16'] as const) : (['BF16'] as const))(
  'two matrices that changed places in %s are refused',
  async (dtype) => {
    const spec = `${base}+${lora}`
    const exported = await merged(spec, {
      name: `swapped-${dtype}`,
      dtype,
      change: (folder) =>
        swap(folder, 'model.layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.gate_proj.weight'),
    })
    expect(await check(spec, exported)).toMatchObject({ verdict: 'broken' })
  },
)

/** Writes the file again with two tensors under each other's names. */
async function swap(folder: string, one: string, other: string): Promise<void> {
  const path = join(folder, 'model.safetensors')
  const { tensors } = await readSafetensorsHeader(path)
  const names = new Map([
    [one, other],
    [other, one],
  ])
  const swapped = [...tensors].map(([name, source]): TensorToWrite => {
    const values = readValues(source, 0, matrixShape(source.shape).rows)
    const { columns } = matrixShape(source.shape)
    return {
      name: names.get(name) ?? name,
      dtype: source.dtype as FloatType,
      shape: source.shape,
      rows: (start, end) => values.subarray(start * columns, end * columns),
    }
  })
  closeFiles()
  await writeSafetensors(path, swapped)
}

test.each(isSoak ? [lora, dora] : [lora])(
  'an adapter that is as it was is let through, one with another alpha is not',
  async (adapter) => {
    const spec = `${base}+${adapter}`
    const copy = tiny.path(`copy-${adapter === dora}`)
    cpSync(adapter, copy, { recursive: true })
    expect(await check(spec, await openModel(`${base}+${copy}`))).toMatchObject({
      verdict: 'faithful',
      kl: 0,
      zero: 0,
    })
    const path = join(copy, 'adapter_config.json')
    const config = JSON.parse(readFileSync(path, 'utf8')) as { lora_alpha: number }
    writeFileSync(path, JSON.stringify({ ...config, lora_alpha: config.lora_alpha * 1.01 }))
    expect(await check(spec, await openModel(`${base}+${copy}`))).toMatchObject({ verdict: 'broken' })
  },
)

test('a merge with another alpha is refused', async () => {
  const copy = tiny.path('alpha')
  cpSync(lora, copy, { recursive: true })
  const path = join(copy, 'adapter_config.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as { lora_alpha: number }
  writeFileSync(path, JSON.stringify({ ...config, lora_alpha: config.lora_alpha / 2 }))
  const exported = await merged(`${base}+${copy}`, { name: 'wrong-alpha', dtype: 'BF16' })
  expect(await check(`${base}+${lora}`, exported)).toMatchObject({ verdict: 'broken' })
})

test('a 4-bit LoRA that is merged into the weights of the files is refused, into those in 4 bits not', async () => {
  const wide = tiny.model('nf4')
  const adapter = tiny.path('wide-lora')
  await randomAdapter(wide, adapter)
  const spec = `nf4:${wide}+${adapter}`
  const right = await merged(spec, { name: 'nf4-right', dtype: 'F16' })
  expect(await check(spec, right)).toMatchObject({ verdict: 'faithful' })
  const wrong = await merged(`${wide}+${adapter}`, { name: 'nf4-wrong', dtype: 'F16' })
  expect(await check(spec, wrong)).toMatchObject({ verdict: 'broken' })
})

test('an adapter whose effect is smaller than rounding cannot be told', async () => {
  const adapter = tiny.path('weak-lora')
  await randomAdapter(base, adapter, 1e-6)
  const spec = `${base}+${adapter}`
  expect(await check(spec, await merged(spec, { name: 'weak', dtype: 'BF16' }))).toMatchObject({
    verdict: 'cannot-tell',
  })
})

test('a variant far from its base is let through: its line is its own rounding', async () => {
  const adapter = tiny.path('far-lora')
  await randomAdapter(base, adapter, 100)
  const spec = `${base}+${adapter}`
  const found = await check(spec, await merged(spec, { name: 'far', dtype: 'BF16' }))
  expect(found).toMatchObject({ verdict: 'faithful' })
  expect(found.kl! / found.zero).toBeCloseTo(1, 1)
  const other = tiny.path('far-other')
  await randomAdapter(base, other, 90)
  const wrong = await merged(`${base}+${other}`, { name: 'far-wrong', dtype: 'BF16' })
  expect(await check(spec, wrong)).toMatchObject({ verdict: 'broken' })
})

test('without adapters the line is the export itself', async () => {
  const found = await check(base, await merged(base, { name: 'plain', dtype: 'F16' }))
  expect(found).toMatchObject({ verdict: 'faithful', moved: null })
  expect(found.kl!).toBe(found.zero)
})

/** A LoRA of rank 2 on q_proj and down_proj of the first layer. */
async function randomAdapter(model: string, folder: string, size = 1): Promise<void> {
  const { tensors } = await openModel(model)
  const written = ['self_attn.q_proj', 'mlp.down_proj'].flatMap((name, m) => {
    const module = `model.layers.0.${name}`
    const [rows, columns] = tensors.get(`${module}.weight`)!.shape as [number, number]
    const factor = (end: string, shape: readonly [number, number], scale: number): TensorToWrite => ({
      name: `base_model.model.${module}.${end}.weight`,
      dtype: 'F32',
      shape,
      rows: (start, stop) =>
        Float32Array.from(
          { length: (stop - start) * shape[1] },
          (_, i) => scale * Math.sin(i * 1.7 + m + shape[0]),
        ),
    })
    return [factor('lora_A', [2, columns], 0.2), factor('lora_B', [rows, 2], 0.2 * size)]
  })
  cpSync(lora, folder, { recursive: true })
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), written)
}

test('numbers that lie on the grid of the type are moved within half a spacing, others rounded', async () => {
  const spec = `${base}+${lora}`
  const [bare, variant] = [await openModel(spec, { isBare: true }), await openModel(spec)]
  const exported = await merged(spec, { name: 'line', dtype: 'BF16' })
  const rounded = roundedAs({ model: bare, base: bare, variant, exported })!
  const name = 'model.layers.0.mlp.up_proj.weight'
  const values = (model: Model): Float32Array => readValues(model.tensors.get(name)!.source, 0, 48)
  const [before, after] = [values(bare), values(rounded)]
  const steps = [...before].map(
    (value, i) => (after[i]! - value) / 2 ** (Math.floor(Math.log2(Math.abs(value))) - 7),
  )
  expect(Math.max(...steps.map(Math.abs))).toBeLessThanOrEqual(0.5)
  const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length
  const square = steps.reduce((sum, step) => sum + step * step, 0) / steps.length
  expect(Math.abs(mean)).toBeLessThan(0.03)
  expect(square).toBeCloseTo(1 / 12, 2)
  const untouched = 'model.norm.weight'
  expect(rounded.tensors.get(untouched)).toEqual(bare.tensors.get(untouched))
  expect(readValues(rounded.tensors.get(name)!.source, 5, 6)).toEqual(after.subarray(5 * 32, 6 * 32))
})
