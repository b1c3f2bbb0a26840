// What a method of training is: a model with places for what is trained, and the first values of that. One file beside
// this one is one method; index.ts lists them.
import type { LoadedModel } from '../../model/engine/index.ts'
import { readValues } from '../../model/rows.ts'
import { matrixShape, shapeOf } from '../../model/shape.ts'
import type { TensorSource } from '../../model/tensor.ts'
import type { Recipe } from '../../schema/training.ts'

/** Values read at once. */
const PIECE_VALUES = 1 << 22

/** What is trained, under the name of the engine's input that it feeds. */
export interface Trained {
  name: string
  shape: readonly number[]
  /** As the model's files have them: of norms that stand for 1 + w these are w. The optimiser changes them in place. */
  values: Float32Array
  group: 'a' | 'b' | 'magnitude' | 'weight'
  /** Whether weight decay applies: not to norms and biases, as in transformers' Trainer. */
  hasDecay: boolean
}

export interface Prepared {
  /** Its adapters' factors are null where they are trained. */
  loaded: LoadedModel
  trained: Trained[]
}

/** The base is not changed: what is returned shares its weights. Equal arguments give equal values. */
export type Method = (loaded: LoadedModel, recipe: Recipe, seed: number) => Prepared

/** Every weight by the name of the engine's input; an output layer that is the embedding is there once, as `embedding`. */
export function weightsOf(
  loaded: LoadedModel,
): Map<string, { shape: readonly number[]; dense: TensorSource }> {
  const { layers, embedding, norm, head } = loaded.parameters
  const weights = new Map<string, { shape: readonly number[]; dense: TensorSource }>()
  layers.forEach((layer, i) => {
    for (const [name, parameter] of layer) weights.set(`layers.${i}.${name}`, parameter)
  })
  weights.set('embedding', { shape: shapeOf(embedding), dense: embedding })
  weights.set('norm.weight', norm)
  if (!isTied(loaded)) weights.set('head.weight', head)
  return weights
}

export function isTied({ model, parameters: { head, embedding } }: LoadedModel): boolean {
  return model.config.tie_word_embeddings === true || JSON.stringify(head.dense) === JSON.stringify(embedding)
}

/** Calls `use` with all rows of a source, some at a time. */
export function eachPiece(source: TensorSource, use: (values: Float32Array, firstRow: number) => void): void {
  const { rows, columns } = matrixShape(shapeOf(source))
  const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
  for (let start = 0; start < rows; start += step)
    use(readValues(source, start, Math.min(rows, start + step)), start)
}

export interface ParameterCounts {
  /** Numbers that are trained. */
  trained: number
  /** Numbers of the model with its adapters, as peft counts them. */
  all: number
}

export function parameterCounts({ loaded, trained }: Prepared): ParameterCounts {
  const sizeOf = ({ shape }: { shape: readonly number[] }): number => shape.reduce((n, size) => n * size, 1)
  const count = (parts: Iterable<{ shape: readonly number[] }>): number =>
    [...parts].reduce((sum, part) => sum + sizeOf(part), 0)
  const added = trained.filter(({ group }) => group !== 'weight')
  return { trained: count(trained), all: count(weightsOf(loaded).values()) + count(added) }
}
