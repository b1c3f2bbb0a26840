// Shapes of tensor sources, and how a tensor of any shape is read as a matrix.
import type { TensorSource } from './tensor.ts'

export interface MatrixShape {
  /** Product of all dimensions but the last. */
  rows: number
  columns: number
}

export function matrixShape(shape: readonly number[]): MatrixShape {
  const columns = shape.at(-1) ?? 1
  return { rows: shape.slice(0, -1).reduce((product, size) => product * size, 1), columns }
}

export function shapeOf(source: TensorSource): readonly number[] {
  return source.kind === 'stored' ? source.shape : shapeOf(source.of)
}
