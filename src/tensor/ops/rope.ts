// Rotary position embedding (arXiv 2104.09864, equation 34), with the halves of a head rotated against each other as
// Hugging Face lays them out. A rotation's gradient is the rotation back, hence the table of -sin.
import { CONTRIB } from '../onnx/graph.ts'
import type { Tape, Value } from '../tape.ts'

export interface RopeTables {
  /** int64 [B, T]: rows of the tables. */
  positions: Value
  /** [M, D / 2] each. */
  cos: Value
  sin: Value
  negSin: Value
}

/** x [B, T, H * D] -> the same shape. D is twice the tables' columns. */
export function rope(tape: Tape, x: Value, { positions, cos, sin, negSin }: RopeTables): Value {
  const rotate = (value: Value, sine: Value): Value =>
    tape.node('RotaryEmbedding', [value, positions, cos, sine], x.shape, {
      attributes: { interleaved: 0 },
      domain: CONTRIB,
    })
  return tape.record(rotate(x, sin), [x], (gradient) => {
    tape.accumulate(x, () => rotate(gradient, negSin))
  })
}
