// Plain fp64 doubles of what the tensor folder does fast, and matrices that look like trained weights.
import type { FloatDtype } from '../../src/tensor/kernels.ts'
import type { Matrix } from '../../src/tensor/matmul.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import type { RowSource } from '../../src/tensor/svd.ts'

export const FLOAT_DTYPES: readonly FloatDtype[] = ['F32', 'F16', 'BF16']

/** Box and Muller. */
export function gaussian(seed: number, count: number): Float64Array {
  const [radius, angle] = [uniformValues(seed, count), uniformValues(seed + 1000, count)]
  return Float64Array.from(
    radius,
    (u, i) => Math.sqrt(-2 * Math.log(u + 0.5)) * Math.cos(2 * Math.PI * angle[i]!),
  )
}

const FORMATS = {
  F32: { mantissaBits: 23, minExponent: -126, maxValue: 2 ** 128 },
  F16: { mantissaBits: 10, minExponent: -14, maxValue: 65520 },
  BF16: { mantissaBits: 7, minExponent: -126, maxValue: 2 ** 128 },
} as const

/** Unit in the last place of a format at a finite magnitude. */
export function ulpOf(dtype: FloatDtype, magnitude: number): number {
  const { mantissaBits, minExponent } = FORMATS[dtype]
  return 2 ** (Math.max(exponentOf(magnitude), minExponent) - mantissaBits)
}

function exponentOf(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY
  let exponent = Math.floor(Math.log2(x))
  if (2 ** exponent > x) exponent--
  if (2 ** (exponent + 1) <= x) exponent++
  return exponent
}

/** Nearest number of the format, ties to even. */
export function roundTo(dtype: FloatDtype, x: number): number {
  const spacing = ulpOf(dtype, Math.abs(x))
  const scaled = Math.abs(x) / spacing
  const below = Math.floor(scaled)
  const rest = scaled - below
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1)
  const rounded = (below + Number(up)) * spacing
  return Math.sign(x) * (rounded >= FORMATS[dtype].maxValue ? Number.POSITIVE_INFINITY : rounded)
}

/** Bit pattern of a number that the format holds exactly. */
export function encode(dtype: FloatDtype, x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0]!
  if (dtype === 'F32') return bits
  if (dtype === 'BF16') return bits >>> 16
  const sign = bits & 0x80000000 ? 0x8000 : 0
  const magnitude = Math.abs(x)
  if (magnitude < 2 ** -14) return sign | (magnitude * 2 ** 24)
  const exponent = exponentOf(magnitude)
  return sign | ((exponent + 15) << 10) | ((magnitude / 2 ** exponent - 1) * 1024)
}

export function decode(dtype: FloatDtype, bits: number): number {
  if (dtype !== 'F16') return new Float32Array(Uint32Array.of(dtype === 'F32' ? bits : bits << 16).buffer)[0]!
  const [exponent, mantissa] = [(bits >>> 10) & 31, bits & 1023]
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15))
}

export function writeBits(dtype: FloatDtype, patterns: ArrayLike<number>, bytes: Uint8Array): void {
  const { buffer, byteOffset } = bytes
  if (dtype === 'F32') new Uint32Array(buffer, byteOffset, patterns.length).set(patterns)
  else new Uint16Array(buffer, byteOffset, patterns.length).set(patterns)
}

/** Heavy-tailed values whose scale varies by row and column, as trained weights have it. */
export function trainedLike(rows: number, columns: number, seed: number): Float64Array {
  const [values, rowScales, columnScales] = [
    gaussian(seed, rows * columns),
    gaussian(seed + 1, rows),
    gaussian(seed + 2, columns),
  ]
  return values.map((z, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    const scale = 0.02 * Math.exp(0.5 * rowScales[row]! + 0.3 * columnScales[column]!)
    return z * (1 + 0.5 * Math.abs(z)) * scale
  })
}

/** left (rows x inner) times right (inner x columns). */
export function plainProduct(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  { rows, inner, columns }: { rows: number; inner: number; columns: number },
): Float64Array {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      for (let j = 0; j < columns; j++)
        out[i * columns + j]! += left[i * inner + k]! * right[k * columns + j]!
    }
  }
  return out
}

export function plainTranspose(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [j, i] = [Math.floor(at / rows), at % rows]
    return values[i * columns + j]!
  })
}

export function sourceOf({ rows, columns, values }: Matrix): RowSource {
  return { rows, columns, read: (start, end) => values.subarray(start * columns, end * columns) }
}

/** Largest difference from the identity of columns' inner products. */
export function orthogonalityError(values: ArrayLike<number>, rows: number, columns: number): number {
  const gram = plainProduct(plainTranspose(values, rows, columns), values, {
    rows: columns,
    inner: rows,
    columns,
  })
  return Math.max(...gram.map((value, at) => Math.abs(value - Number(at % (columns + 1) === 0))))
}
