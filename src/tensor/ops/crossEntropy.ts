// Output head and weighted cross entropy in one: the sum over rows of weight * -ln softmax(table h)[target]. Works in
// chunks of rows, so that the logits of all rows are never there at once, and never makes a one-hot: the gradient of
// the logits is weight * (P - one-hot), of which the second part is rows of the table.
import type { Tape, Value } from '../tape.ts'
import { asFloat32, multiply, view } from './elementwise.ts'
import { scatterRows } from './embedding.ts'
import { accumulateGemm, gemm } from './gemm.ts'

export interface CrossEntropyOptions {
  /** int64 [N]. */
  targets: Value
  /** [N, 1]; 0 leaves a row out. */
  weights: Value
  /**
   * Rows whose logits are there at once. More are faster, since each chunk goes through the whole table; where the
   * table is trained, each chunk writes its whole gradient and keeps its probabilities, so one chunk is best.
   */
  chunkRows: number
}

interface Chunk {
  start: number
  end: number
  targets: Value
  weights: Value
  logits: Value
  P: Value
}

/** h [N, d], table [V, d] in float32 or float16 -> the loss, a scalar. */
export function crossEntropy(tape: Tape, h: Value, table: Value, options: CrossEntropyOptions): Value {
  const dense = asFloat32(tape, table)
  const chunks = chunksOf(tape, h, dense, options)
  const hasGradient = tape.isBackward && tape.needsGradient(h)
  // A chunk's loss stands beside its gradient in one matrix, or onnxruntime would compute all losses first and keep
  // the logits of all chunks for the gradients.
  const rows = chunks.map((chunk) => {
    const losses = lossRows(tape, chunk)
    return hasGradient ? concat(tape, [gradientRows(tape, chunk, dense), losses], 1) : losses
  })
  const all = rows.length === 1 ? rows[0]! : concat(tape, rows, 0)
  const losses = hasGradient ? slice(tape, all, [h.shape[1]!, h.shape[1]! + 1], 1) : all
  const loss = tape.node('ReduceSum', [losses, tape.integers(0, 1)], [], { attributes: { keepdims: 0 } })
  return tape.record(loss, [h, table], (gradient) => {
    if (tape.needsGradient(table)) tableGradient(tape, chunks, { h, table, gradient, ...options })
    tape.accumulate(h, () => multiply(tape, slice(tape, all, [0, h.shape[1]!], 1), gradient))
  })
}

function chunksOf(
  tape: Tape,
  h: Value,
  dense: Value,
  { targets, weights, chunkRows }: CrossEntropyOptions,
): Chunk[] {
  const rows = h.shape[0]!
  return Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) => {
    const [start, end] = [i * chunkRows, Math.min(rows, (i + 1) * chunkRows)]
    const part = (x: Value): Value => slice(tape, x, [start, end], 0)
    const logits = gemm(tape, part(h), dense, { transposeRight: true })
    const P = tape.node('Softmax', [logits], logits.shape, { attributes: { axis: -1 } })
    return { start, end, targets: part(targets), weights: part(weights), logits, P }
  })
}

/**
 * [rows, 1]. The largest logit's probability is 1 over the sum of e^(logit - largest), so that -ln P[target] is
 * largest - logit[target] - ln(largest P): as exact as a logarithm of all of P, without the room for it.
 */
function lossRows(tape: Tape, { logits, P, targets, weights }: Chunk): Value {
  const ofTargets = tape.node('GatherElements', [logits, view(tape, targets, weights.shape)], weights.shape, {
    attributes: { axis: 1 },
  })
  const largest = (x: Value): Value =>
    tape.node('ReduceMax', [x, tape.integers(1)], weights.shape, { attributes: { keepdims: 1 } })
  const below = tape.node('Sub', [largest(logits), ofTargets], weights.shape)
  const logOfLargest = tape.node('Log', [largest(P)], weights.shape)
  return multiply(tape, tape.node('Sub', [below, logOfLargest], weights.shape), weights)
}

/** Gradient of the loss with respect to rows of h: weight * (P table - table[target]). */
function gradientRows(tape: Tape, { targets, weights, P }: Chunk, dense: Value): Value {
  const mean = gemm(tape, P, dense)
  const ofTargets = tape.node('Gather', [dense, targets], mean.shape, { attributes: { axis: 0 } })
  return multiply(tape, tape.node('Sub', [mean, ofTargets], mean.shape), weights)
}

function tableGradient(
  tape: Tape,
  chunks: readonly Chunk[],
  options: { h: Value; table: Value; gradient: Value; targets: Value; weights: Value },
): void {
  const { h, table, gradient, targets, weights } = options
  const weighted = multiply(tape, h, multiply(tape, weights, gradient))
  for (const { P, start, end } of chunks) {
    accumulateGemm(tape, table, [P, slice(tape, weighted, [start, end], 0)], { transposeLeft: true })
  }
  scatterRows(tape, table, targets, tape.node('Neg', [weighted], weighted.shape))
}

/** Part of one axis; the value itself where that is all of it. */
function slice(tape: Tape, x: Value, [start, end]: readonly [number, number], axis: number): Value {
  if (start === 0 && end === x.shape[axis]) return x
  const bounds = [start, end, axis].map((number) => tape.integers(number))
  return tape.node('Slice', [x, ...bounds], x.shape.with(axis, end - start), { type: x.type })
}

function concat(tape: Tape, parts: readonly Value[], axis: number): Value {
  const size = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0)
  return tape.node('Concat', parts, parts[0]!.shape.with(axis, size), { attributes: { axis } })
}
