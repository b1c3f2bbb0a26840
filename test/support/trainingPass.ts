// The training pass on tiny models: batches of examples, values to train, and what a pass over them gives. Not a test itself.
import type { Parameter } from '../../src/model/engine/engineModel.ts'
import { engineModel, type LoadedModel, loadModel } from '../../src/model/engine/index.ts'
import { type Batch, openTrainingPass } from '../../src/model/engine/trainingPass.ts'
import { openModel } from '../../src/model/open.ts'
import { readValues } from '../../src/model/rows.ts'
import { matrixShape, shapeOf } from '../../src/model/shape.ts'
import type { TensorSource } from '../../src/model/tensor.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import { architectureCases } from './engine.ts'

export const loadedOf = async (spec: string): Promise<LoadedModel> =>
  loadModel(engineModel(await openModel(spec)))

export type Values = Map<string, Float32Array>

export const valuesOf = (source: TensorSource): Float32Array =>
  readValues(source, 0, matrixShape(shapeOf(source)).rows)

/** Everything that full training changes. */
export function allValues({ parameters }: LoadedModel): Values {
  const { layers, norm, head, embedding } = parameters
  const values: Values = new Map([['embedding', valuesOf(embedding)]])
  for (const [i, layer] of layers.entries()) {
    for (const [name, { dense }] of layer) values.set(`layers.${i}.${name}`, valuesOf(dense))
  }
  values.set('norm.weight', valuesOf(norm.dense))
  if (head.dense !== embedding) values.set('head.weight', valuesOf(head.dense))
  return values
}

export interface Example {
  ids: readonly number[]
  /** Of each token's target; the last has none. */
  weights?: readonly number[]
}

/** Rows of examples, each after the other, padded to `length`; -1 and 0 where nothing is. */
export function batchOf(rows: readonly (readonly Example[])[], length: number): Batch {
  const size = rows.length * length
  const batch: Batch = {
    ids: new Int32Array(size),
    positions: new Int32Array(size),
    segments: new Int32Array(size).fill(-1),
    targets: new Int32Array(size).fill(-1),
    weights: new Float32Array(size),
    rows: rows.length,
    length,
  }
  for (const [row, examples] of rows.entries()) {
    let at = row * length
    for (const [segment, { ids, weights }] of examples.entries()) {
      for (const [i, id] of ids.entries()) {
        batch.ids[at] = id
        batch.positions[at] = i
        batch.segments[at] = segment
        if (i + 1 < ids.length) {
          batch.targets[at] = ids[i + 1]!
          batch.weights[at] = weights?.[i] ?? 1 / (ids.length - 1)
        }
        at++
      }
    }
  }
  return batch
}

interface Run {
  loaded: LoadedModel
  values: Values
  batches: readonly Batch[]
  checkpointing?: boolean
  threads?: number
}

export async function passOver({ loaded, values, batches, checkpointing = false, threads = 1 }: Run) {
  await using pass = await openTrainingPass({ loaded, trained: values, threads, checkpointing })
  const gradients: Values = new Map([...values].map(([name, { length }]) => [name, new Float32Array(length)]))
  const losses: number[] = []
  const weightSums: number[] = []
  for (const batch of batches) {
    const { lossSum, weightSum } = await pass.run(batch, gradients)
    losses.push(lossSum)
    weightSums.push(weightSum)
  }
  const lossesAlone: number[] = []
  for (const batch of batches) lossesAlone.push((await pass.loss(batch)).lossSum)
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
  return {
    loss: sum(losses),
    lossAlone: sum(lossesAlone),
    weightSum: sum(weightSums),
    gradients,
    bytes: pass.bytes,
  }
}

/** Sequences of tokens of the tiny models' vocabulary. */
export function example(length: number, seed: number): Example {
  const ids = Array.from(
    { length },
    (_, i) => (i * i * 13 + i * 7 + seed * 31) % architectureCases.vocabulary,
  )
  return { ids, weights: ids.map((_, i) => ((i * 5 + seed) % 3) / 10) }
}

/** Rank 2 on all linear weights, with fixed values. */
export function withNewAdapters(loaded: LoadedModel): { loaded: LoadedModel; values: Values } {
  const values: Values = new Map()
  const layers = loaded.parameters.layers.map(
    (layer, i) =>
      new Map(
        [...layer].map(([name, parameter], at): [string, Parameter] => {
          if (parameter.shape.length !== 2) return [name, parameter]
          const { rows, columns } = matrixShape(parameter.shape)
          values.set(`layers.${i}.${name}.lora.0.a`, uniformValues(7 * i + at, 2 * columns))
          values.set(`layers.${i}.${name}.lora.0.b`, uniformValues(90 + 7 * i + at, 2 * rows))
          return [name, { ...parameter, lora: [{ a: null, b: null, rank: 2, scale: 0.2 }] }]
        }),
      ),
  )
  return { loaded: { ...loaded, parameters: { ...loaded.parameters, layers } }, values }
}

export function mapWeights(loaded: LoadedModel, change: (parameter: Parameter) => Parameter): LoadedModel {
  const layers = loaded.parameters.layers.map(
    (layer) =>
      new Map(
        [...layer].map(([name, parameter]) => [
          name,
          parameter.shape.length === 2 ? change(parameter) : parameter,
        ]),
      ),
  )
  return { ...loaded, parameters: { ...loaded.parameters, layers } }
}

/** Adapters of the layers before `first` are taken off. */
export function withFrozen(loaded: LoadedModel, first: number): LoadedModel {
  const layers = loaded.parameters.layers.map((layer, i) =>
    i >= first ? layer : new Map([...layer].map(([name, parameter]) => [name, { ...parameter, lora: [] }])),
  )
  return { ...loaded, parameters: { ...loaded.parameters, layers } }
}
