// Gated linear unit with SiLU (arXiv 2002.05202, SwiGLU without its products): silu(gate) * up, silu(x) = x * sigmoid(x).
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'

export function swiglu(tape: Tape, gate: Value, up: Value): Value {
  const sigmoid = tape.node('Sigmoid', [gate], gate.shape)
  const silu = multiply(tape, gate, sigmoid)
  return tape.record(multiply(tape, silu, up), [gate, up], (gradient) => {
    tape.accumulate(up, () => multiply(tape, gradient, silu))
    tape.accumulate(gate, () => {
      // d silu = sigmoid + silu * (1 - sigmoid)
      const rest = tape.node('Sub', [silu, multiply(tape, silu, sigmoid)], gate.shape)
      const slope = tape.node('Add', [sigmoid, rest], gate.shape)
      return multiply(tape, multiply(tape, gradient, up), slope)
    })
  })
}
