// What each method trains, where it begins, and what is refused.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { engineModel, type LoadedModel, loadModel } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { type Recipe, recipeSchema } from '../../src/schema/training.ts'
import { type Prepared, parameterCounts, prepare, type Trained } from '../../src/train/methods/index.ts'
import { architectureGoldens, TinyModels } from '../support/engine.ts'

const tiny = new TinyModels()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const load = async (name: string): Promise<LoadedModel> =>
  loadModel(engineModel(await openModel(tiny.folder(name)!)))
const open = async (spec: string): Promise<LoadedModel> => loadModel(engineModel(await openModel(spec)))

async function prepared(name: string, recipe: Partial<Recipe>, seed = 1): Promise<Prepared> {
  return prepare(await load(name), recipeSchema.parse(recipe), seed)
}

const names = ({ trained }: Prepared): string[] => trained.map(({ name }) => name)
const part = ({ trained }: Prepared, name: string): Trained => trained.find((one) => one.name === name)!

describe('LoRA', () => {
  test('all-linear is every linear weight of the layers, and not the output layer', async () => {
    const lora = await prepared('llama-untied', { method: 'lora' })
    expect(names(lora)).toHaveLength(2 * 7 * 2)
    expect(names(lora).some((name) => /head|embed/.test(name))).toBe(false)
    expect(part(lora, 'layers.1.mlp.down_proj.weight.lora.0.a')).toMatchObject({ shape: [8, 48], group: 'a' })
    expect(part(lora, 'layers.1.mlp.down_proj.weight.lora.0.b')).toMatchObject({ shape: [32, 8], group: 'b' })
  })

  test.each([
    ['attention', 2 * 4],
    ['mlp', 2 * 3],
    [['q_proj', 'v_proj'], 4],
    [['self_attn.q_proj'], 2],
    [['layers.1.self_attn.q_proj', 'down_proj'], 3],
    [['model.layers.0.mlp.up_proj'], 1],
  ] satisfies [Recipe['targets'], number][])('targets %j: %i weights', async (targets, count) => {
    expect(names(await prepared('llama', { targets }))).toHaveLength(2 * count)
  })

  test('layers', async () => {
    const lora = await prepared('llama', { layers: [1], targets: ['q_proj'] })
    expect(names(lora)).toEqual([
      'layers.1.self_attn.q_proj.weight.lora.0.a',
      'layers.1.self_attn.q_proj.weight.lora.0.b',
    ])
  })

  test('A is uniform within 1/sqrt(in), B is 0', async () => {
    const lora = await prepared('llama', { rank: 64 })
    for (const { name, values, shape, group } of lora.trained) {
      if (group === 'b') {
        expect(values.every((value) => value === 0)).toBe(true)
        continue
      }
      const limit = 1 / Math.sqrt(shape[1]!)
      expect(values.every((value) => Math.abs(value) < limit)).toBe(true)
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length
      // Of n uniform numbers: mean 0 with deviation limit / sqrt(3 n), variance limit^2 / 3 within 4 / sqrt(n) of it.
      expect(Math.abs(mean), name).toBeLessThan((5 * limit) / Math.sqrt(3 * values.length))
      expect(Math.abs(variance / (limit ** 2 / 3) - 1)).toBeLessThan(5 / Math.sqrt(values.length))
    }
  })

  test('the first values depend on the random seed and the name alone', async () => {
    const few = await prepared('llama', { targets: ['v_proj'] })
    const many = await prepared('llama', { targets: 'all-linear' })
    const other = await prepared('llama', { targets: ['v_proj'] }, 2)
    for (const { name, values, group } of few.trained) {
      expect(part(many, name).values).toEqual(values)
      if (group === 'a') expect(part(other, name).values).not.toEqual(values)
    }
    const inLayers = few.trained.filter(({ group }) => group === 'a').map(({ values }) => values)
    expect(inLayers[0]).not.toEqual(inLayers[1])
  })

  test('ranks and scales, by pattern and as peft reads them', async () => {
    const { loaded } = await prepared('llama', {
      rank: 4,
      alpha: 10,
      rankPattern: { q_proj: 2, 'layers.1.mlp.up_proj': 6, 'k_pro.': 3 },
      alphaPattern: { o_proj: 3 },
    })
    const of = (layer: number, name: string) => {
      const [{ rank, scale } = { rank: 0, scale: 0 }] = loaded.parameters.layers[layer]!.get(
        `${name}.weight`,
      )!.lora
      return [rank, scale]
    }
    expect(of(0, 'self_attn.q_proj')).toEqual([2, 5])
    expect(of(0, 'self_attn.k_proj')).toEqual([3, 10 / 3])
    expect(of(0, 'self_attn.o_proj')).toEqual([4, 0.75])
    expect(of(0, 'mlp.up_proj')).toEqual([4, 2.5])
    expect(of(1, 'mlp.up_proj')).toEqual([6, 10 / 6])
    const { loaded: stabilised } = await prepared('llama', { rank: 4, alpha: 10, rslora: true })
    expect(stabilised.parameters.layers[0]!.get('mlp.up_proj.weight')!.lora[0]!.scale).toBe(5)
  })

  test('the base is left as it was', async () => {
    const base = await load('llama')
    prepare(base, recipeSchema.parse({ method: 'dora' }), 1)
    for (const layer of base.parameters.layers) {
      for (const { lora, outputScale } of layer.values())
        expect([lora.length, outputScale]).toEqual([0, undefined])
    }
  })
})

