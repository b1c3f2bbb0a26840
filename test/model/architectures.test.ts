// Each architecture on a tiny random model, against transformers in fp64 (goldens/architectures): log-probabilities of
// all tokens at all positions, in several batch shapes, and gradients by every parameter.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { architectureOf } from '../../src/model/architectures/index.ts'
import { type Engine, engineModel, loadModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { matrixShape } from '../../src/model/shape.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { UserError } from '../../src/util/errors.ts'
import {
  allGradients,
  architectureCases,
  architectureGoldens,
  floatsOf,
  largestDifference,
  logProbsOf,
  relativeError,
  TinyModels,
} from '../support/engine.ts'

/** Of a log-probability; the issue asks for 1e-3. */
const TOLERANCE = 1e-4
const tiny = new TinyModels()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

async function engineOf(...specs: string[]): Promise<Engine> {
  const models = await Promise.all(specs.map(async (spec) => engineModel(await openModel(spec))))
  return openEngine({ models, threads: 1 })
}

const { models, vocabulary } = architectureCases

const goldenOf = (name: string, file: string): string => join(architectureGoldens, name, file)
const specOf = (name: string): string => (name === 'nf4' ? `nf4:${tiny.folder(name)}` : tiny.folder(name)!)

test.each(models)('$name: log-probabilities are those of transformers', async ({ name, ids }) => {
  await using engine = await engineOf(specOf(name))
  const ours = await logProbsOf(engine, 0, ids)
  expect(largestDifference(ours, floatsOf(goldenOf(name, 'logprobs.f32')))).toBeLessThan(TOLERANCE)
})

test.each(models)('$name: padding and batch change them by rounding at most', async ({ name, ids }) => {
  await using engine = await engineOf(specOf(name))
  const wider = await logProbsOf(engine, 0, ids, { paddedTo: 128, batch: 2 })
  expect(largestDifference(wider, floatsOf(goldenOf(name, 'logprobs.f32')))).toBeLessThan(TOLERANCE)
})

test('mistral has no biases, whatever its config says, as in transformers', async () => {
  const folder = tiny.folder('mistral')!
  const path = join(folder, 'config.json')
  const config = readFileSync(path, 'utf8')
  writeFileSync(path, JSON.stringify({ ...JSON.parse(config), attention_bias: true, mlp_bias: true }))
  await using engine = await engineOf(folder)
  writeFileSync(path, config)
  const { ids } = models.find(({ name }) => name === 'mistral')!
  const ours = await logProbsOf(engine, 0, ids)
  expect(largestDifference(ours, floatsOf(goldenOf('mistral', 'logprobs.f32')))).toBeLessThan(TOLERANCE)
})

const inV4 = models.filter(({ name }) => tiny.folder(name, 'config.v4'))

test.each(inV4)('$name: its config in the words of transformers 4 is read alike', async ({ name, ids }) => {
  await using engine = await engineOf(tiny.folder(name, 'config.v4')!)
  const ours = await logProbsOf(engine, 0, ids)
  expect(largestDifference(ours, floatsOf(goldenOf(name, 'logprobs.f32')))).toBeLessThan(TOLERANCE)
})

const trained = models.filter(({ loss }) => loss !== undefined)

describe.each([{ saved: [] }, { saved: ['Q', 'K', 'V', 'O'] }])('with $saved saved', ({ saved }) => {
  test.each(trained)('$name: gradients are those of PyTorch in fp64', async ({ name, ids, loss }) => {
    const loaded = loadModel(engineModel(await openModel(tiny.folder(name)!)))
    const ours = await allGradients(loaded, ids[0], saved)
    expect(ours.loss).toBeCloseTo(loss!, 5)
    const { tensors } = await readSafetensorsHeader(goldenOf(name, 'gradient.safetensors'))
    expect([...ours.gradients.keys()].sort()).toEqual([...tensors.keys()].sort())
    const errors = [...tensors].map(([key, source]) => {
      const theirs = readValues(source, 0, matrixShape(source.shape).rows)
      return [key, relativeError(ours.gradients.get(key)!, theirs)] as const
    })
    expect(errors.filter(([, error]) => !(error <= 1e-5))).toEqual([])
  })
})

test('every family is among the goldens, and those that transformers 4 wrote otherwise', () => {
  expect(inV4.map(({ name }) => name)).toEqual(['llama-llama3', 'llama-linear', 'qwen2', 'gemma3'])
  expect(trained.map(({ name }) => name)).toEqual(['llama-biases', 'qwen2', 'qwen3', 'gemma3'])
})

test('models of one engine do not disturb each other', async () => {
  const [base, variant] = [models[0]!, models.find(({ name }) => name === 'llama-llama3')!]
  await using engine = await engineOf(tiny.folder(base.name)!, tiny.folder(variant.name)!)
  const expected = [base, variant].map(({ name }) =>
    floatsOf(join(architectureGoldens, name, 'logprobs.f32')),
  )
  for (const _ of [1, 2]) {
    expect(largestDifference(await logProbsOf(engine, 0, base.ids), expected[0]!)).toBeLessThan(TOLERANCE)
    expect(largestDifference(await logProbsOf(engine, 1, variant.ids), expected[1]!)).toBeLessThan(TOLERANCE)
  }
  const twice = [await logProbsOf(engine, 0, base.ids), await logProbsOf(engine, 0, base.ids)]
  expect(twice[0]).toEqual(twice[1])
})

test('a token that the model does not have is an error with both numbers', async () => {
  await using engine = await engineOf(tiny.folder('llama')!)
  await expect(engine.hidden(0, [Int32Array.of(5, vocabulary)])).rejects.toThrow(
    /token 128 .* vocabulary .* 128/,
  )
})

test('an unknown architecture is an error that lists the known ones', () => {
  const open = (): unknown => architectureOf({ model_type: 'mamba' }, 'm')
  expect(open).toThrow(UserError)
  expect(open).toThrow(/mamba.*llama, mistral, qwen2, qwen3, gemma3/)
})
