// NF4 with and without double quantisation (QLoRA, arXiv 2305.14314, section 3 and appendix E): blocks of 64 values with
// their largest magnitude as scale, and a codebook of 16. Values of the codebook, of the 8-bit map and the order of
// operations in fp32 are those of bitsandbytes.
import { NF4_BLOCK, NF4_CODEBOOK } from '../../tensor/nf4.ts'
import type { Quantised } from './legacy.ts'

const SCALE_BLOCK = 256
const { fround, abs } = Math

/** Half the distance between the two neighbours of a code; at the ends, the distance to the one there is. */
const GAPS = NF4_CODEBOOK.map((value, code) => {
  const below = NF4_CODEBOOK[code - 1]
  const above = NF4_CODEBOOK[code + 1]
  return ((above ?? value) - (below ?? value)) / (below === undefined || above === undefined ? 1 : 2)
})

/** Largest magnitude of each block of 64 values. */
export function blockMaxima(values: Float32Array): Float32Array {
  const maxima = new Float32Array(values.length / NF4_BLOCK)
  for (let block = 0; block < maxima.length; block++) {
    let largest = 0
    const end = (block + 1) * NF4_BLOCK
    for (let i = block * NF4_BLOCK; i < end; i++) largest = Math.max(largest, abs(values[i]!))
    maxima[block] = largest
  }
  return maxima
}

/**
 * Values as NF4 holds them. Codes are chosen by the blocks' own maxima; `scales` are what they are multiplied with:
 * the maxima themselves, or those after double quantisation.
 */
export function quantiseNf4(
  from: Float32Array,
  maxima: Float32Array,
  scales: Float32Array = maxima,
): Quantised {
  const values = new Float32Array(from.length)
  const spacings = new Float32Array(from.length)
  const codes = nf4Codes(from, maxima)
  for (let block = 0; block < maxima.length; block++) {
    const scale = scales[block]!
    const end = (block + 1) * NF4_BLOCK
    for (let i = block * NF4_BLOCK; i < end; i++) {
      const code = codes[i]!
      values[i] = NF4_CODEBOOK[code]! * scale
      spacings[i] = GAPS[code]! * abs(scale)
    }
  }
  return { values, spacings }
}

/** The code, 0 to 15, of each value. */
export function nf4Codes(from: Float32Array, maxima: Float32Array): Uint8Array {
  const codes = new Uint8Array(from.length)
  const first = firstCodes()
  for (let block = 0; block < maxima.length; block++) {
    const inverse = maxima[block] === 0 ? 0 : fround(1 / maxima[block]!)
    const end = (block + 1) * NF4_BLOCK
    for (let i = block * NF4_BLOCK; i < end; i++) {
      const scaled = fround(from[i]! * inverse)
      let code = first[((scaled + 1) * (CELLS / 2)) | 0]!
      if (code < 15 && fround(scaled - NF4_CODEBOOK[code]!) > fround(NF4_CODEBOOK[code + 1]! - scaled)) code++
      codes[i] = code
    }
  }
  return codes
}

/** Cells that [-1, 1] is cut into: much smaller than the smallest distance of two codes, 0.08. */
const CELLS = 4096
let cells: Uint8Array | undefined

/** For each cell the code nearest to its lower end; what lies in it is nearest to that code or the next. */
function firstCodes(): Uint8Array {
  cells ??= Uint8Array.from({ length: CELLS + 1 }, (_, cell) =>
    nearestCode(NF4_CODEBOOK, fround(cell / (CELLS / 2) - 1)),
  )
  return cells
}

/** Scales of a whole tensor after double quantisation: less their mean, 8-bit codes in blocks of 256, and back. */
export function doubleQuantise(maxima: Float32Array): Float32Array {
  const mean = fround(maxima.reduce((sum, value) => sum + value, 0) / maxima.length)
  const rest = maxima.map((value) => value - mean)
  const map = dynamicMap()
  const scales = new Float32Array(maxima.length)
  for (let start = 0; start < rest.length; start += SCALE_BLOCK) {
    const end = Math.min(start + SCALE_BLOCK, rest.length)
    let largest = 0
    for (let i = start; i < end; i++) largest = Math.max(largest, abs(rest[i]!))
    const inverse = largest === 0 ? 0 : fround(1 / largest)
    for (let i = start; i < end; i++) {
      const code = nearestCode(map, fround(rest[i]! * inverse))
      scales[i] = fround(map[code]! * largest) + mean
    }
  }
  return scales
}

/** Index of the value nearest to `wanted` in a sorted table, the lower one of two that are as near. */
function nearestCode(table: Float32Array, wanted: number): number {
  let low = 0
  let high = table.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (table[middle]! <= wanted) low = middle
    else high = middle
  }
  return fround(wanted - table[low]!) <= fround(table[high]! - wanted) ? low : high
}

let map: Float32Array | undefined

/**
 * The signed dynamic map of 8 bits (arXiv 2110.02861, section 2.2): for each of seven powers of ten, 2^i midpoints of
 * equal intervals of [0.1, 1] with both signs, and 0 and 1.
 */
export function dynamicMap(): Float32Array {
  if (map) return map
  const values = [0, 1]
  for (let i = 0; i < 7; i++) {
    const bounds = linspace(2 ** i + 1)
    const power = 10 ** (i - 6)
    for (let k = 0; k < 2 ** i; k++) {
      const middle = fround(fround(bounds[k]! + bounds[k + 1]!) / 2)
      values.push(power * middle, -power * middle)
    }
  }
  map = Float32Array.from(values).sort()
  return map
}

/** `count` fp32 numbers from 0.1 to 1, from both ends towards the middle as PyTorch's linspace has them. */
function linspace(count: number): Float32Array {
  const [from, to] = [fround(0.1), 1]
  const step = fround(fround(to - from) / (count - 1))
  return Float32Array.from({ length: count }, (_, i) =>
    i < count / 2 ? from + fround(step * i) : to - fround(step * (count - 1 - i)),
  )
}