test('DoRA begins at the norms of the rows', async () => {
  const base = await load('llama')
  const dora = prepare(base, recipeSchema.parse({ method: 'dora', targets: ['up_proj'] }), 1)
  const weight = base.parameters.layers[1]!.get('mlp.up_proj.weight')!
  const { values, shape } = part(dora, 'layers.1.mlp.up_proj.weight.magnitude')
  expect(shape).toEqual([48])
  for (const row of [0, 17, 47])
    expect(values[row]! / Math.hypot(...readValues(weight.dense, row, row + 1))).toBeCloseTo(1, 6)
  expect(dora.loaded.parameters.layers[1]!.get('mlp.up_proj.weight')!.outputScale).toEqual({
    magnitude: null,
  })
  expect(dora.loaded.parameters.layers[1]!.get('mlp.gate_proj.weight')!.outputScale).toBeUndefined()
})

describe('QLoRA', () => {
  test.each([
    [false, 'NF4'],
    [true, 'NF4_DQ'],
  ])(
    'all linear weights are 4-bit, targets or not; double quantisation: %s',
    async (doubleQuantisation, scheme) => {
      const recipe: Partial<Recipe> = { method: 'qlora', targets: ['q_proj'], doubleQuantisation }
      const { loaded, trained } = await prepared('nf4', recipe)
      const { layers, embedding, head, norm } = loaded.parameters
      for (const layer of layers) {
        for (const [name, { dense, shape }] of layer) {
          expect([name, dense.kind]).toEqual([name, shape.length === 2 ? 'quantised' : 'stored'])
          if (dense.kind === 'quantised') expect(dense.scheme).toBe(scheme)
        }
      }
      expect([embedding.kind, head.dense.kind, norm.dense.kind]).toEqual(['stored', 'stored', 'stored'])
      expect(trained).toHaveLength(2 * layers.length)
    },
  )

  test('a base that is 4-bit already stays so, if it is the kind that is asked for', async () => {
    const base = await open(`nf4:${tiny.folder('nf4')}`)
    const { loaded } = prepare(base, recipeSchema.parse({ method: 'qlora' }), 1)
    const dense = (model: LoadedModel) => model.parameters.layers[0]!.get('mlp.up_proj.weight')!.dense
    expect(dense(loaded)).toEqual(dense(base))
    expect(() => prepare(base, recipeSchema.parse({ method: 'qlora', doubleQuantisation: true }), 1)).toThrow(
      /is quantised as NF4, and the recipe asks for NF4_DQ/,
    )
  })
})

