// Is the adapter in the merged model? Merges written by the real peft (goldens/peft), and broken ones: what went wrong is
// named, and what cannot be told is never applied.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { AppliedReport } from '../src/measure/applied/types.ts'
import { checkApplied } from '../src/measure/applied.ts'
import { openModel } from '../src/model/open.ts'
import { matrixShape, readValues, shapeOf } from '../src/model/rows.ts'
import { readSafetensorsHeader } from '../src/model/safetensors.ts'
import { closeFiles } from '../src/model/stored.ts'
import type { Model, TensorSource } from '../src/model/tensor.ts'
import { appliedSentence } from '../src/report/applied.ts'
import { f32, type WrittenTensor, writeSafetensors } from './model/writeSafetensors.ts'
import { at, withAdapter } from './support/peftGoldens.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-applied-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true, force: true })
})

const CASES = [
  ...['lora', 'rslora', 'dora', 'ia3', 'patterns', 'layers', 'saved', 'embedding', 'embedding-dora'].map(
    (name) => ({ name, base: 'llama' }),
  ),
  ...['conv1d', 'conv1d-dora', 'conv1d-ia3', 'bias', 'bias-all', 'lora-bias'].map((name) => ({
    name,
    base: 'gpt2',
  })),
]

describe('every method, merged by peft in fp32', () => {
  test.each(CASES)('$name', async ({ name, base: baseName }) => {
    const base = await openModel(withAdapter(baseName, name), { isBare: true })
    const { tensors: changed } = await readSafetensorsHeader(join(at(name), 'merged.safetensors'))
    const tensors = new Map(
      [...base.tensors].map(([key, tensor]) => [
        key,
        { ...tensor, source: changed.get(key) ?? tensor.source },
      ]),
    )
    const report = checkApplied({ base, merged: { ...base, adapters: [], tensors } })
    expect(report.verdict).toBe('applied')
    expect(report.tensors.map((row) => row.tensor).sort()).toEqual([...changed.keys()].sort())
    for (const row of report.tensors) {
      // All but DoRA's norms, which PyTorch sums in an order of its own, is bit for bit what peft wrote.
      if (row.method.includes('dora')) expect(row.maxUlps).toBeLessThanOrEqual(4)
      else expect(row).toMatchObject({ status: 'exact', equalShare: 1 })
    }
    // Without the adapter the base is no merge.
    const copy = checkApplied({ base, merged: { ...base, adapters: [] } })
    expect(copy.verdict).toBe('not-applied')
    expect(new Set(copy.tensors.map((row) => row.status))).toEqual(new Set(['not-applied']))
  })
})

let written = 0

const values = (source: TensorSource): Float32Array =>
  readValues(source, 0, matrixShape(shapeOf(source)).rows)

/** A model in fp32 with the tensors of the base, some of them edited; an edit to null leaves the tensor out. */
async function edited(
  base: Model,
  edit: (name: string, values: Float32Array) => Float32Array | null,
  extra: Record<string, WrittenTensor> = {},
): Promise<Model> {
  const path = join(folder, `model-${written++}`)
  const tensors: Record<string, WrittenTensor> = { ...extra }
  for (const [name, tensor] of base.tensors) {
    const now = edit(name, values(tensor.source))
    if (now) tensors[name] = f32(tensor.shape, [...now])
  }
  writeSafetensors(join(path, 'model.safetensors'), tensors)
  cpSync(join(at('llama'), 'config.json'), join(path, 'config.json'))
  return openModel(path)
}

/** A copy of an adapter, its config and its tensors' names changed. */
function editedAdapter(name: string, change: Record<string, unknown>): string {
  const copy = join(folder, `adapter-${written++}`)
  cpSync(join(at(name), 'adapter'), copy, { recursive: true })
  const path = join(copy, 'adapter_config.json')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
  return copy
}

const Q = 'model.layers.0.self_attn.q_proj.weight'
const Q1 = 'model.layers.1.self_attn.q_proj.weight'

