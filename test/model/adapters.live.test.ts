// Adapters applied while the model runs, against peft in fp64 (goldens/architectures/adapters): log-probabilities of the
// adapted model, and gradients by the adapter's own parameters.
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Parameter } from '../../src/model/engine/engineModel.ts'
import { engineModel, type LoadedModel, loadModel, openEngine } from '../../src/model/engine/index.ts'
import { WeightStore } from '../../src/model/engine/weightStore.ts'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { matrixShape } from '../../src/model/shape.ts'
import { closeFiles } from '../../src/model/stored.ts'
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

const TOLERANCE = 1e-4
const tiny = new TinyModels()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const { adapters } = architectureCases
const specOf = ({ name, base }: { name: string; base: string }): string =>
  `${tiny.folder(base)!}+${join(architectureGoldens, 'adapters', name, 'adapter')}`

const goldenOf = (name: string, file: string): string => join(architectureGoldens, 'adapters', name, file)

test.each(adapters)(
  '$name: log-probabilities are those of peft, and the base beside it is as it was',
  async (adapter) => {
    const { name, base, ids, moved } = adapter
    const models = await Promise.all(
      [tiny.folder(base)!, specOf(adapter)].map(async (spec) => engineModel(await openModel(spec))),
    )
    await using engine = await openEngine({ models, threads: 1 })
    const expected = floatsOf(goldenOf(name, 'logprobs.f32'))
    expect(largestDifference(await logProbsOf(engine, 1, [ids]), expected)).toBeLessThan(TOLERANCE)
    expect(largestDifference(await logProbsOf(engine, 0, [ids]), expected)).toBeCloseTo(moved, 3)
  },
)

const trained = adapters.filter(({ loss }) => loss !== undefined)

test.each(trained)('$name: gradients by its parameters are those of PyTorch in fp64', async (adapter) => {
  const loaded = loadModel(engineModel(await openModel(specOf(adapter))))
  const ours = await allGradients(loaded, adapter.ids)
  expect(ours.loss).toBeCloseTo(adapter.loss!, 5)
  const { tensors } = await readSafetensorsHeader(goldenOf(adapter.name, 'gradient.safetensors'))
  const errors = [...tensors].map(([key, source]) => {
    const theirs = readValues(source, 0, matrixShape(source.shape).rows)
    return [key, relativeError(gradientOf(key, ours.gradients, loaded), theirs)] as const
  })
  expect(errors.length).toBeGreaterThan(0)
  expect(errors.filter(([, error]) => !(error <= 1e-5))).toEqual([])
})

/** The gradient by a tensor of the adapter's file, out of those by what programs are fed with. */
function gradientOf(
  key: string,
  gradients: Map<string, Float32Array>,
  loaded: LoadedModel,
): ArrayLike<number> {
  const [, module, part] = /^base_model\.model\.(.+)\.(lora_\w+?)(?:\.weight)?$/.exec(key)!
  const weight = `${module}.weight`
  if (part === 'lora_A') return gradients.get(`${weight}.lora.0.a`)!
  if (part === 'lora_B') return gradients.get(`${weight}.lora.0.b`)!
  // Programs are fed with magnitudes over norms, and norms are constants of the training step.
  const [, layer, inner] = /layers\.(\d+)\.(.+)$/.exec(weight)!
  const norms = normsOf(loaded.parameters.layers[Number(layer)]!.get(inner!)!)
  return gradients.get(`${weight}.outputScale`)!.map((value, i) => value / norms[i]!)
}

function normsOf(parameter: Parameter): Float32Array {
  const { outputScale } = parameter
  if (!outputScale || 'vector' in outputScale || !outputScale.magnitude) throw new Error('no DoRA')
  const scales = new WeightStore({ isKept: false }).feeds('w', parameter)['w.outputScale'] as Float32Array
  return readValues(outputScale.magnitude, 0, 1).map((magnitude, i) => magnitude / scales[i]!)
}
