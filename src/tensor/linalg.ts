// Small dense linear algebra in fp64, for matrices of up to a few hundred columns: what is left of a spectrum once the
// large products are done. Matrices are row-major. Golub and Van Loan, Matrix Computations (4th ed.): 4.2 (Cholesky),
// 5.2.8 (Gram-Schmidt), 8.6.3 (one-sided Jacobi).

/** Columns made orthonormal in place (`values` is rows x columns); those that depend on earlier ones become zero. */
export function orthonormalise(values: Float64Array, rows: number, columns: number): void {
  const columnwise = transpose(values, rows, columns)
  const column = (j: number): Float64Array => columnwise.subarray(j * rows, (j + 1) * rows)
  for (let j = 0; j < columns; j++) {
    const current = column(j)
    const before = norm(current)
    // Twice is enough (Kahan and Parlett).
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < j; i++) addScaled(current, column(i), -dotOf(current, column(i)))
    }
    const after = norm(current)
    const factor = after > before * 1e-12 ? 1 / after : 0
    for (let i = 0; i < rows; i++) current[i]! *= factor
  }
  values.set(transpose(columnwise, columns, rows))
}

/** q (rows x columns, orthonormal) and upper triangular r (columns x columns) with a = q r; rows >= columns. */
export function thinQr(a: Float64Array, rows: number, columns: number): { q: Float64Array; r: Float64Array } {
  const q = a.slice()
  orthonormalise(q, rows, columns)
  const r = new Float64Array(columns * columns)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) {
      const factor = q[row * columns + i]!
      for (let j = i; j < columns; j++) r[i * columns + j]! += factor * a[row * columns + j]!
    }
  }
  return { q, r }
}

/**
 * Upper triangular r (n x n) with r' r = gram. Null where the gram matrix is not positive definite enough to trust:
 * a pivot below `tolerance` of its diagonal element.
 */
export function cholesky(gram: Float64Array, n: number, tolerance: number): Float64Array | null {
  const r = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      let sum = gram[i * n + j]!
      for (let k = 0; k < i; k++) sum -= r[k * n + i]! * r[k * n + j]!
      if (i !== j) r[i * n + j] = sum / r[i * n + i]!
      else if (sum > tolerance * gram[i * n + i]! && sum > 0) r[i * n + i] = Math.sqrt(sum)
      else return null
    }
  }
  return r
}

/** Inverse of an upper triangular matrix. */
export function invertUpper(r: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n)
  for (let j = 0; j < n; j++) {
    inverse[j * n + j] = 1 / r[j * n + j]!
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let k = i + 1; k <= j; k++) sum += r[i * n + k]! * inverse[k * n + j]!
      inverse[i * n + j] = -sum / r[i * n + i]!
    }
  }
  return inverse
}

export interface SmallSvd {
  /** Largest first. */
  values: Float64Array
  /** Columns belong to the values: a = left diag(values) right'. Both n x n. */
  left: Float64Array
  right: Float64Array
}

const JACOBI_SWEEPS = 40
const JACOBI_TOLERANCE = 1e-14

/** Singular values and vectors of a square matrix by one-sided Jacobi rotations: accurate for small values too. */
export function smallSvd(a: Float64Array, n: number): SmallSvd {
  // Rows of these are the columns that are rotated.
  const work = transpose(a, n, n)
  const right = new Float64Array(n * n)
  for (let i = 0; i < n; i++) right[i * n + i] = 1
  for (let sweep = 0; sweep < JACOBI_SWEEPS; sweep++) {
    let isDone = true
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) if (rotatePair(work, right, { n, p, q })) isDone = false
    }
    if (isDone) break
  }
  const norms = Float64Array.from({ length: n }, (_, i) => norm(work.subarray(i * n, (i + 1) * n)))
  const order = Array.from(norms.keys()).sort((i, j) => norms[j]! - norms[i]!)
  const result = {
    values: new Float64Array(n),
    left: new Float64Array(n * n),
    right: new Float64Array(n * n),
  }
  order.forEach((from, to) => {
    const value = norms[from]!
    result.values[to] = value
    for (let row = 0; row < n; row++) {
      result.left[row * n + to] = value > 0 ? work[from * n + row]! / value : 0
      result.right[row * n + to] = right[from * n + row]!
    }
  })
  return result
}

function rotatePair(
  work: Float64Array,
  right: Float64Array,
  { n, p, q }: { n: number; p: number; q: number },
): boolean {
  const x = work.subarray(p * n, (p + 1) * n)
  const y = work.subarray(q * n, (q + 1) * n)
  let xx = 0
  let yy = 0
  let xy = 0
  for (let i = 0; i < n; i++) {
    xx += x[i]! * x[i]!
    yy += y[i]! * y[i]!
    xy += x[i]! * y[i]!
  }
  if (Math.abs(xy) <= JACOBI_TOLERANCE * Math.sqrt(xx * yy) || xy === 0) return false
  const zeta = (yy - xx) / (2 * xy)
  const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta))
  const cosine = 1 / Math.hypot(1, t)
  rotate(x, y, cosine, cosine * t)
  rotate(right.subarray(p * n, (p + 1) * n), right.subarray(q * n, (q + 1) * n), cosine, cosine * t)
  return true
}

function rotate(x: Float64Array, y: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < x.length; i++) {
    const xi = x[i]!
    const yi = y[i]!
    x[i] = cosine * xi - sine * yi
    y[i] = sine * xi + cosine * yi
  }
}

export function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!
  return out
}

export function dotOf(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

export const norm = (x: Float64Array): number => Math.sqrt(dotOf(x, x))

export function addScaled(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += factor * y[i]!
}
