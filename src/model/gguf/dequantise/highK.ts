// Super-blocks of 256: Q4_K and Q5_K (8 groups of 32 with scale and minimum in 6 bits), Q6_K (16 groups of 16). Layouts
// and order of operations as in ggml's reference (ggml-quants.c) and PyPI gguf.
import { halfTable } from './half.ts'

const Q4_K = { bytes: 144, quants: 16 } as const
const Q5_K = { bytes: 176, high: 16, quants: 48 } as const
const Q6_K = { bytes: 210, low: 0, high: 128, scales: 192, d: 208 } as const

/** d, dmin, 12 bytes of scales and minima, 128 bytes: 32 bytes hold group 2k low and 2k + 1 high. */
export function dequantiseQ4_K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += Q4_K.bytes, to += 256) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const dmin = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!
    for (let group = 0; group < 8; group++) {
      const scale = Math.fround(d * scaleOf(bytes, at + 4, group))
      const minimum = Math.fround(dmin * minimumOf(bytes, at + 4, group))
      const from = at + Q4_K.quants + 32 * (group >> 1)
      const shift = 4 * (group & 1)
      const out = to + 32 * group
      for (let i = 0; i < 32; i++) {
        values[out + i] = Math.fround(scale * ((bytes[from + i]! >> shift) & 15)) - minimum
      }
    }
  }
}

/** As Q4_K, with 32 bytes of fifth bits before the quants: bit k belongs to group k. */
export function dequantiseQ5_K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += Q5_K.bytes, to += 256) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const dmin = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!
    for (let group = 0; group < 8; group++) {
      const scale = Math.fround(d * scaleOf(bytes, at + 4, group))
      const minimum = Math.fround(dmin * minimumOf(bytes, at + 4, group))
      const from = at + Q5_K.quants + 32 * (group >> 1)
      const high = at + Q5_K.high
      const shift = 4 * (group & 1)
      const out = to + 32 * group
      for (let i = 0; i < 32; i++) {
        const q = ((bytes[from + i]! >> shift) & 15) | (((bytes[high + i]! >> group) & 1) << 4)
        values[out + i] = Math.fround(scale * q) - minimum
      }
    }
  }
}

/** 128 bytes of low 4 bits, 64 bytes of high 2 bits, 16 signed scales, d. Value: d * scale * (q - 32). */
export function dequantiseQ6_K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0, to = 0; to < values.length; at += Q6_K.bytes, to += 256) {
    const d = half[bytes[at + Q6_K.d]! | (bytes[at + Q6_K.d + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const scale = Math.fround(d * signed[at + Q6_K.scales + group]!)
      // In each half of 128: 64 bytes low and high (groups 0 to 3, then 4 to 7), four 2-bit planes over 32 bytes.
      const low = at + Q6_K.low + 64 * (group >> 3) + 16 * (group & 3)
      const lowShift = 4 * ((group >> 2) & 1)
      const high = at + Q6_K.high + 32 * (group >> 3) + 16 * (group & 1)
      const highShift = 2 * ((group >> 1) & 3)
      const out = to + 16 * group
      for (let i = 0; i < 16; i++) {
        const q = ((bytes[low + i]! >> lowShift) & 15) | (((bytes[high + i]! >> highShift) & 3) << 4)
        values[out + i] = scale * (q - 32)
      }
    }
  }
}

/** Q4_K and Q5_K open alike: d, dmin, scales. */
export function stepsQ45_K(blockBytes: number): (bytes: Uint8Array, out: Float32Array) => void {
  return (bytes, out) => {
    const half = halfTable()
    for (let at = 0, to = 0; to < out.length; at += blockBytes, to += 256) {
      const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
      for (let group = 0; group < 8; group++) {
        const start = to + 32 * group
        out.fill(Math.abs(d * scaleOf(bytes, at + 4, group)), start, start + 32)
      }
    }
  }
}

export function stepsQ6_K(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable()
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0, to = 0; to < out.length; at += Q6_K.bytes, to += 256) {
    const d = half[bytes[at + Q6_K.d]! | (bytes[at + Q6_K.d + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const start = to + 16 * group
      out.fill(Math.abs(d * signed[at + Q6_K.scales + group]!), start, start + 16)
    }
  }
}

// Twelve bytes: groups 0 to 3 have their scale in the low 6 bits of bytes 0 to 3 and their minimum in those of bytes 4 to
// 7; groups 4 to 7 have the low 4 bits in the halves of bytes 8 to 11 and the high 2 bits on top of bytes 0 to 7.
function scaleOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group]! & 63
  return (bytes[at + 4 + group]! & 15) | ((bytes[at + group - 4]! >> 2) & 48)
}

function minimumOf(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + 4 + group]! & 63
  return (bytes[at + 4 + group]! >> 4) | ((bytes[at + group]! >> 2) & 48)
}
