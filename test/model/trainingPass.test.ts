// The training pass against PyTorch and peft in fp64 (goldens/architectures) and against sums over single examples:
// loss and gradients, however examples are put into rows and whatever is kept for the way back.
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Parameter } from '../../src/model/engine/engineModel.ts'
import type { LoadedModel } from '../../src/model/engine/index.ts'
import { foreseenBytes, openTrainingPass } from '../../src/model/engine/trainingPass.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { NF4_BLOCK } from '../../src/tensor/nf4.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import { architectureCases, architectureGoldens, relativeError, TinyModels } from '../support/engine.ts'
import {
  allValues,
  batchOf,
  type Example,
  example,
  loadedOf,
  mapWeights,
  passOver,
  type Values,
  valuesOf,
  withFrozen,
  withNewAdapters,
} from '../support/trainingPass.ts'

const TOLERANCE = 1e-5
const tiny = new TinyModels()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const { models, adapters } = architectureCases
const trainedModels = models.filter(({ loss }) => loss !== undefined)

/** A model whose adapter is to be trained, and its first values, which are those of the adapter. */
function withTrainedAdapter(loaded: LoadedModel): { loaded: LoadedModel; values: Values } {
  const values: Values = new Map()
  const layers = loaded.parameters.layers.map(
    (layer, i) =>
      new Map(
        [...layer].map(([name, parameter]): [string, Parameter] => {
          const { outputScale } = parameter
          const isDora = outputScale !== undefined && 'magnitude' in outputScale
          if (isDora && outputScale.magnitude)
            values.set(`layers.${i}.${name}.magnitude`, valuesOf(outputScale.magnitude))
          const lora = parameter.lora.map((term, at) => {
            for (const side of ['a', 'b'] as const)
              values.set(`layers.${i}.${name}.lora.${at}.${side}`, valuesOf(term[side]!))
            return { ...term, a: null, b: null }
          })
          return [name, { ...parameter, lora, ...(isDora ? { outputScale: { magnitude: null } } : {}) }]
        }),
      ),
  )
  return { loaded: { ...loaded, parameters: { ...loaded.parameters, layers } }, values }
}

async function goldenGradients(folder: string): Promise<Values> {
  const { tensors } = await readSafetensorsHeader(join(folder, 'gradient.safetensors'))
  return new Map([...tensors].map(([name, source]) => [name, valuesOf(source)]))
}

const nameInFile = (name: string): string =>
  name === 'head.weight'
    ? 'lm_head.weight'
    : name === 'embedding'
      ? 'model.embed_tokens.weight'
      : `model.${name}`

function farFrom(ours: Values, theirs: Values, tolerance = TOLERANCE): [string, number][] {
  return [...ours]
    .map(([name, values]): [string, number] => [name, relativeError(values, theirs.get(name)!)])
    .filter(([, error]) => !(error <= tolerance))
}

describe.each([{ checkpointing: false }, { checkpointing: true }])('%o', ({ checkpointing }) => {
  test.each(trainedModels)(
    '$name: all gradients are those of PyTorch in fp64',
    async ({ name, ids, loss }) => {
      const loaded = await loadedOf(tiny.folder(name)!)
      const batches = [batchOf([[{ ids: ids[0] }]], 64)]
      const ours = await passOver({ loaded, values: allValues(loaded), batches, checkpointing })
      expect(ours.loss).toBeCloseTo(loss!, 5)
      expect(ours.lossAlone).toBeCloseTo(loss!, 5)
      expect(ours.weightSum).toBeCloseTo(1, 5)
      const theirs = await goldenGradients(join(architectureGoldens, name))
      const named = new Map([...ours.gradients].map(([key, values]) => [nameInFile(key), values]))
      expect([...named.keys()].sort()).toEqual([...theirs.keys()].sort())
      expect(farFrom(named, theirs)).toEqual([])
    },
  )

  test.each(adapters.filter(({ loss }) => loss !== undefined))(
    '$name: gradients of the adapter are those of peft in fp64',
    async ({ name, base, ids, loss }) => {
      const folder = join(architectureGoldens, 'adapters', name)
      const { loaded, values } = withTrainedAdapter(
        await loadedOf(`${tiny.folder(base)!}+${join(folder, 'adapter')}`),
      )
      const ours = await passOver({ loaded, values, batches: [batchOf([[{ ids }]], 64)], checkpointing })
      expect(ours.loss).toBeCloseTo(loss!, 5)
      const theirs = await goldenGradients(folder)
      const named = new Map([...ours.gradients].map(([key, of]) => [adapterNameInFile(key), of]))
      expect([...named.keys()].sort()).toEqual([...theirs.keys()].sort())
      expect(farFrom(named, theirs)).toEqual([])
    },
  )
})

