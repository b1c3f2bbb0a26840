// Small dense linear algebra in fp64, for matrices of up to a few hundred columns (a few thousand for eigenvalues
// alone): what is left of a spectrum once the large products are done. Matrices are row-major.
// Golub and Van Loan, Matrix Computations (4th ed.): 5.2.8 (Gram-Schmidt), 8.3 (tridiagonal QR), 8.6.3 (one-sided Jacobi).

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

/** Singular values alone, largest first: those below 1e-8 of the largest are not exact. */
export function singularValuesOf(a: Float64Array, n: number): Float64Array {
  const gram = new Float64Array(n * n)
  for (let k = 0; k < n; k++) {
    const row = a.subarray(k * n, (k + 1) * n)
    for (let i = 0; i < n; i++) addScaled(gram.subarray(i * n, (i + 1) * n), row, row[i]!)
  }
  return symmetricEigenvalues(gram, n).map((value) => Math.sqrt(Math.max(0, value)))
}

/** Eigenvalues of a symmetric matrix, largest first: Householder tridiagonal form, then implicit QL. O(n^3). */
export function symmetricEigenvalues(symmetric: Float64Array, n: number): Float64Array {
  const { diagonal, off } = tridiagonal(symmetric.slice(), n)
  implicitQl(diagonal, off)
  return diagonal.sort().reverse()
}

/** Reduces the lower triangle of `a` (overwritten), one Householder reflection a column from the last upwards. */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; off: Float64Array } {
  const diagonal = new Float64Array(n)
  const off = new Float64Array(n)
  const product = new Float64Array(n)
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i)
    diagonal[i] = a[i * n + i]!
    const length = norm(v)
    const last = v[i - 1]!
    const alpha = last > 0 ? -length : length
    off[i] = alpha
    if (length === 0) continue
    v[i - 1] = last - alpha
    reflect(a, v, { n, beta: 1 / (length * length - last * alpha), product: product.subarray(0, i) })
  }
  diagonal[0] = a[0]!
  return { diagonal, off }
}

/** a := H a H for the leading block, H = 1 - beta v v', touching the lower triangle only. */
function reflect(
  a: Float64Array,
  v: Float64Array,
  { n, beta, product }: { n: number; beta: number; product: Float64Array },
): void {
  const size = v.length
  product.fill(0)
  for (let row = 0; row < size; row++) {
    const line = a.subarray(row * n, row * n + row)
    const factor = v[row]!
    let sum = 0
    for (let k = 0; k < row; k++) {
      sum += line[k]! * v[k]!
      product[k]! += line[k]! * factor
    }
    product[row]! += sum + a[row * n + row]! * factor
  }
  let inner = 0
  for (let k = 0; k < size; k++) {
    product[k]! *= beta
    inner += product[k]! * v[k]!
  }
  addScaled(product, v, (-beta * inner) / 2)
  for (let row = 0; row < size; row++) {
    const line = a.subarray(row * n, row * n + row + 1)
    const vRow = v[row]!
    const pRow = product[row]!
    for (let k = 0; k <= row; k++) line[k]! -= vRow * product[k]! + pRow * v[k]!
  }
}

const QL_ROUNDS = 60

/** Eigenvalues of the tridiagonal matrix into `d`; off[i] couples i - 1 and i. */
function implicitQl(d: Float64Array, off: Float64Array): void {
  const n = d.length
  const e = new Float64Array(n)
  e.set(off.subarray(1))
  for (let low = 0; low < n; low++) {
    for (let round = 0; ; round++) {
      let end = low
      while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!)))
        end++
      if (end === low) break
      if (round === QL_ROUNDS) throw new Error('eigenvalues did not converge')
      qlStep(d, e, low, end)
    }
  }
}

function qlStep(d: Float64Array, e: Float64Array, low: number, end: number): void {
  const half = (d[low + 1]! - d[low]!) / (2 * e[low]!)
  const root = Math.hypot(half, 1)
  let g = d[end]! - d[low]! + e[low]! / (half + (half < 0 ? -root : root))
  let sine = 1
  let cosine = 1
  let p = 0
  for (let i = end - 1; i >= low; i--) {
    const f = sine * e[i]!
    const b = cosine * e[i]!
    const r = Math.hypot(f, g)
    e[i + 1] = r
    if (r === 0) {
      d[i + 1]! -= p
      e[end] = 0
      return
    }
    sine = f / r
    cosine = g / r
    g = d[i + 1]! - p
    const t = (d[i]! - g) * sine + 2 * cosine * b
    p = sine * t
    d[i + 1] = g + p
    g = cosine * t - b
  }
  d[low]! -= p
  e[low] = g
  e[end] = 0
}

export function transpose(values: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out[j * rows + i] = values[i * columns + j]!
  return out
}

function dotOf(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

const norm = (x: Float64Array): number => Math.sqrt(dotOf(x, x))

function addScaled(x: Float64Array, y: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! += factor * y[i]!
}
