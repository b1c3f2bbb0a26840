// Orthonormal columns of tall fp32 matrices by Cholesky QR, repeated, with a shift where the columns are too dependent
// for fp32 products (Fukaya et al. 2020, SIAM J. Sci. Comput. 42): matrix products alone. Gram-Schmidt in fp64 for what
// is left, which is matrices whose columns are truly dependent.
import { cholesky, invertUpper, thinQr } from './linalg.ts'
import { type Matmul, type Matrix, matrixOf } from './matmul.ts'

/** Rows whose products are summed in fp32 before they are added in fp64. */
const GRAM_ROWS = 512
/** A Cholesky pivot above this share of its diagonal leaves columns orthonormal to about 1e-5. */
const WELL_CONDITIONED = 1e-2
/** Below this share a pivot may be rounding, and a shift is needed. */
const TRUSTED = 1e-4
const SHIFT = 1e-5
const MAX_ROUNDS = 6

/** left' right (columns x columns) of two matrices with equal rows, fp32 products, fp64 sums between row blocks. */
export async function innerProducts(left: Matrix, right: Matrix, matmul: Matmul): Promise<Float64Array> {
  const sum = new Float64Array(left.columns * right.columns)
  const part = new Float32Array(sum.length)
  for (let start = 0; start < left.rows; start += GRAM_ROWS) {
    const end = Math.min(left.rows, start + GRAM_ROWS)
    await matmul.product(rowsOf(left, start, end), rowsOf(right, start, end), {
      transposeLeft: true,
      out: part,
    })
    for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!
  }
  return sum
}

function rowsOf({ columns, values }: Matrix, start: number, end: number): Matrix {
  return matrixOf(end - start, columns, values.subarray(start * columns, end * columns))
}

/**
 * Makes the columns of `matrix` orthonormal in place and returns upper triangular r (columns x columns, row-major) with
 * before = after r. Columns that depend on earlier ones become zero. `onlyR`: the matrix is left half done.
 */
export async function orthonormalColumns(
  matrix: Matrix,
  matmul: Matmul,
  { onlyR = false }: { onlyR?: boolean } = {},
): Promise<Float64Array> {
  const { rows, columns, values } = matrix
  let r = identity(columns)
  for (let round = 0; round < MAX_ROUNDS && rows >= columns; round++) {
    const gram = await innerProducts(matrix, matrix, matmul)
    if (traceOf(gram, columns) === 0) {
      values.fill(0)
      return new Float64Array(columns * columns)
    }
    const step = stepOf(gram, columns)
    if (!step) break
    r = multiplyUpper(step.r, r, columns)
    if (!(onlyR && step.isLast)) await timesInverse(matrix, step.r, matmul)
    if (step.isLast) return r
  }
  const exact = thinQr(Float64Array.from(values), rows, columns)
  values.set(exact.q)
  return multiplyUpper(exact.r, r, columns)
}

function stepOf(gram: Float64Array, n: number): { r: Float64Array; isLast: boolean } | null {
  const good = cholesky(gram, n, WELL_CONDITIONED)
  if (good) return { r: good, isLast: true }
  const fair = cholesky(gram, n, TRUSTED)
  if (fair) return { r: fair, isLast: false }
  const shift = (SHIFT * traceOf(gram, n)) / n
  const shifted = cholesky(
    gram.map((value, i) => (i % (n + 1) === 0 ? value + shift : value)),
    n,
    0,
  )
  return shifted && { r: shifted, isLast: false }
}

/** matrix := matrix r^-1. */
async function timesInverse(matrix: Matrix, r: Float64Array, matmul: Matmul): Promise<void> {
  const { rows, columns } = matrix
  const inverse = matrixOf(columns, columns, Float32Array.from(invertUpper(r, columns)))
  const block = new Float32Array(Math.min(rows, GRAM_ROWS) * columns)
  for (let start = 0; start < rows; start += GRAM_ROWS) {
    const part = rowsOf(matrix, start, Math.min(rows, start + GRAM_ROWS))
    const out = block.subarray(0, part.values.length)
    await matmul.product(part, inverse, { out })
    part.values.set(out)
  }
}

function identity(n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) out[i * n + i] = 1
  return out
}

function traceOf(square: Float64Array, n: number): number {
  let trace = 0
  for (let i = 0; i < n; i++) trace += square[i * n + i]!
  return trace
}

function multiplyUpper(left: Float64Array, right: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let k = i; k < n; k++) {
      const factor = left[i * n + k]!
      for (let j = k; j < n; j++) out[i * n + j]! += factor * right[k * n + j]!
    }
  }
  return out
}
