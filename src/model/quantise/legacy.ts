// Blocks of 32 quantised and dequantised in memory: Q8_0 Q4_0 Q4_1 Q5_0 Q5_1. Arithmetic in fp32 and its order are those
// of PyPI gguf (quants.py), which are ggml's reference quantisers, so that results are equal bit for bit.
import { toHalf } from './half.ts'

const BLOCK = 32
const { fround, abs } = Math

export interface Quantised {
  values: Float32Array
  /** Per value, the step of its block. */
  spacings: Float32Array
}

/** Largest magnitude over 127 is the step; values round to the nearest step, halves away from zero. */
export function quantiseQ8_0(from: Float32Array): Quantised {
  const { values, spacings } = likeOf(from)
  for (let at = 0; at < from.length; at += BLOCK) {
    let largest = 0
    for (let i = at; i < at + BLOCK; i++) largest = Math.max(largest, abs(from[i]!))
    const d = fround(largest / 127)
    const inverse = inverseOf(d)
    const step = toHalf(d)
    for (let i = at; i < at + BLOCK; i++) {
      const scaled = fround(from[i]! * inverse)
      const size = abs(scaled)
      const floor = Math.floor(size)
      const q = floor + Math.floor(2 * (size - floor))
      values[i] = (scaled < 0 ? -q : q) * step
    }
    spacings.fill(step, at, at + BLOCK)
  }
  return { values, spacings }
}

/** The value of largest magnitude becomes the lowest code, -8 or -16: Q4_0 and Q5_0. */
export function quantiseSymmetric(from: Float32Array, lowest: 8 | 16): Quantised {
  const { values, spacings } = likeOf(from)
  for (let at = 0; at < from.length; at += BLOCK) {
    let largest = 0
    for (let i = at; i < at + BLOCK; i++) if (abs(from[i]!) > abs(largest)) largest = from[i]!
    const d = fround(largest / -lowest)
    const inverse = inverseOf(d)
    const step = toHalf(d)
    for (let i = at; i < at + BLOCK; i++) {
      const q = Math.trunc(fround(fround(from[i]! * inverse) + lowest + 0.5))
      values[i] = (Math.min(q, 2 * lowest - 1) - lowest) * step
    }
    spacings.fill(abs(step), at, at + BLOCK)
  }
  return { values, spacings }
}

/** The smallest value becomes code 0, the largest the highest, 15 or 31: Q4_1 and Q5_1. */
export function quantiseWithMinimum(from: Float32Array, highest: 15 | 31): Quantised {
  const { values, spacings } = likeOf(from)
  for (let at = 0; at < from.length; at += BLOCK) {
    let min = Infinity
    let max = -Infinity
    for (let i = at; i < at + BLOCK; i++) {
      min = Math.min(min, from[i]!)
      max = Math.max(max, from[i]!)
    }
    const d = fround(fround(max - min) / highest)
    const inverse = inverseOf(d)
    const step = toHalf(d)
    const minimum = toHalf(min)
    for (let i = at; i < at + BLOCK; i++) {
      const q = Math.trunc(fround(fround(fround(from[i]! - min) * inverse) + 0.5))
      values[i] = fround(step * Math.min(q, highest)) + minimum
    }
    spacings.fill(step, at, at + BLOCK)
  }
  return { values, spacings }
}

/** 0 for a block of zeros, and for one so near to zero that fp32 has no inverse: its step rounds to 0 in fp16. */
function inverseOf(d: number): number {
  const inverse = d === 0 ? 0 : fround(1 / d)
  return abs(inverse) === Infinity ? 0 : inverse
}

const likeOf = (from: Float32Array): Quantised => ({
  values: new Float32Array(from.length),
  spacings: new Float32Array(from.length),
})
