// Eigenvalues of symmetric matrices of up to a few thousand columns, in fp64: Householder reduction to tridiagonal form,
// then QL with implicit shifts (Golub and Van Loan, Matrix Computations, 4th ed., 8.3).
import { addScaled, norm } from './linalg.ts'

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
