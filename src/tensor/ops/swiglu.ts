// Gated linear unit with SiLU (arXiv 2002.05202, SwiGLU without its products): silu(gate) * up, silu(x) = x * sigmoid(x).
import { CONTRIB } from '../onnx/graph.ts'
import type { Tape, Value } from '../tape.ts'
import { multiply } from './elementwise.ts'

export function swiglu(tape: Tape, gate: Value, up: Value): Value {
  // The backward program needs the sigmoid by itself; forward, one kernel keeps it in cache.
  const sigmoid = tape.node('Sigmoid', [gate], gate.shape)
  const silu = tape.isBackward
    ? multiply(tape, gate, sigmoid)
    : tape.node('QuickGelu', [gate], gate.shape, { attributes: { alpha: { float: 1 } }, domain: CONTRIB })
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
