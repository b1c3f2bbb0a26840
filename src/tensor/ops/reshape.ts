// The same values, row-major, in another shape.
import type { Tape, Value } from '../tape.ts'
import { view } from './elementwise.ts'

export function reshape(tape: Tape, x: Value, shape: readonly number[]): Value {
  return tape.record(view(tape, x, shape), [x], (gradient) => {
    tape.accumulate(x, () => view(tape, gradient, x.shape))
  })
}
