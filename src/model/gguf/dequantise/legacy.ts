// Blocks of 32 with one scale d, and a minimum m in the _1 types: Q4_0 Q4_1 Q5_0 Q5_1 Q8_0. Layouts and the order of
// operations in fp32 are those of ggml's reference (ggml-quants.c) and PyPI gguf, so that results are equal bit for bit.
import { halfTable } from './half.ts'

/** 2 bytes d, 16 bytes: low halves are elements 0 to 15, high halves 16 to 31. Value: d * (q - 8). */
export function dequantiseQ4_0(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += 18, to += 32) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!
      values[to + i] = d * ((pair & 15) - 8)
      values[to + 16 + i] = d * ((pair >> 4) - 8)
    }
  }
}

/** 2 bytes d, 2 bytes m, then as Q4_0. Value: d * q + m. */
export function dequantiseQ4_1(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += 20, to += 32) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const m = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i]!
      values[to + i] = Math.fround(d * (pair & 15)) + m
      values[to + 16 + i] = Math.fround(d * (pair >> 4)) + m
    }
  }
}

/** 2 bytes d, 4 bytes with the fifth bit of each element, then as Q4_0. Value: d * (q - 16). */
export function dequantiseQ5_0(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += 22, to += 32) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const fifth = uint32At(bytes, at + 2)
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 6 + i]!
      values[to + i] = d * (((pair & 15) | (((fifth >>> i) & 1) << 4)) - 16)
      values[to + 16 + i] = d * (((pair >> 4) | (((fifth >>> (i + 16)) & 1) << 4)) - 16)
    }
  }
}

/** 2 bytes d, 2 bytes m, 4 bytes of fifth bits, then as Q4_0. Value: d * q + m. */
export function dequantiseQ5_1(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < values.length; at += 24, to += 32) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const m = half[bytes[at + 2]! | (bytes[at + 3]! << 8)]!
    const fifth = uint32At(bytes, at + 4)
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 8 + i]!
      values[to + i] = Math.fround(d * ((pair & 15) | (((fifth >>> i) & 1) << 4))) + m
      values[to + 16 + i] = Math.fround(d * ((pair >> 4) | (((fifth >>> (i + 16)) & 1) << 4))) + m
    }
  }
}

/** 2 bytes d, 32 signed bytes. Value: d * q. */
export function dequantiseQ8_0(bytes: Uint8Array, values: Float32Array): void {
  const half = halfTable()
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0, to = 0; to < values.length; at += 34, to += 32) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    for (let i = 0; i < 32; i++) values[to + i] = d * signed[at + 2 + i]!
  }
}

/** The step of every element: |d| of its block, which opens with d. */
export function legacySteps(blockBytes: number): (bytes: Uint8Array, out: Float32Array) => void {
  return (bytes, out) => {
    const half = halfTable()
    for (let at = 0, to = 0; to < out.length; at += blockBytes, to += 32) {
      out.fill(Math.abs(half[bytes[at]! | (bytes[at + 1]! << 8)]!), to, to + 32)
    }
  }
}

function uint32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