function adapterNameInFile(name: string): string {
  const [, weight, part] = /^(.+)\.weight\.(lora\.0\.a|lora\.0\.b|magnitude)$/.exec(name)!
  const suffixes = {
    'lora.0.a': 'lora_A.weight',
    'lora.0.b': 'lora_B.weight',
    magnitude: 'lora_magnitude_vector',
  }
  return `base_model.model.model.${weight}.${suffixes[part as keyof typeof suffixes]}`
}

// Windows of these are shorter than rows: gemma3 and the two that slide.
describe.each(['gemma3', 'mistral', 'qwen2-sliding', 'llama-untied'])('%s', (name) => {
  const examples = [example(40, 1), example(24, 2), example(61, 3), example(9, 4), example(2, 5)]

  test.each([false, true])(
    'rows of several examples give the sums of each alone (%s)',
    async (checkpointing) => {
      const loaded = await loadedOf(tiny.folder(name)!)
      const values = allValues(loaded)
      const alone = await passOver({ loaded, values, batches: examples.map((one) => batchOf([[one]], 64)) })
      const [a, b, c, d, e] = examples as [Example, Example, Example, Example, Example]
      const packed = await passOver({
        loaded,
        values,
        batches: [
          batchOf(
            [
              [d, c, a],
              [b, e],
            ],
            128,
          ),
        ],
        checkpointing,
      })
      expect(packed.loss / alone.loss).toBeCloseTo(1, 6)
      expect(packed.lossAlone / alone.loss).toBeCloseTo(1, 6)
      expect(packed.weightSum).toBeCloseTo(alone.weightSum, 5)
      expect(farFrom(packed.gradients, alone.gradients)).toEqual([])
    },
  )
})

test('tokens of no weight and padding are conditions or nothing', async () => {
  const loaded = await loadedOf(tiny.folder('qwen3')!)
  const values = allValues(loaded)
  const [long, short] = [example(50, 1), example(20, 2)]
  const masked = { ids: long.ids, weights: long.ids.map((_, i) => (i < 30 ? 0 : 0.1)) }
  const batch = batchOf([[masked], [short]], 64)
  const usual = await passOver({ loaded, values, batches: [batch] })
  const other = structuredClone(batch)
  for (let i = 0; i < other.ids.length; i++) {
    if (other.weights[i] === 0) other.targets[i] = other.targets[i] === -1 ? -1 : 3
    if (other.segments[i] === -1) other.ids[i] = 77
  }
  const changed = await passOver({ loaded, values, batches: [other] })
  expect(changed).toEqual(usual)
  other.ids[5] = (other.ids[5]! + 1) % architectureCases.vocabulary
  const conditioned = await passOver({ loaded, values, batches: [other] })
  expect(conditioned.loss).not.toBe(usual.loss)
})

test('a batch without any weight adds nothing', async () => {
  const loaded = await loadedOf(tiny.folder('qwen2')!)
  const { ids } = example(20, 2)
  const batches = [batchOf([[{ ids, weights: ids.map(() => 0) }]], 64)]
  const { loss, weightSum, gradients } = await passOver({ loaded, values: allValues(loaded), batches })
  expect([loss, weightSum]).toEqual([0, 0])
  expect([...gradients.values()].every((values) => values.every((value) => value === 0))).toBe(true)
})

