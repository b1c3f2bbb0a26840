// A Llama in GGUF whose rotary embedding is scaled by factors in a tensor, as files of Llama 3.1 are: log-probabilities
// are those of transformers with the same scaling in config.json. Golden: goldens/gguf/rotary.py.
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { engineModel, loadModel, openEngine } from '../../src/model/engine/index.ts'
import { openModel } from '../../src/model/open.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { root } from '../support/cli.ts'
import {
  architectureCases,
  architectureGoldens,
  floatsOf,
  largestDifference,
  logProbsOf,
} from '../support/engine.ts'

afterAll(closeFiles)

const { ids } = architectureCases.models.find(({ name }) => name === 'llama-llama3')!
const goldenOf = (name: string) => floatsOf(join(architectureGoldens, name, 'logprobs.f32'))

const path = join(root, 'test/goldens/gguf/rotary.gguf')

test('factors of the rotary embedding in GGUF are the scaling llama3 of config.json', async () => {
  const model = engineModel(await openModel(path))
  await using engine = await openEngine({ models: [model], threads: 1 })
  const ours = await logProbsOf(engine, 0, ids)
  expect(largestDifference(ours, goldenOf('llama-llama3'))).toBeLessThan(1e-4)
  // The same weights without the scaling are far from that.
  expect(largestDifference(ours, goldenOf('llama'))).toBeGreaterThan(0.1)
})

test('a file that multiplies cos and sin besides is refused', async () => {
  const model = await openModel(path)
  const config = { ...model.config, rope_scaling: { attn_factor: 0.8 } }
  expect(() => loadModel(engineModel({ ...model, config }))).toThrow('rotary scaling with attn_factor 0.8')
})
