// Gated linear unit with SiLU (arXiv 2002.05202, SwiGLU without its products): silu(gate) * up, silu(x) = x * sigmoid(x).
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'

export function swiglu(tape: Tape, gate: Value, up: Value): Value {
  const sigmoid = tape.node('Sigmoid', [gate], gate.shape)
  const silu = multiply(tape, gate, sigmoid)
  const y = multiply(tape, silu, up)
  return tape.record(y, [gate, up], (gradient) => {
    tape.accumulate(up, () => multiply(tape, gradient, silu))
    tape.accumulate(gate, () => {
      // up * d silu = up * (sigmoid + silu * (1 - sigmoid)) = y + sigmoid * (up - y)
      const rest = multiply(tape, sigmoid, tape.node('Sub', [up, y], gate.shape))
      return multiply(tape, gradient, tape.node('Add', [y, rest], gate.shape))
    })
  })
}
