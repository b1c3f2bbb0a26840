// Super-blocks of 256 in 16 groups of 16 with few bits: Q2_K and Q3_K. Layouts and order of operations as in ggml's
// reference (ggml-quants.c) and PyPI gguf. Elements lie in two halves of 128; in each, four planes of 2 bits over 32 bytes.
import { halfTable } from './half.ts'

const Q2_K = { bytes: 84, quants: 16, d: 80, dmin: 82 } as const
const Q3_K = { bytes: 110, mask: 0, quants: 32, scales: 96, d: 108 } as const

/** 16 bytes (scale low, minimum high half), 64 bytes of quants, d, dmin. Value: d * scale * q - dmin * minimum. */
export function dequantiseQ2_K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += Q2_K.bytes, to += 256) {
    const d = half[bytes[at + Q2_K.d]! | (bytes[at + Q2_K.d + 1]! << 8)]!
    const dmin = half[bytes[at + Q2_K.dmin]! | (bytes[at + Q2_K.dmin + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const packed = bytes[at + group]!
      const scale = Math.fround(d * (packed & 15))
      const minimum = Math.fround(dmin * (packed >> 4))
      const shift = planeShift(group)
      const from = at + Q2_K.quants + planeStart(group)
      const out = to + 16 * group
      for (let i = 0; i < 16; i++) {
        values[out + i] = Math.fround(scale * ((bytes[from + i]! >> shift) & 3)) - minimum
      }
    }
  }
}

/** 32 bytes of third bits, 64 bytes of quants, 12 bytes of 6-bit scales, d. Value: d * (scale - 32) * (q - 4). */
export function dequantiseQ3_K(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += Q3_K.bytes, to += 256) {
    const d = half[bytes[at + Q3_K.d]! | (bytes[at + Q3_K.d + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const scale = Math.fround(d * scaleQ3_K(bytes, at + Q3_K.scales, group))
      const shift = planeShift(group)
      const from = at + Q3_K.quants + planeStart(group)
      // The eight planes of the mask run over all 256: bit `group >> 1` of 32 bytes.
      const mask = at + Q3_K.mask + 16 * (group & 1)
      const bit = group >> 1
      const out = to + 16 * group
      for (let i = 0; i < 16; i++) {
        const high = (bytes[mask + i]! >> bit) & 1
        values[out + i] = scale * (((bytes[from + i]! >> shift) & 3) + 4 * high - 4)
      }
    }
  }
}

export function stepsQ2_K(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < out.length; at += Q2_K.bytes, to += 256) {
    const d = half[bytes[at + Q2_K.d]! | (bytes[at + Q2_K.d + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const start = to + 16 * group
      out.fill(Math.abs(d * (bytes[at + group]! & 15)), start, start + 16)
    }
  }
}

export function stepsQ3_K(bytes: Uint8Array, out: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < out.length; at += Q3_K.bytes, to += 256) {
    const d = half[bytes[at + Q3_K.d]! | (bytes[at + Q3_K.d + 1]! << 8)]!
    for (let group = 0; group < 16; group++) {
      const start = to + 16 * group
      out.fill(Math.abs(d * scaleQ3_K(bytes, at + Q3_K.scales, group)), start, start + 16)
    }
  }
}

const planeShift = (group: number): number => 2 * ((group >> 1) & 3)
const planeStart = (group: number): number => 32 * (group >> 3) + 16 * (group & 1)

/** Low 4 bits in the halves of the first 8 bytes, high 2 bits in the quarters of the last 4; 32 is zero. */
function scaleQ3_K(bytes: Uint8Array, at: number, group: number): number {
  const low = (bytes[at + (group & 7)]! >> (4 * (group >> 3))) & 15
  const high = (bytes[at + 8 + (group & 3)]! >> (2 * (group >> 2))) & 3
  return (low | (high << 4)) - 32
}