/** The delta of one tensor of lora/, by its two models in fp32. */
async function delta(
  name: string,
): Promise<{ base: Model; delta: Float64Array; factors: { a: Float32Array; b: Float32Array } }> {
  const base = await openModel(withAdapter('llama', 'lora'), { isBare: true })
  const merged = await openModel(at('applied/fp32'))
  const was = values(base.tensors.get(name)!.source)
  const difference = Float64Array.from(
    values(merged.tensors.get(name)!.source),
    (value, i) => value - was[i]!,
  )
  const { tensors } = await readSafetensorsHeader(join(at('lora'), 'adapter/adapter_model.safetensors'))
  const stem = `base_model.model.${name.replace(/\.weight$/, '')}`
  const factors = {
    a: values(tensors.get(`${stem}.lora_A.weight`)!),
    b: values(tensors.get(`${stem}.lora_B.weight`)!),
  }
  return { base, delta: difference, factors }
}

const plus = (was: Float32Array, by: (i: number) => number): Float32Array =>
  was.map((value, i) => value + by(i))

async function checkQ(
  change: (was: Float32Array) => Float32Array,
  base: Model,
): Promise<AppliedReport['tensors'][number]> {
  const merged = await edited(base, (name, was) => (name === Q ? change(was) : was))
  const report = checkApplied({ base, merged })
  expect(report.verdict).toBe('not-applied')
  return report.tensors.find(({ tensor }) => tensor === Q)!
}

