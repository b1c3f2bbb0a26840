// Random numbers that are a function of a seed and an index alone, so that any chunk of them can be made again: for
// sketches and simulated noise. The kernels' uniformNoise makes the same numbers.
import { sha256 } from '../util/hash.ts'

const TWO_32 = 2 ** 32

/** A whole number below 2^52 from a name. */
export function seedOf(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 13), 16)
}

/** `count` numbers uniform in (-1/2, 1/2), 23 bits each, of indices firstIndex, firstIndex + 1 ... */
export function uniformValues(seed: number, count: number, firstIndex = 0): Float32Array {
  const values = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const index = firstIndex + i
    const bits = mix(((index % TWO_32) | 0) ^ (seed | 0), keyOf(seed, index)) >>> 9
    values[i] = (bits + 0.5) / 2 ** 23 - 0.5
  }
  return values
}

/** What enters between the two rounds of mixing: the high parts of the seed and of the index. */
export function keyOf(seed: number, index: number): number {
  const high = Math.floor(index / TWO_32)
  return Math.imul(Math.floor(seed / TWO_32) + 1, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77)
}

/** Two rounds of a function after which every bit depends on all of them (C. Wellons, "lowbias32"). */
function mix(x: number, key: number): number {
  return mixOnce(mixOnce(x) ^ key)
}

function mixOnce(x: number): number {
  x ^= x >>> 16
  x = Math.imul(x, 0x7feb352d)
  x ^= x >>> 15
  x = Math.imul(x, 0x846ca68b)
  return x ^ (x >>> 16)
}
