// Low-rank updates delta = scale * b * a, measured from their factors: the dense delta is never built. With QR
// decompositions b = Qb Rb and a' = Qa Ra, all singular values of the delta are those of scale * Rb Ra' (rank x rank).
import { singularValuesOf } from './eigen.ts'
import { smallSvd } from './linalg.ts'
import { type Matmul, type Matrix, matrixOf } from './matmul.ts'
import { innerProducts, orthonormalColumns } from './orthonormal.ts'
import type { RowSource } from './svd.ts'

export interface Factors {
  /** (rank x in). */
  a: RowSource
  /** (out x rank). */
  b: RowSource
  scale: number
}

export interface FactorSpectrum {
  /** Largest first, one a rank (or a row or column, where there are fewer). */
  singularValues: Float64Array
  /** Square of the Frobenius norm of the delta: the sum of their squares. */
  squares: number
  /** Orthonormal bases of what the delta writes (out x k) and reads (in x k), row-major; null unless asked for. */
  left: Float32Array | null
  right: Float32Array | null
}

/** Memory that one caller uses again for one update after the other; it grows to the largest. */
export interface FactorScratch {
  a: Float32Array
  b: Float32Array
}
export const factorScratch = (): FactorScratch => ({ a: new Float32Array(0), b: new Float32Array(0) })

export interface FactorOptions {
  matmul: Matmul
  /** How many singular vectors of both sides; 0 unless said. */
  bases?: number
  scratch?: FactorScratch
}

/** Singular values of the delta; with `bases`, that many singular vectors of both sides. */
export async function factorSpectrum(factors: Factors, options: FactorOptions): Promise<FactorSpectrum> {
  const { matmul, bases = 0, scratch = factorScratch() } = options
  const rank = factors.a.rows
  const onlyR = bases === 0
  const b = await copyOf(factors.b, scratch)
  const rb = await orthonormalColumns(b, matmul, { onlyR })
  const a = await transposeOf(factors.a, scratch)
  const ra = await orthonormalColumns(a, matmul, { onlyR })
  const core = coreOf(rb, ra, { rank, scale: factors.scale })
  const count = Math.min(rank, b.rows, a.rows)
  if (onlyR) return { ...valuesOf(singularValuesOf(core, rank), count), left: null, right: null }
  const svd = smallSvd(core, rank)
  const k = Math.min(bases, count)
  return {
    ...valuesOf(svd.values, count),
    left: await matmul.product(b, firstColumns(svd.left, rank, k)),
    right: await matmul.product(a, firstColumns(svd.right, rank, k)),
  }
}

const valuesOf = (all: Float64Array, count: number) => ({
  singularValues: all.slice(0, count),
  squares: all.reduce((sum, value) => sum + value * value, 0),
})

/** scale * Rb Ra', both upper triangular. */
function coreOf(
  rb: Float64Array,
  ra: Float64Array,
  { rank, scale }: { rank: number; scale: number },
): Float64Array {
  const core = new Float64Array(rank * rank)
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < rank; j++) {
      let sum = 0
      for (let k = Math.max(i, j); k < rank; k++) sum += rb[i * rank + k]! * ra[j * rank + k]!
      core[i * rank + j] = scale * sum
    }
  }
  return core
}

/** Sum of products of the elements of two deltas of one shape: scale1 scale2 tr((b1' b2) (a2 a1')). */
export async function factorInnerProduct(one: Factors, other: Factors, matmul: Matmul): Promise<number> {
  const [s1, s2] = [factorScratch(), factorScratch()]
  const columns = await innerProducts(await copyOf(one.b, s1), await copyOf(other.b, s2), matmul)
  const rows = await innerProducts(await transposeOf(one.a, s1), await transposeOf(other.a, s2), matmul)
  return one.scale * other.scale * columns.reduce((sum, value, i) => sum + value * rows[i]!, 0)
}

/** Sum of products of base (out x in) and delta: scale * sum(b * (base a')), streamed over rows of the base. */
export async function innerProductWithRows(
  rowsOfBase: Matrix,
  factors: { a: Matrix; bRows: Matrix; scale: number },
  matmul: Matmul,
): Promise<number> {
  const projected = await matmul.product(rowsOfBase, factors.a, { transposeRight: true })
  const { values } = factors.bRows
  let sum = 0
  for (let i = 0; i < projected.length; i++) sum += projected[i]! * values[i]!
  return factors.scale * sum
}

/**
 * |U1' U2|^2 / min(k1, k2) of two orthonormal bases (n x k1 and n x k2, row-major): 1 where one space holds the other,
 * max(k1, k2) / n for random spaces.
 */
export function subspaceOverlap(one: Float32Array, k1: number, other: Float32Array, k2: number): number {
  const products = new Float64Array(k1 * k2)
  const rows = k1 === 0 ? 0 : one.length / k1
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < k1; i++) {
      const factor = one[row * k1 + i]!
      for (let j = 0; j < k2; j++) products[i * k2 + j]! += factor * other[row * k2 + j]!
    }
  }
  return products.reduce((sum, value) => sum + value * value, 0) / Math.min(k1, k2)
}

/** A copy: factors are worked on in place, and a source may use its array again. */
async function copyOf(source: RowSource, scratch: FactorScratch): Promise<Matrix> {
  const { rows, columns } = source
  const values = await source.read(0, rows)
  if (scratch.b.length < values.length) scratch.b = new Float32Array(values.length)
  scratch.b.set(values)
  return matrixOf(rows, columns, scratch.b.subarray(0, values.length))
}

const TILE = 32

async function transposeOf(source: RowSource, scratch: FactorScratch): Promise<Matrix> {
  const { rows, columns } = source
  const values = await source.read(0, rows)
  if (scratch.a.length < values.length) scratch.a = new Float32Array(values.length)
  const out = scratch.a
  for (let left = 0; left < columns; left += TILE) {
    const right = Math.min(columns, left + TILE)
    for (let i = 0; i < rows; i++) {
      for (let j = left; j < right; j++) out[j * rows + i] = values[i * columns + j]!
    }
  }
  return matrixOf(columns, rows, out.subarray(0, values.length))
}

function firstColumns(square: Float64Array, n: number, k: number): Matrix {
  const out = matrixOf(n, k)
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) out.values[i * k + j] = square[i * n + j]!
  return out
}
