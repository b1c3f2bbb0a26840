// Output head and weighted cross entropy in one: the sum over rows of weight * -ln softmax(table h)[target]. Works in
// chunks of rows, so that the logits of all rows are never there at once, and never makes a one-hot: the gradient of
// the logits is weight * (P - one-hot), of which the second part is rows of the table.
import type { Tape, Value } from '../tape.ts'
import { scatterRows } from './embedding.ts'
import { asFloat32, multiply, view } from './elementwise.ts'
import { accumulateGemm, gemm } from './gemm.ts'

export interface CrossEntropyOptions {
  /** int64 [N]. */
  targets: Value
  /** [N, 1]; 0 leaves a row out. */
  weights: Value
  chunkRows: number
}

interface Chunk {
  hidden: Value
  targets: Value
  weights: Value
  logits: Value
}

/** h [N, d], table [V, d] in float32 or float16 -> the loss, a scalar. */
export function crossEntropy(tape: Tape, h: Value, table: Value, options: CrossEntropyOptions): Value {
  const dense = asFloat32(tape, table)
  const chunks = chunksOf(tape, h, options).map((chunk) => ({
    ...chunk,
    logits: gemm(tape, chunk.hidden, dense, { transposeRight: true }),
  }))
  const losses = chunks.map((chunk) => lossOf(tape, chunk))
  const loss = losses.length === 1 ? losses[0]! : tape.node('Sum', losses, [])
  return tape.record(loss, [h, table], (gradient) => {
    const parts = chunks.map((chunk) => backward(tape, chunk, { gradient, table, dense }))
    tape.accumulate(h, () =>
      parts.length === 1 ? parts[0]! : tape.node('Concat', parts, h.shape, { attributes: { axis: 0 } }),
    )
  })
}

function chunksOf(
  tape: Tape,
  h: Value,
  { targets, weights, chunkRows }: CrossEntropyOptions,
): Omit<Chunk, 'logits'>[] {
  const rows = h.shape[0]!
  if (chunkRows >= rows) return [{ hidden: h, targets, weights }]
  return Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) => {
    const [start, end] = [i * chunkRows, Math.min(rows, (i + 1) * chunkRows)]
    const slice = (x: Value): Value =>
      tape.node(
        'Slice',
        [x, tape.integers(start), tape.integers(end), tape.integers(0)],
        [end - start, ...x.shape.slice(1)],
        { type: x.type },
      )
    return { hidden: slice(h), targets: slice(targets), weights: slice(weights) }
  })
}

function lossOf(tape: Tape, { logits, targets, weights }: Chunk): Value {
  const logP = tape.node('LogSoftmax', [logits], logits.shape, { attributes: { axis: -1 } })
  const ofTargets = tape.node('GatherElements', [logP, view(tape, targets, weights.shape)], weights.shape, {
    attributes: { axis: 1 },
  })
  const weighted = multiply(tape, ofTargets, tape.node('Neg', [weights], weights.shape))
  return tape.node('ReduceSum', [weighted, tape.integers(0, 1)], [], { attributes: { keepdims: 0 } })
}

/** Adds to the gradient of the table; gives that of the chunk's rows. */
function backward(
  tape: Tape,
  { hidden, targets, weights, logits }: Chunk,
  { gradient, table, dense }: { gradient: Value; table: Value; dense: Value },
): Value {
  const P = tape.node('Softmax', [logits], logits.shape, { attributes: { axis: -1 } })
  const rowWeights = multiply(tape, weights, gradient)
  if (tape.needsGradient(table)) {
    const weighted = multiply(tape, hidden, rowWeights)
    accumulateGemm(tape, table, [P, weighted], { transposeLeft: true })
    scatterRows(tape, table, targets, tape.node('Neg', [weighted], weighted.shape))
  }
  const ofTargets = tape.node('Gather', [dense, targets], hidden.shape, { attributes: { axis: 0 } })
  const mean = gemm(tape, P, dense)
  return multiply(tape, tape.node('Sub', [mean, ofTargets], hidden.shape), rowWeights)
}