describe.each(['NF4', 'NF4_DQ'] as const)('%s', (scheme) => {
  test.each([{ isDora: false }, { isDora: true }])(
    'packed weights give what dequantised ones give, $isDora',
    async ({ isDora }) => {
      const base = withNewAdapters(await loadedOf(tiny.folder('nf4')!))
      const { values } = base
      const loaded = mapWeights(base.loaded, (parameter) => {
        if (parameter.shape[1]! % NF4_BLOCK !== 0) throw new Error('rows are no whole blocks')
        return {
          ...parameter,
          type: 'float32',
          dense: { kind: 'quantised', of: parameter.dense, scheme },
          ...(isDora ? { outputScale: { magnitude: null } } : {}),
        }
      })
      if (isDora) {
        for (const [i, layer] of loaded.parameters.layers.entries()) {
          for (const [name, { outputScale, shape }] of layer) {
            if (outputScale) values.set(`layers.${i}.${name}.magnitude`, uniformValues(i, shape[0]!))
          }
        }
      }
      const dense = mapWeights(loaded, (parameter) => ({
        ...parameter,
        dense: { kind: 'plus', of: parameter.dense, add: 0 },
      }))
      const batches = [batchOf([[example(60, 1)], [example(30, 2)]], 64)]
      const [packed, plain] = [
        await passOver({ loaded, values, batches }),
        await passOver({ loaded: dense, values, batches }),
      ]
      expect(packed.loss).toBeCloseTo(plain.loss, 6)
      expect(farFrom(packed.gradients, plain.gradients)).toEqual([])
    },
  )
})

test('fp16 weights stay in half precision, and their gradients are those of the same numbers in fp32', async () => {
  const base = withNewAdapters(await loadedOf(tiny.folder('llama-untied')!))
  const types = new Set(
    base.loaded.parameters.layers.flatMap((layer) => [...layer.values()].map(({ type }) => type)),
  )
  expect(types).toContain('float16')
  const wide = mapWeights(base.loaded, (parameter) => ({ ...parameter, type: 'float32' }))
  const batches = [batchOf([[example(60, 1)]], 64)]
  const half = await passOver({ ...base, batches })
  const whole = await passOver({ ...base, loaded: wide, batches })
  expect(half.bytes).toBeLessThan(whole.bytes)
  expect(half.loss).toBe(whole.loss)
  expect(half.gradients).toEqual(whole.gradients)
})

test('what is trained of some layers gets the gradients that it has among all', async () => {
  const { loaded, values } = withNewAdapters(await loadedOf(tiny.folder('gemma3')!))
  const batches = [batchOf([[example(60, 1)]], 64)]
  const all = await passOver({ loaded, values, batches })
  const last = loaded.parameters.layers.length - 1
  const own = [...values].filter(([name]) => name.startsWith(`layers.${last}.`))
  const frozen = withFrozen(loaded, last)
  const some = await passOver({ loaded: frozen, values: new Map(own), batches })
  const without = await passOver({ loaded: frozen, values: new Map(own), batches, checkpointing: true })
  expect(some.gradients.size).toBe(own.length)
  const theirs = await passOver({
    loaded: withFrozen(loaded, last),
    values: new Map([...own, ['norm.weight', valuesOf(loaded.parameters.norm.dense)]]),
    batches,
  })
  expect(farFrom(some.gradients, theirs.gradients, 1e-6)).toEqual([])
  expect(farFrom(without.gradients, some.gradients, 1e-6)).toEqual([])
  expect(some.bytes).toBeLessThan(all.bytes)
  const normAlone = await passOver({
    loaded: withFrozen(loaded, last + 1),
    values: new Map([['norm.weight', valuesOf(loaded.parameters.norm.dense)]]),
    batches,
  })
  expect(normAlone.gradients.get('norm.weight')!.some((value) => value !== 0)).toBe(true)
})

test('two passes give the same bits, on two threads too', async () => {
  const { loaded, values } = withNewAdapters(await loadedOf(tiny.folder('gemma3')!))
  const batches = [batchOf([[example(60, 1), example(50, 2)]], 128), batchOf([[example(60, 3)]], 64)]
  for (const threads of [1, 2]) {
    const first = await passOver({ loaded, values, batches, threads })
    expect(await passOver({ loaded, values, batches, threads })).toEqual(first)
  }
})

