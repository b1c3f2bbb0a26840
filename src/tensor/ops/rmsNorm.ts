// Root mean square normalisation over the last dimension (arXiv 1910.07467, equation 4):
// y = gamma * x / sqrt(mean(x^2) + epsilon).
import type { Tape, Value } from '../tape.ts'
import { columnShape, multiply, sumRows } from './elementwise.ts'

/** x [.., d], gamma [d]. */
export function rmsNorm(tape: Tape, x: Value, gamma: Value, epsilon: number): Value {
  const [y, inverse] = tape.nodes(
    'SimplifiedLayerNormalization',
    [x, gamma],
    [x.shape, columnShape(x.shape)],
    {
      attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
    },
  ) as [Value, Value]
  return tape.record(y, [x, gamma], (gradient) => {
    tape.accumulate(gamma, () => sumRows(tape, multiply(tape, multiply(tape, gradient, x), inverse)))
    // dx = inverse * (gamma * dy - x * inverse * mean(y * dy)): y is there for what follows, so that its use saves a pass.
    tape.accumulate(x, () => {
      const mean = tape.node(
        'ReduceMean',
        [multiply(tape, gradient, y), tape.integers(-1)],
        columnShape(x.shape),
        { attributes: { keepdims: 1 } },
      )
      const factor = multiply(tape, multiply(tape, inverse, inverse), mean)
      const direct = multiply(tape, multiply(tape, gradient, gamma), inverse)
      return tape.node('Sub', [direct, multiply(tape, x, factor)], x.shape)
    })
  })
}
