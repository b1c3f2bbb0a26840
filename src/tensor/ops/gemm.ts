// The matrix products that the operations here share: alpha * left * right + addend, where addend is a bias or a
// gradient so far (adding inside the product saves a pass over the result), and the same for stacks of matrices.
import { CONTRIB } from '../onnx/graph.ts'
import type { Tape, Value } from '../tape.ts'

export interface GemmOptions {
  transposeLeft?: boolean
  transposeRight?: boolean
  alpha?: number
  /** Of the product's shape, or [columns]. */
  addend?: Value | undefined
}

/** left [M, K] (or [K, M] to be transposed) times right [K, N] (or [N, K]). */
export function gemm(tape: Tape, left: Value, right: Value, options: GemmOptions = {}): Value {
  const { transposeLeft = false, transposeRight = false, alpha = 1, addend } = options
  const rows = left.shape[transposeLeft ? 1 : 0]!
  const columns = right.shape[transposeRight ? 0 : 1]!
  return tape.node('Gemm', addend ? [left, right, addend] : [left, right], [rows, columns], {
    attributes: { transA: Number(transposeLeft), transB: Number(transposeRight), alpha: { float: alpha } },
  })
}

/** Adds a product to the gradient of `value`, in one pass; nothing happens where none is needed. */
export function accumulateGemm(
  tape: Tape,
  value: Value,
  [left, right]: readonly [Value, Value],
  options: Omit<GemmOptions, 'addend'> = {},
): void {
  if (!tape.needsGradient(value)) return
  tape.setGradient(value, gemm(tape, left, right, { ...options, addend: tape.gradientOf(value) }))
}

/** Products of the matrices in the last two dimensions. */
export function batched(
  tape: Tape,
  left: Value,
  right: Value,
  { transposeLeft = false, transposeRight = false, alpha = 1 }: Omit<GemmOptions, 'addend'> = {},
): Value {
  const rows = left.shape.at(transposeLeft ? -1 : -2)!
  const columns = right.shape.at(transposeRight ? -2 : -1)!
  return tape.node('FusedMatMul', [left, right], [...left.shape.slice(0, -2), rows, columns], {
    attributes: { transA: Number(transposeLeft), transB: Number(transposeRight), alpha: { float: alpha } },
    domain: CONTRIB,
  })
}
