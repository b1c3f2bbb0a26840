// Largest singular values of a matrix that is read by rows, and not held unless it is small. Randomised subspace
// iteration (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1); the exact spectrum by a Gram matrix in fp64.
import { singularValuesOf, symmetricEigenvalues } from './eigen.ts'
import { smallSvd } from './linalg.ts'
import { type Matmul, type Matrix, matrixOf } from './matmul.ts'
import { orthonormalColumns } from './orthonormal.ts'
import { seedOf, uniformValues } from './random.ts'

/** Row-major rows [start, end) on demand. What `read` gives may be overwritten by the next call. */
export interface RowSource {
  rows: number
  columns: number
  read(start: number, end: number): Float32Array | Promise<Float32Array>
}

/** Matrices up to this size are read once and held. */
export const HELD_BYTES = 64 * 2 ** 20
/** Size of the row blocks in which larger ones are read, once a pass. */
const BLOCK_BYTES = 4 * 2 ** 20
export const OVERSAMPLING = 8
export const POWER_ITERATIONS = 2

export interface SvdOptions {
  /** How many singular values. */
  k: number
  /** Name that seeds the random sketch. */
  seed: string
  matmul: Matmul
  oversampling?: number
  powerIterations?: number
  /** Return singular vectors too. */
  vectors?: boolean
  heldBytes?: number
}

export interface Svd {
  /** Largest first, min(k, rows, columns) of them. Never larger than the true ones, up to rounding in fp32. */
  singularValues: Float64Array
  /** (rows x k) and (columns x k), row-major, columns orthonormal; null unless asked for. */
  left: Float32Array | null
  right: Float32Array | null
}

export async function randomisedSvd(source: RowSource, options: SvdOptions): Promise<Svd> {
  const { matmul, k, oversampling = OVERSAMPLING, powerIterations = POWER_ITERATIONS } = options
  const matrix = await held(source, options.heldBytes ?? HELD_BYTES)
  const { rows, columns } = matrix
  const width = Math.min(k + oversampling, rows, columns)
  const count = Math.min(k, width)
  if (width === 0) return { singularValues: new Float64Array(0), left: null, right: null }
  const onRight = matrixOf(columns, width, uniformValues(seedOf(options.seed), columns * width))
  const onLeft = matrixOf(rows, width)
  await timesMatrix(matrix, { onRight, onLeft, matmul })
  await orthonormalColumns(onLeft, matmul)
  for (let round = 0; round < powerIterations; round++) {
    await timesTransposed(matrix, { onRight, onLeft, matmul })
    await orthonormalColumns(onRight, matmul)
    await timesMatrix(matrix, { onRight, onLeft, matmul })
    await orthonormalColumns(onLeft, matmul)
  }
  // Q' A = (A' Q)' = R' Z', with A' Q = Z R: its singular values are those of the small R.
  await timesTransposed(matrix, { onRight, onLeft, matmul })
  const small = await orthonormalColumns(onRight, matmul, { onlyR: !options.vectors })
  if (!options.vectors) {
    return { singularValues: singularValuesOf(small, width).slice(0, count), left: null, right: null }
  }
  const { values, left, right } = smallSvd(small, width)
  return {
    singularValues: values.slice(0, count),
    left: await rotated(onLeft, { by: right, count, matmul }),
    right: await rotated(onRight, { by: left, count, matmul }),
  }
}

/** All singular values, largest first, from the Gram matrix of the smaller side: O(n^2) memory, O(n^3) time. */
export async function exactSpectrum(source: RowSource, options: { matmul: Matmul }): Promise<Float64Array> {
  const { rows, columns } = source
  const size = Math.min(rows, columns)
  if (size === 0) return new Float64Array(0)
  const gram =
    columns <= rows ? await columnGram(source, options.matmul) : await rowGram(source, options.matmul)
  return symmetricEigenvalues(gram, size).map((value) => Math.sqrt(Math.max(0, value)))
}

async function columnGram(source: RowSource, matmul: Matmul): Promise<Float64Array> {
  const gram = new Float64Array(source.columns ** 2)
  for await (const { block } of blocksOf(source)) {
    const part = { ...block, values: Float64Array.from(block.values) }
    await matmul.product(part, part, { transposeLeft: true, add: gram, out: gram })
  }
  return gram
}

/** Rows times rows, for wide matrices: the whole matrix is held once, in fp64. */
async function rowGram(source: RowSource, matmul: Matmul): Promise<Float64Array> {
  const whole = {
    rows: source.rows,
    columns: source.columns,
    values: new Float64Array(source.rows * source.columns),
  }
  for await (const { start, block } of blocksOf(source))
    whole.values.set(block.values, start * source.columns)
  return matmul.product(whole, whole, { transposeRight: true })
}

/** A source that reads from memory, where that is small; else the source itself. */
export async function held(source: RowSource, limitBytes: number): Promise<RowSource> {
  const { rows, columns } = source
  if (rows * columns * 4 > limitBytes) return source
  const values = new Float32Array(rows * columns)
  for await (const { start, block } of blocksOf(source)) values.set(block.values, start * columns)
  return { rows, columns, read: (start, end) => values.subarray(start * columns, end * columns) }
}

/** The rows of a source in blocks of a few megabytes. */
export async function* blocksOf(source: RowSource): AsyncGenerator<{ start: number; block: Matrix }> {
  const step = Math.max(1, Math.floor(BLOCK_BYTES / 4 / Math.max(1, source.columns)))
  for (let start = 0; start < source.rows; start += step) {
    const end = Math.min(source.rows, start + step)
    yield { start, block: matrixOf(end - start, source.columns, await source.read(start, end)) }
  }
}

interface Sides {
  /** (columns x width). */
  onRight: Matrix
  /** (rows x width). */
  onLeft: Matrix
  matmul: Matmul
}

/** onLeft := A onRight. */
async function timesMatrix(source: RowSource, { onRight, onLeft, matmul }: Sides): Promise<void> {
  const { columns: width } = onLeft
  for await (const { start, block } of blocksOf(source)) {
    const out = onLeft.values.subarray(start * width, (start + block.rows) * width)
    await matmul.product(block, onRight, { out })
  }
}

/** onRight := A' onLeft. */
async function timesTransposed(source: RowSource, { onRight, onLeft, matmul }: Sides): Promise<void> {
  const { columns: width } = onLeft
  onRight.values.fill(0)
  for await (const { start, block } of blocksOf(source)) {
    const part = matrixOf(
      block.rows,
      width,
      onLeft.values.subarray(start * width, (start + block.rows) * width),
    )
    await matmul.product(block, part, { transposeLeft: true, add: onRight.values, out: onRight.values })
  }
}

async function rotated(
  basis: Matrix,
  { by, count, matmul }: { by: Float64Array; count: number; matmul: Matmul },
): Promise<Float32Array> {
  const width = basis.columns
  const rotation = new Float32Array(width * count)
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < count; j++) rotation[i * count + j] = by[i * width + j]!
  }
  return matmul.product(basis, matrixOf(width, count, rotation))
}
