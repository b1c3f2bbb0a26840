// DoRA (arXiv 2402.09353, equation 5): rows of W + scale * B A, scaled to norms that are trained beside A and B. They begin
// as the norms of the rows of W. In the gradient the norm of W + scale * B A counts as a constant (section 4.3).
import type { LoadedModel } from '../../model/engine/index.ts'
import { matrixShape } from '../../model/shape.ts'
import type { TensorSource } from '../../model/tensor.ts'
import type { Recipe } from '../../schema/training.ts'
import { lora } from './lora.ts'
import { eachPiece, type Prepared, type Trained } from './method.ts'

export function dora(base: LoadedModel, recipe: Recipe, seed: number): Prepared {
  const { loaded, trained: factors } = lora(base, recipe, seed)
  const trained: Trained[] = [...factors]
  const layers = loaded.parameters.layers.map(
    (layer, i) =>
      new Map(
        [...layer].map(([name, parameter]) => {
          if (parameter.lora.length === 0) return [name, parameter]
          trained.push(magnitude(`layers.${i}.${name}`, parameter))
          return [name, { ...parameter, outputScale: { magnitude: null } }]
        }),
      ),
  )
  return { loaded: { ...loaded, parameters: { ...loaded.parameters, layers } }, trained }
}

// Weight decay applies, as in transformers' Trainer, which takes it off norms and biases only.
function magnitude(name: string, weight: { dense: TensorSource; shape: readonly number[] }): Trained {
  const { rows, columns } = matrixShape(weight.shape)
  const values = new Float32Array(rows)
  eachPiece(weight.dense, (piece, firstRow) => {
    for (let begin = 0, row = firstRow; begin < piece.length; begin += columns, row++) {
      let squares = 0
      for (let i = begin; i < begin + columns; i++) squares += piece[i]! * piece[i]!
      values[row] = Math.sqrt(squares)
    }
  })
  return { name: `${name}.magnitude`, shape: [rows], values, group: 'magnitude', hasDecay: true }
}