describe('what went wrong is named', () => {
  test.each([
    [2, /\(applied twice, or as rsLoRA/],
    [-1, /taken away/],
    [1 / 3, /the factors without their scale/],
    [0.7, /strength 0\.70$/],
    [4, /\(alpha was not divided by the rank\)/],
  ])('strength %d', async (strength, says) => {
    const { base, delta: d } = await delta(Q)
    const row = await checkQ((was) => plus(was, (i) => strength * d[i]!), base)
    expect(row.status).toBe('other-strength')
    expect(row.note).toMatch(says)
    expect(row.strength).toBeCloseTo(strength, 3)
  })

  test('rsLoRA that was merged as LoRA, and LoRA as rsLoRA', async () => {
    for (const [adapter, config, says] of [
      ['rslora', { use_rslora: false }, /as rsLoRA, which the config does not say/],
      ['lora', { use_rslora: true }, /as LoRA: use_rslora was not heeded/],
    ] as const) {
      const base = await openModel(`${at('llama')}+${editedAdapter(adapter, config)}`, { isBare: true })
      const { tensors: changed } = await readSafetensorsHeader(join(at(adapter), 'merged.safetensors'))
      const merged = await edited(base, (name, was) => (changed.has(name) ? values(changed.get(name)!) : was))
      const report = checkApplied({ base, merged })
      expect(report.verdict).toBe('not-applied')
      for (const row of report.tensors) expect(row.note).toMatch(says)
    }
  })

  test('a factor that was read with its dimensions swapped', async () => {
    const { base, factors } = await delta(Q)
    const [rank, scale] = [4, 3]
    const product =
      (a: (k: number, j: number) => number, b: (i: number, k: number) => number) => (index: number) => {
        const [i, j] = [Math.floor(index / 32), index % 32]
        let sum = 0
        for (let k = 0; k < rank; k++) sum += b(i, k) * a(k, j)
        return scale * sum
      }
    const a = (k: number, j: number): number => factors.a[k * 32 + j]!
    const b = (i: number, k: number): number => factors.b[i * rank + k]!
    const misreadA = (k: number, j: number): number => factors.a[j * rank + k]!
    const misreadB = (i: number, k: number): number => factors.b[k * 32 + i]!
    for (const [by, says] of [
      [product(misreadA, b), /^factor A was read/],
      [product(a, misreadB), /^factor B was read/],
      [product(misreadA, misreadB), /^each factor was read/],
      [(i: number) => product(a, b)((i % 32) * 32 + Math.floor(i / 32)), /^the factors are swapped/],
    ] as const) {
      const row = await checkQ((was) => plus(was, by), base)
      expect(row.status).toBe('other-factors')
      expect(row.note).toMatch(says)
    }
  })

  test('factors of another layer', async () => {
    const { base } = await delta(Q)
    const { delta: other } = await delta(Q1)
    const row = await checkQ((was) => plus(was, (i) => other[i]!), base)
    expect(row).toMatchObject({ status: 'other-factors', note: `it holds the update of ${Q1}` })
  })

  test('something else on top, in one element', async () => {
    const { base, delta: d } = await delta(Q)
    const row = await checkQ((was) => plus(was, (i) => d[i]! + (i === 5 ? 0.01 : 0)), base)
    expect(row.status).toBe('altered')
    expect(row.equalShare).toBeLessThan(1)
  })

  test('DoRA without its magnitudes', async () => {
    const base = await openModel(withAdapter('llama', 'dora'), { isBare: true })
    const without = await openModel(`${at('llama')}+${editedAdapter('dora', { use_dora: false })}`)
    const merged = await edited(base, (name) => values(without.tensors.get(name)!.source))
    const report = checkApplied({ base, merged })
    expect(report.verdict).toBe('not-applied')
    for (const row of report.tensors) expect(row.note).toBe("DoRA's low-rank part without its magnitudes")
  })

  test('an element of a tensor that no adapter touches', async () => {
    const base = await openModel(withAdapter('llama', 'lora'), { isBare: true })
    const good = await openModel(at('applied/fp32'))
    const merged = await edited(good, (name, was) =>
      name === 'model.norm.weight' ? plus(was, (i) => (i === 3 ? 1e-3 : 0)) : was,
    )
    const report = checkApplied({ base, merged })
    expect(report.verdict).toBe('not-applied')
    expect(report.others.altered).toEqual([
      { tensor: 'model.norm.weight', equalShare: 31 / 32, roundsToBase: false },
    ])
    expect(appliedSentence(report)).toMatch(/^Not the merge: 6 of 6 .*model\.norm\.weight\.$/)
  })
})

describe('what cannot be told is never applied', () => {
  test('a tensor that the merged model lacks, or has besides', async () => {
    const base = await openModel(withAdapter('llama', 'lora'), { isBare: true })
    const good = await openModel(at('applied/fp32'))
    const lacks = checkApplied({ base, merged: await edited(good, (name, was) => (name === Q ? null : was)) })
    expect(lacks.verdict).toBe('cannot-tell')
    expect(lacks.unaccounted.map(({ name }) => name)).toEqual([Q])
    const norm = checkApplied({
      base,
      merged: await edited(good, (name, was) => (name === 'model.norm.weight' ? null : was)),
    })
    expect(norm).toMatchObject({ verdict: 'cannot-tell', others: { onlyBase: ['model.norm.weight'] } })
    const besides = checkApplied({
      base,
      merged: await edited(good, (_, was) => was, { 'extra.weight': f32([2, 2]) }),
    })
    expect(besides).toMatchObject({ verdict: 'cannot-tell', others: { onlyMerged: ['extra.weight'] } })
  })

  test('a part of the adapter that is not read', async () => {
    const adapter = editedAdapter('lora', { exclude_modules: ['v_proj'] })
    const base = await openModel(`${at('llama')}+${adapter}`, { isBare: true })
    const merged = await edited(await openModel(at('applied/fp32')), (name, was) =>
      name.includes('v_proj') ? values(base.tensors.get(name)!.source) : was,
    )
    const report = checkApplied({ base, merged })
    expect(report.verdict).toBe('cannot-tell')
    expect(report.unaccounted).toHaveLength(4)
  })

  test('a change below the rounding of the format', async () => {
    const adapter = editedAdapter('lora', { lora_alpha: 1e-9 })
    const base = await openModel(`${at('llama-bf16')}+${adapter}`, { isBare: true })
    const report = checkApplied({ base, merged: await openModel(at('llama-bf16')) })
    expect(report.verdict).toBe('cannot-tell')
    expect(appliedSentence(report)).toContain('below the rounding of this format')
  })

  test('strength at the edge of rounding: half of a small delta is not taken for all of it', async () => {
    // Deltas of a tenth of the spacing of bf16: most elements do not move.
    const adapter = editedAdapter('lora', { lora_alpha: 0.02 })
    const base = await openModel(`${at('llama-bf16')}+${adapter}`, { isBare: true })
    const half = editedAdapter('lora', { lora_alpha: 0.01 })
    const live = await openModel(`${at('llama-bf16')}+${half}`)
    const report = checkApplied({
      base,
      merged: await edited(base, (name) => roundBf16(values(live.tensors.get(name)!.source))),
    })
    expect(report.verdict).toBe('not-applied')
  })
})

/** To nearest, ties to even; finite numbers. */
function roundBf16(of: Float32Array): Float32Array {
  const bits = new Uint32Array(of.slice().buffer)
  return new Float32Array(
    bits.map((word) => ((word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000) >>> 0).buffer,
  )
}
