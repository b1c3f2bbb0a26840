// Rounding of fp32 numbers to the formats that merges are done in, to nearest with ties to even as PyTorch does
// (IEEE 754; bf16 is the upper half of fp32).
import type { Dtype } from '../../model/tensor.ts'

/** Formats that a merge can be done and saved in. */
export const MERGE_DTYPES = ['F32', 'BF16', 'F16'] as const
export type MergeDtype = (typeof MERGE_DTYPES)[number]

export const isMergeDtype = (dtype: Dtype): dtype is MergeDtype =>
  (MERGE_DTYPES as readonly string[]).includes(dtype)

/** Bits behind the leading one. */
const FRACTION_BITS: Readonly<Record<MergeDtype, number>> = { F32: 23, BF16: 7, F16: 10 }
const SMALLEST_EXPONENT: Readonly<Record<MergeDtype, number>> = { F32: -126, BF16: -126, F16: -14 }

const F16_MAX_BITS = 0x477fe000
const F16_NORMAL = 2 ** -14
/** Numbers near 0.75 have the spacing of fp16's subnormals, so adding it and taking it away rounds to them. */
const F16_SUBNORMAL_ROUNDER = 0.75

/** Rounds in place, and hands the same array back. */
export function roundTo(dtype: MergeDtype, values: Float32Array): Float32Array {
  if (dtype === 'F32') return values
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  if (dtype === 'BF16') {
    for (let i = 0; i < bits.length; i++) {
      const word = bits[i]!
      if ((word & 0x7fffffff) > 0x7f800000) continue
      bits[i] = (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000
    }
    return values
  }
  for (let i = 0; i < bits.length; i++) {
    const value = values[i]!
    if (Math.abs(value) < F16_NORMAL) {
      const sign = bits[i]! & 0x80000000
      values[i] = Math.fround(value + F16_SUBNORMAL_ROUNDER) - F16_SUBNORMAL_ROUNDER
      bits[i] = (bits[i]! & 0x7fffffff) | sign
      continue
    }
    const word = bits[i]!
    const magnitude = word & 0x7fffffff
    if (magnitude >= 0x7f800000) continue
    const rounded = (magnitude + 0xfff + ((magnitude >>> 13) & 1)) & 0xffffe000
    bits[i] = (word & 0x80000000) | (rounded > F16_MAX_BITS ? 0x7f800000 : rounded)
  }
  return values
}

/** By the exponent field of fp32, the distance between neighbours of a format at such numbers; infinite beyond all. */
const SPACINGS: Readonly<Record<MergeDtype, Float64Array>> = {
  F32: spacings('F32'),
  BF16: spacings('BF16'),
  F16: spacings('F16'),
}

function spacings(dtype: MergeDtype): Float64Array {
  return Float64Array.from({ length: 256 }, (_, field) => {
    if (field === 255) return Number.POSITIVE_INFINITY
    return 2 ** (Math.max(SMALLEST_EXPONENT[dtype], field - 127) - FRACTION_BITS[dtype])
  })
}

/** The distance between neighbours at each of these sizes. */
export function spacingTable(dtype: MergeDtype): (magnitude: number) => number {
  const table = SPACINGS[dtype]
  return (magnitude) => {
    VALUE[0] = magnitude
    return table[(VALUE_BITS[0]! >>> 23) & 0xff]!
  }
}

const VALUE = new Float32Array(1)
const VALUE_BITS = new Uint32Array(VALUE.buffer)

/** The format in which a sum of two formats is done. */
export function promoted(first: MergeDtype, second: MergeDtype): MergeDtype {
  return first === second ? first : 'F32'
}

/** The format with the larger spacing at common sizes. */
export function coarser(first: MergeDtype, second: MergeDtype): MergeDtype {
  return FRACTION_BITS[first] <= FRACTION_BITS[second] ? first : second
}
