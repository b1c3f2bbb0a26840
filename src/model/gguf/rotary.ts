// Undoes the order that llama.cpp gives the rows of q and k of the Llama family. Its rotary embedding turns neighbouring
// rows 2i and 2i + 1 of a head; Hugging Face's turns rows i and i + half. So row i + j * half is row 2i + j of the file.
import { matrixShape, shapeOf } from '../shape.ts'
import type { TensorSource } from '../tensor.ts'

type RotaryRows = TensorSource & { kind: 'rotary-rows' }
type ReadRows = (source: TensorSource, start: number, end: number) => Float32Array

/** Rows [start, end) in Hugging Face's order. Whole heads are read, because the rows of a half lie apart in the file. */
export function readRotaryRows(source: RotaryRows, start: number, end: number, read: ReadRows): Float32Array {
  const shape = shapeOf(source)
  // A bias is read as one row; its elements are in the order of the weight's rows.
  if (shape.length === 1) {
    const size = shape[0]!
    return pick(read(source.of, start, end), {
      start: 0,
      end: size,
      first: 0,
      headRows: size / source.heads,
      columns: 1,
    })
  }
  const { rows, columns } = matrixShape(shape)
  const headRows = rows / source.heads
  const first = Math.floor(start / headRows) * headRows
  const last = Math.ceil(end / headRows) * headRows
  return pick(read(source.of, first, last), { start, end, first, headRows, columns })
}

interface Picked {
  start: number
  end: number
  /** Row that `heads` begins with. */
  first: number
  headRows: number
  columns: number
}

function pick(heads: Float32Array, { start, end, first, headRows, columns }: Picked): Float32Array {
  const half = headRows / 2
  const out = new Float32Array((end - start) * columns)
  for (let row = start; row < end; row++) {
    const inHead = row % headRows
    const inFile = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half)
    const from = (inFile - first) * columns
    out.set(heads.subarray(from, from + columns), (row - start) * columns)
  }
  return out
}
