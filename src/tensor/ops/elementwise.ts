// Small pieces that the operations' files are written with. None of them records a gradient.
import type { Tape, Value } from '../tape.ts'

export const multiply = (tape: Tape, x: Value, y: Value): Value => tape.node('Mul', [x, y], x.shape)

/** x [.., d] summed over all dimensions but the last: the gradient of a vector that was broadcast over rows. */
export function sumRows(tape: Tape, x: Value): Value {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis)
  return tape.node('ReduceSum', [x, tape.integers(...axes)], x.shape.slice(-1), {
    attributes: { keepdims: 0 },
  })
}

/** The same shape with a last dimension of 1. */
export const columnShape = (shape: readonly number[]): number[] => [...shape.slice(0, -1), 1]

/** x in another shape. */
export const view = (tape: Tape, x: Value, shape: readonly number[]): Value =>
  tape.node('Reshape', [x, tape.integers(...shape)], shape, { type: x.type })

export const transpose = (tape: Tape, x: Value, order: readonly number[]): Value =>
  tape.node(
    'Transpose',
    [x],
    order.map((axis) => x.shape[axis]!),
    { attributes: { perm: order }, type: x.type },
  )

/** The values as fp32; weights may be fed in half precision. */
export const asFloat32 = (tape: Tape, x: Value): Value =>
  x.type === 'float32' ? x : tape.node('Cast', [x], x.shape, { attributes: { to: 1 } })
