// Rows of a base's weight with an adapter on it, computed as they are asked for, in fp32 with sums in fp64: LoRA
// (arXiv 2106.09685, section 4.1), DoRA (arXiv 2402.09353, equation 5) and IA3 (arXiv 2205.05638, section 3.3).
// Not the rounding of a merge: measure/applied replays that.
import { matrixShape, shapeOf } from '../shape.ts'
import type { LoraFactors, TensorSource } from '../tensor.ts'

export type LoraSource = TensorSource & { kind: 'lora' }
export type ScaledSource = TensorSource & { kind: 'scaled' }
export type ReadRows = (source: TensorSource, start: number, end: number) => Float32Array

/** delta = scale * left * right, as (rows of the weight, columns of the weight), row-major. */
export interface DeltaFactors {
  left: Float32Array
  right: Float32Array
  rank: number
  columns: number
  scale: number
}

/** What factors a thread keeps; those of one matrix of a large model are 2 to 20 MB. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024
/** Elements of a block in the pass over a whole matrix that column norms need. */
const BLOCK_ELEMENTS = 1 << 20

/** Rows [start, end) of the weight with the low-rank update, and DoRA's magnitudes, applied. */
export function loraRows(source: LoraSource, start: number, end: number, read: ReadRows): Float32Array {
  const values = updatedRows(source, start, end, read)
  if (!source.magnitude) return values
  const { columns } = matrixShape(shapeOf(source.of))
  if (source.transposed) {
    multiplyColumns(values, columnFactors(source, read))
  } else {
    const magnitude = readVector(source.magnitude, read)
    for (let row = start; row < end; row++) {
      const begin = (row - start) * columns
      const rowValues = values.subarray(begin, begin + columns)
      const factor = magnitude[row]! / Math.sqrt(squares(rowValues))
      for (let j = 0; j < columns; j++) rowValues[j]! *= factor
    }
  }
  return values
}

/** Rows [start, end) with each row, or each column, multiplied by a number. */
export function scaledRows(source: ScaledSource, start: number, end: number, read: ReadRows): Float32Array {
  const values = read(source.of, start, end)
  const by = readVector(source.by, read)
  if (source.axis === 'columns') {
    multiplyColumns(values, by)
    return values
  }
  const columns = values.length / Math.max(1, end - start)
  for (let row = start; row < end; row++) {
    const begin = (row - start) * columns
    for (let j = begin; j < begin + columns; j++) values[j]! *= by[row]!
  }
  return values
}

/** The two factors as rows and columns of the weight as it is stored; kept for the next rows. */
export function deltaFactors(factors: LoraFactors, isTransposed: boolean, read: ReadRows): DeltaFactors {
  return kept(`factors ${isTransposed} ${JSON.stringify(factors)}`, () => {
    const a = readMatrix(factors.a, read)
    const b = readMatrix(factors.b, read)
    const { scale } = factors
    const rank = a.rows
    return isTransposed
      ? { left: transpose(a), right: transpose(b), rank, columns: b.rows, scale }
      : { left: b.values, right: a.values, rank, columns: a.columns, scale }
  })
}

/** Adds row `row` of left * right to `sums`, four ranks at a time. */
export function addProductRow(factors: DeltaFactors, row: number, sums: Float64Array): void {
  const { left, right, rank, columns } = factors
  const at = row * rank
  let k = 0
  for (; k + 4 <= rank; k += 4) {
    const [l0, l1, l2, l3] = [left[at + k]!, left[at + k + 1]!, left[at + k + 2]!, left[at + k + 3]!]
    const r0 = k * columns
    const r1 = r0 + columns
    const r2 = r1 + columns
    const r3 = r2 + columns
    for (let j = 0; j < columns; j++) {
      sums[j]! += l0 * right[r0 + j]! + l1 * right[r1 + j]! + l2 * right[r2 + j]! + l3 * right[r3 + j]!
    }
  }
  for (; k < rank; k++) {
    const l = left[at + k]!
    const r = k * columns
    for (let j = 0; j < columns; j++) sums[j]! += l * right[r + j]!
  }
}

function updatedRows(source: LoraSource, start: number, end: number, read: ReadRows): Float32Array {
  const values = read(source.of, start, end)
  const factors = deltaFactors(source.factors, source.transposed, read)
  const { columns, scale } = factors
  const sums = new Float64Array(columns)
  for (let row = start; row < end; row++) {
    sums.fill(0)
    addProductRow(factors, row, sums)
    const begin = (row - start) * columns
    for (let j = 0; j < columns; j++) values[begin + j]! += scale * sums[j]!
  }
  return values
}

/** Where the weight is stored as (in, out), DoRA's norms run over its columns: one pass over the matrix, kept. */
function columnFactors(source: LoraSource, read: ReadRows): Float32Array {
  return kept(`columns ${JSON.stringify(source)}`, () => {
    const { rows, columns } = matrixShape(shapeOf(source.of))
    const magnitude = readVector(source.magnitude!, read)
    const sums = new Float64Array(columns)
    const step = Math.max(1, Math.floor(BLOCK_ELEMENTS / columns))
    for (let start = 0; start < rows; start += step) {
      const values = updatedRows(source, start, Math.min(rows, start + step), read)
      for (let begin = 0; begin < values.length; begin += columns) {
        for (let j = 0; j < columns; j++) sums[j]! += values[begin + j]! * values[begin + j]!
      }
    }
    return Float32Array.from(sums, (sum, j) => magnitude[j]! / Math.sqrt(sum))
  })
}

function multiplyColumns(values: Float32Array, by: Float32Array): void {
  for (let begin = 0; begin < values.length; begin += by.length) {
    for (let j = 0; j < by.length; j++) values[begin + j]! *= by[j]!
  }
}

function squares(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return sum
}

interface Matrix {
  values: Float32Array
  rows: number
  columns: number
}

function readMatrix(source: TensorSource, read: ReadRows): Matrix {
  const { rows, columns } = matrixShape(shapeOf(source))
  return { values: read(source, 0, rows), rows, columns }
}

/** All numbers of a vector, however many dimensions of length 1 it has. */
export function readVector(source: TensorSource, read: ReadRows): Float32Array {
  return kept(`vector ${JSON.stringify(source)}`, () => readMatrix(source, read).values)
}

function transpose({ values, rows, columns }: Matrix): Float32Array {
  const turned = new Float32Array(values.length)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!
  }
  return turned
}

type Kept = Float32Array | DeltaFactors

/** By content, because a thread gets a new copy of a source with each message. The first was used longest ago. */
const keptByKey = new Map<string, Kept>()
let keptBytes = 0

function kept<T extends Kept>(key: string, compute: () => T): T {
  const known = keptByKey.get(key) as T | undefined
  if (known) {
    keptByKey.delete(key)
    keptByKey.set(key, known)
    return known
  }
  const value = compute()
  keptByKey.set(key, value)
  keptBytes += bytesOf(value)
  for (const [oldest, unused] of keptByKey) {
    if (keptBytes <= MAX_KEPT_BYTES || oldest === key) break
    keptByKey.delete(oldest)
    keptBytes -= bytesOf(unused)
  }
  return value
}

const bytesOf = (value: Kept): number =>
  value instanceof Float32Array ? value.byteLength : value.left.byteLength + value.right.byteLength
