// Gated linear unit with GELU (arXiv 2002.05202, GEGLU without its products) in the tanh form: gelu(gate) * up.
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'
import { geluSlope, geluValue } from './gelu.ts'

export function geglu(tape: Tape, gate: Value, up: Value): Value {
  const activated = geluValue(tape, gate, 'tanh')
  return tape.record(multiply(tape, activated, up), [gate, up], (gradient) => {
    tape.accumulate(up, () => multiply(tape, gradient, activated))
    tape.accumulate(gate, () => multiply(tape, multiply(tape, gradient, up), geluSlope(tape, gate, 'tanh')))
  })
}
