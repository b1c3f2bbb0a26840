// A value multiplied by a number that is known when the program is written.
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'

export function scale(tape: Tape, x: Value, factor: number): Value {
  if (factor === 1) return x
  return tape.record(multiply(tape, x, tape.float(factor)), [x], (gradient) => {
    tape.accumulate(x, () => multiply(tape, gradient, tape.float(factor)))
  })
}