test('batches of many shapes go through one pass', async () => {
  const { loaded, values } = withNewAdapters(await loadedOf(tiny.folder('mistral')!))
  const rows = [3, 1, 2, 6, 4, 5, 3, 1]
  const batches = rows.map((count, i) =>
    batchOf(
      Array.from({ length: count }, (_, row) => [example(30 + row, i)]),
      i % 2 === 0 ? 64 : 128,
    ),
  )
  const together = await passOver({ loaded, values, batches })
  const losses: number[] = []
  for (const batch of batches) losses.push((await passOver({ loaded, values, batches: [batch] })).loss)
  expect(together.loss).toBe(losses.reduce((total, loss) => total + loss, 0))
})

test('values that are missing or of another size, and batches that do not fit, are refused', async () => {
  const { loaded, values } = withNewAdapters(await loadedOf(tiny.folder('llama-untied')!))
  const open = (trained: Values) => openTrainingPass({ loaded, trained, threads: 1, checkpointing: false })
  const [first] = values.keys()
  const without = new Map([...values].filter(([name]) => name !== first))
  await expect(open(without)).rejects.toThrow(`${first} has no values`)
  await expect(open(new Map([...values, ['layers.0.mlp.gate.weight', new Float32Array(4)]]))).rejects.toThrow(
    /gate\.weight/,
  )
  await expect(
    open(new Map([...values, ['layers.9.mlp.up_proj.weight', new Float32Array(4)]])),
  ).rejects.toThrow(/layers\.9/)
  await using pass = await open(values)
  const batch = batchOf([[example(60, 1)]], 64)
  await expect(pass.loss({ ...batch, rows: 2 })).rejects.toThrow('64 numbers for 2 rows of 64')
  await expect(pass.loss({ ...batch, positions: batch.positions.fill(64) })).rejects.toThrow('position 64')
})

describe.each([{ checkpointing: false }, { checkpointing: true }])('%o', ({ checkpointing }) => {
  test.each(['full', 'lora', 'last layer', 'dora', 'nf4'])(
    '%s: bytes are foreseen from shapes',
    async (how) => {
      const { loaded, values } = await modelFor(how)
      const batches = [batchOf([[example(100, 1)], [example(60, 2)]], 128)]
      const { bytes } = await passOver({ loaded, values, batches, checkpointing })
      const foreseen = foreseenBytes({ loaded, names: values.keys(), rows: 2, length: 128, checkpointing })
      // The decoder's memory comes in pages of 64 KiB; magnitudes' gradients are some hundred numbers.
      const slack = how === 'nf4' ? 2 ** 17 : how === 'dora' ? 2 ** 12 : 0
      const apart = bytes - foreseen.weights - foreseen.activations
      expect(apart).toBeGreaterThanOrEqual(0)
      expect(apart).toBeLessThanOrEqual(slack)
    },
  )
})

async function modelFor(how: string): Promise<{ loaded: LoadedModel; values: Values }> {
  const base = await loadedOf(tiny.folder(how === 'nf4' ? 'nf4' : 'gemma3')!)
  if (how === 'full') return { loaded: base, values: allValues(base) }
  const { loaded, values } = withNewAdapters(base)
  if (how === 'last layer') {
    const last = loaded.parameters.layers.length - 1
    const own = [...values].filter(([name]) => name.startsWith(`layers.${last}.`))
    return { loaded: withFrozen(loaded, last), values: new Map(own) }
  }
  if (how === 'nf4') {
    const packed = mapWeights(loaded, (parameter) => ({
      ...parameter,
      dense: { kind: 'quantised', of: parameter.dense, scheme: 'NF4' },
    }))
    return { loaded: packed, values }
  }
  if (how !== 'dora') return { loaded, values }
  for (const [i, layer] of loaded.parameters.layers.entries()) {
    for (const [name, { lora, shape }] of layer)
      if (lora.length > 0) values.set(`layers.${i}.${name}.magnitude`, new Float32Array(shape[0]!).fill(1))
  }
  return { loaded: mapWeights(loaded, (one) => ({ ...one, outputScale: { magnitude: null } })), values }
}
