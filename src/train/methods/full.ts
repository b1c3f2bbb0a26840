// Full fine-tuning: every weight is trained in fp32, the embedding, the norms and the biases too; with `layers`, all weights
// of those layers and nothing else. An output layer that is the embedding is trained once, as the embedding.
import type { Parameter, Parameters } from '../../model/engine/engineModel.ts'
import type { LoadedModel } from '../../model/engine/index.ts'
import { matrixShape, shapeOf } from '../../model/shape.ts'
import type { Recipe } from '../../schema/training.ts'
import { UserError } from '../../util/errors.ts'
import { eachPiece, isTied, type Prepared, type Trained } from './method.ts'
import { layersOf } from './targets.ts'

/** Where the recipe names targets: UserError. */
export function full(loaded: LoadedModel, recipe: Recipe): Prepared {
  if (recipe.targets !== 'all-linear') {
    throw new UserError(`targets is ${String(recipe.targets)}, and method full trains all weights`, {
      hint: 'leave targets out, choose layers instead, or take method lora',
    })
  }
  const { parameters } = loaded
  const chosen = layersOf(loaded, recipe)
  const trained: Trained[] = []
  const train = (name: string, parameter: Parameter): Parameter => {
    trained.push(weight(name, parameter))
    return { ...parameter, type: 'float32' }
  }
  const layers = parameters.layers.map((layer, i) =>
    chosen.has(i)
      ? new Map([...layer].map(([name, parameter]) => [name, train(`layers.${i}.${name}`, parameter)]))
      : layer,
  )
  if (recipe.layers !== null) return { loaded: { ...loaded, parameters: { ...parameters, layers } }, trained }
  const { embedding } = parameters
  trained.push(weight('embedding', { shape: shapeOf(embedding), dense: embedding }))
  const rest: Pick<Parameters, 'norm' | 'head'> = {
    norm: train('norm.weight', parameters.norm),
    head: isTied(loaded) ? { ...parameters.head, dense: embedding } : train('head.weight', parameters.head),
  }
  return { loaded: { ...loaded, parameters: { ...parameters, ...rest, layers } }, trained }
}

function weight(name: string, { shape, dense }: Pick<Parameter, 'shape' | 'dense'>): Trained {
  const { rows, columns } = matrixShape(shape)
  const values = new Float32Array(rows * columns)
  eachPiece(dense, (piece, firstRow) => values.set(piece, firstRow * columns))
  return { name, shape, values, group: 'weight', hasDecay: shape.length > 1 }
}
