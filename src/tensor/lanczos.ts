// The largest singular value of a large matrix to about 0.1 %: Lanczos with full reorthogonalisation on A' A (Golub and
// Van Loan, Matrix Computations, 4th ed., 10.1 and 10.3), one pass over A a step. For the edge of a spectrum without a
// gap, where power iteration would take hundreds of steps.
import { symmetricEigenvalues } from './eigen.ts'
import { type Matmul, matrixOf } from './matmul.ts'
import { uniformValues } from './random.ts'
import { blocksOf, exactSpectrum, type RowSource } from './svd.ts'

const MAX_STEPS = 32
const MIN_STEPS = 8
/** The steps end when one raises the value by less than this share. */
const TOLERANCE = 1e-4
/** Smaller side up to which the spectrum is exact instead. */
const EXACT_SIDE = 64

/** Never more than the true value, up to rounding in fp32. */
export async function largestSingularValue(
  source: RowSource,
  { seed, matmul }: { seed: number; matmul: Matmul },
): Promise<number> {
  const { rows, columns } = source
  if (Math.min(rows, columns) <= EXACT_SIDE) return (await exactSpectrum(source, { matmul }))[0] ?? 0
  const basis: Float32Array[] = []
  const diagonal: number[] = []
  const off: number[] = []
  let next = uniformValues(seed, columns)
  let length = norm(next)
  let value = 0
  while (basis.length < MAX_STEPS && length > 0) {
    const current = next.map((x) => x / length)
    basis.push(current)
    next = await timesGram(source, current, matmul)
    diagonal.push(dotOf(next, current))
    for (let round = 0; round < 2; round++) for (const earlier of basis) subtractProjection(next, earlier)
    length = norm(next)
    off.push(length)
    const before = value
    value = Math.sqrt(Math.max(0, largestEigenvalue(diagonal, off)))
    if (basis.length >= MIN_STEPS && value - before <= TOLERANCE * value) break
  }
  return value
}

/** A' (A x). */
async function timesGram(source: RowSource, x: Float32Array, matmul: Matmul): Promise<Float32Array> {
  const column = matrixOf(x.length, 1, x)
  const sum = new Float32Array(x.length)
  for await (const { block } of blocksOf(source)) {
    const row = matrixOf(1, block.rows, await matmul.product(block, column))
    await matmul.product(row, block, { add: sum, out: sum })
  }
  return sum
}

/** Of the symmetric tridiagonal matrix. */
function largestEigenvalue(diagonal: readonly number[], off: readonly number[]): number {
  const n = diagonal.length
  const matrix = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = diagonal[i]!
    if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = off[i - 1]!
  }
  return symmetricEigenvalues(matrix, n)[0]!
}

function subtractProjection(x: Float32Array, direction: Float32Array): void {
  const share = dotOf(x, direction)
  for (let i = 0; i < x.length; i++) x[i]! -= share * direction[i]!
}

function dotOf(x: Float32Array, y: Float32Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

const norm = (x: Float32Array): number => Math.sqrt(dotOf(x, x))
