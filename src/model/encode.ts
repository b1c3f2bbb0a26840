// fp32 numbers as they lie in a file: fp32, fp16 or bf16, rounded to the nearest with ties to even (IEEE 754, section
// 4.3.1), and the rounding alone in memory. decodeFloats of floats.ts is the way back. Little-endian machines only.
import { decodeFloats } from './floats.ts'
import { matrixShape, shapeOf } from './shape.ts'
import type { FloatType, TensorSource } from './tensor.ts'

export const FLOAT_BYTES: Readonly<Record<FloatType, number>> = { F32: 4, F16: 2, BF16: 2 }

const ROUND: Readonly<Record<Exclude<FloatType, 'F32'>, (bits: number) => number>> = {
  F16: half,
  BF16: brain,
}

/** Bits of infinity. */
const INFINITE = { F16: 0x7c00, BF16: 0x7f80 } as const
const FP32_INFINITE = 0x7f800000

export interface Encoded {
  bytes: Uint8Array
  /** A finite number that the type cannot hold: it became infinite. */
  overflow?: number
}

/** Values in the type. F32 is a view of the same memory. */
export function encodeFloats(type: FloatType, values: Float32Array): Encoded {
  if (type === 'F32') {
    return { bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
  }
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const codes = new Uint16Array(values.length)
  const [round, infinite] = [ROUND[type], INFINITE[type]]
  let overflowAt = -1
  for (let i = 0; i < codes.length; i++) {
    const code = round(bits[i]!)
    codes[i] = code
    if ((code & 0x7fff) === infinite && (bits[i]! & 0x7fffffff) < FP32_INFINITE) overflowAt = i
  }
  const bytes = new Uint8Array(codes.buffer)
  return overflowAt < 0 ? { bytes } : { bytes, overflow: values[overflowAt]! }
}

/** The upper half of fp32. */
function brain(bits: number): number {
  const size = bits & 0x7fffffff
  // Of a NaN only the upper part is kept, and it stays a NaN.
  if (size > FP32_INFINITE) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const size = bits & 0x7fffffff
  if (size > FP32_INFINITE) return sign | 0x7e00 | ((size >>> 13) & 0x1ff)
  // From 2^16 on; what rounds up to it is found by the carry below.
  if (size >= 0x47800000) return sign | 0x7c00
  if (size >= 0x38800000) {
    const rebased = size - 0x38000000
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13)
  }
  // Subnormal there: below half of 2^-24 nothing is left.
  if (size < 0x33000000) return sign
  const shift = 126 - (size >>> 23)
  const fraction = (size & 0x7fffff) | 0x800000
  const kept = fraction >>> shift
  const rest = fraction & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (kept + (rest > middle || (rest === middle && kept & 1) ? 1 : 0))
}

type RoundedSource = TensorSource & { kind: 'rounded' }

/** Rows [start, end) of a tensor that is rounded in memory. */
export function roundedRows(
  { of, dtype, isDisplaced }: RoundedSource,
  start: number,
  end: number,
  read: (source: TensorSource, start: number, end: number) => Float32Array,
): Float32Array {
  const values = read(of, start, end)
  if (dtype === 'F32') return values
  const rounded = new Float32Array(values.length)
  decodeFloats(dtype, encodeFloats(dtype, values).bytes, rounded)
  if (isDisplaced) displace(dtype, { values, rounded, first: start * matrixShape(shapeOf(of)).columns })
  return rounded
}

/** Moves numbers that the type holds already by what rounding moves others there: evenly within half a spacing. */
function displace(
  dtype: Exclude<FloatType, 'F32'>,
  { values, rounded, first }: { values: Float32Array; rounded: Float32Array; first: number },
): void {
  const [fractionBits, lowest] = dtype === 'BF16' ? [7, -126] : [10, -14]
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < values.length; i++) {
    if (rounded[i] !== values[i] || values[i] === 0) continue
    const exponent = Math.max(((bits[i]! >>> 23) & 0xff) - 127, lowest)
    rounded[i]! += evenly(first + i) * 2 ** (exponent - fractionBits)
  }
}

/** In [-0.5, 0.5), the same for the same place: a multiplicative hash (Knuth, volume 3, section 6.4), mixed once more. */
function evenly(place: number): number {
  let x = Math.imul(place + 1, 0x9e3779b1)
  x = Math.imul(x ^ (x >>> 15), 0x85ebca77)
  return ((x ^ (x >>> 13)) >>> 0) / 2 ** 32 - 0.5
}