describe('full', () => {
  test('every weight, the tied output layer as the embedding', async () => {
    const full = await prepared('llama', { method: 'full' })
    expect(names(full).filter((name) => !name.startsWith('layers.'))).toEqual(['embedding', 'norm.weight'])
    const untied = await prepared('llama-untied', { method: 'full' })
    expect(names(untied)).toContain('head.weight')
    const { total } = sizes('llama-untied')
    expect(parameterCounts(untied)).toEqual({ trained: total, all: total })
    const embedding = part(full, 'embedding')
    expect(embedding.values).toEqual(readValues(full.loaded.parameters.embedding, 0, 128))
  })

  test('norms and biases have no weight decay', async () => {
    const { trained } = await prepared('qwen2', { method: 'full' })
    for (const { name, hasDecay } of trained)
      expect([name, hasDecay]).toEqual([name, !/norm|bias/.test(name)])
    expect(trained.some(({ name }) => name.endsWith('.bias'))).toBe(true)
  })

  test('norms that stand for 1 + w are trained as w', async () => {
    const { trained, loaded } = await prepared('gemma3', { method: 'full' })
    const norm = trained.find(({ name }) => name === 'norm.weight')!
    const stored = readValues(loaded.parameters.norm.dense, 0, 1)
    expect(loaded.parameters.norm.offset).toBe(1)
    expect(norm.values).toEqual(stored)
  })

  test('with layers, those and nothing else', async () => {
    const full = await prepared('llama', { method: 'full', layers: [0] })
    expect(names(full).every((name) => name.startsWith('layers.0.'))).toBe(true)
    expect(names(full)).toHaveLength(9)
  })

  test('weights that are stored in fp16 are trained in fp32', async () => {
    const { loaded } = await prepared('mistral', { method: 'full' })
    for (const layer of loaded.parameters.layers)
      for (const { type } of layer.values()) expect(type).toBe('float32')
  })
})

test('parameters are counted with the adapters, as peft counts', async () => {
  const lora = await prepared('llama', { method: 'lora', rank: 2, targets: ['q_proj'] })
  const trained = 2 * (2 * 32 + 32 * 2)
  expect(parameterCounts(lora)).toEqual({ trained, all: sizes('llama').total + trained })
})

describe('refused', () => {
  test.each([
    [
      'a target that is not there',
      { targets: ['q_porj'] },
      /targets names q_porj, which is no linear weight of the layers; those are down_proj, .*, q_proj, v_proj/,
      'was q_proj meant?',
    ],
    ['the output layer', { targets: ['lm_head'] }, /targets names lm_head/, 'take one of those names'],
    ['a norm', { targets: ['input_layernorm'] }, /targets names input_layernorm/, 'take one'],
    [
      'a pattern that fits nothing',
      { rankPattern: { 'layers.9.mlp.up_proj': 4 } },
      /rankPattern names layers\.9\.mlp\.up_proj/,
      'meant',
    ],
    [
      'a layer that is not there',
      { layers: [0, 2] },
      /layers names layer 2, and .* has 2 layers/,
      'from 0 to 1',
    ],
    [
      'targets and layers without a weight in common',
      { layers: [0], targets: ['layers.1.self_attn.q_proj'] },
      /no weight is both/,
      'leave layers out',
    ],
    [
      'targets of full',
      { method: 'full', targets: 'mlp' },
      /targets is mlp, and method full trains all weights/,
      'layers',
    ],
    [
      'rows that are no whole blocks',
      { method: 'qlora' },
      /rows of layers\.0\..* hold 48 numbers, which are no whole blocks of 64/,
      'method lora',
    ],
  ] satisfies [string, Partial<Recipe>, RegExp, string][])('%s', async (_, recipe, message, hint) => {
    await expect(prepared('llama', recipe)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    })
  })

  test.each([
    ['nf4', 'lora', 'take method qlora (--method qlora)'],
    ['nf4', 'dora', 'name the base without nf4: before it'],
    ['nf4dq', 'full', 'take method qlora with doubleQuantisation (--method qlora)'],
  ] as const)('a 4-bit base outside qlora: %s: with method %s', async (scheme, method, hint) => {
    const base = await open(`${scheme}:${tiny.folder('nf4')}`)
    expect(refusalOf(() => prepare(base, recipeSchema.parse({ method }), 1))).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /is quantised as NF4(_DQ)?, and method \w+ trains on weights as the files/,
      ),
      hint: expect.stringContaining(hint),
    })
  })
})

function refusalOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return 'not refused'
}

/** From the file's header alone. */
function sizes(name: string): { total: number } {
  const bytes = readFileSync(join(architectureGoldens, name, 'model.safetensors'))
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()))) as Record<
    string,
    { shape?: number[] }
  >
  const shapes = Object.values(header).flatMap(({ shape }) => (shape ? [shape] : []))
  return { total: shapes.reduce((sum, shape) => sum + shape.reduce((n, size) => n * size, 1), 0) }
}
