// Sum of two values of one shape.
import type { Tape, Value } from '../tape.ts'

export function add(tape: Tape, a: Value, b: Value): Value {
  return tape.record(tape.node('Add', [a, b], a.shape), [a, b], (gradient) => {
    tape.accumulate(a, () => gradient)
    tape.accumulate(b, () => gradient)
  })
}
