// IQ4_NL and IQ4_XS: 4-bit codes into a table of 16 uneven steps. Layouts, table and order of operations as in ggml's
// reference (ggml-quants.c) and PyPI gguf.
import { halfTable } from './half.ts'

const CODEBOOK = Float32Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
/** Half the distance between the two neighbours of a code; at the ends, the distance to the one there is. */
const GAPS = CODEBOOK.map((value, code) => {
  const below = CODEBOOK[code - 1]
  const above = CODEBOOK[code + 1]
  return ((above ?? value) - (below ?? value)) / (below === undefined || above === undefined ? 1 : 2)
})

const NL_BYTES = 18
const XS = { bytes: 136, high: 2, low: 4, quants: 8 } as const

/** 2 bytes d, 16 bytes of codes in the order of Q4_0. Value: d * table[code]. */
export function dequantiseIQ4_NL(bytes: Uint8Array, values: Float32Array): void {
  readNL(bytes, values, CODEBOOK, (d) => d)
}

export function stepsIQ4_NL(bytes: Uint8Array, out: Float32Array): void {
  readNL(bytes, out, GAPS, Math.abs)
}

/** d, 16 bits of high scale bits, 4 bytes of low ones, 128 bytes of codes. Value: d * (scale - 32) * table[code]. */
export function dequantiseIQ4_XS(bytes: Uint8Array, values: Float32Array): void {
  readXS(bytes, values, CODEBOOK, (scale) => scale)
}

export function stepsIQ4_XS(bytes: Uint8Array, out: Float32Array): void {
  readXS(bytes, out, GAPS, Math.abs)
}

type ScaleRule = (scale: number) => number

function readNL(bytes: Uint8Array, out: Float32Array, table: Float32Array, rule: ScaleRule): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < out.length; at += NL_BYTES, to += 32) {
    const d = rule(half[bytes[at]! | (bytes[at + 1]! << 8)]!)
    readCodes({ bytes, at: at + 2, out, to, table, scale: d })
  }
}

function readXS(bytes: Uint8Array, out: Float32Array, table: Float32Array, rule: ScaleRule): void {
  const half = halfTable()
  for (let at = 0, to = 0; to < out.length; at += XS.bytes, to += 256) {
    const d = half[bytes[at]! | (bytes[at + 1]! << 8)]!
    const highBits = bytes[at + XS.high]! | (bytes[at + XS.high + 1]! << 8)
    for (let group = 0; group < 8; group++) {
      const low = (bytes[at + XS.low + (group >> 1)]! >> (4 * (group & 1))) & 15
      const high = (highBits >> (2 * group)) & 3
      const scale = rule(Math.fround(d * ((low | (high << 4)) - 32)))
      readCodes({ bytes, at: at + XS.quants + 16 * group, out, to: to + 32 * group, table, scale })
    }
  }
}

interface Codes {
  bytes: Uint8Array
  at: number
  out: Float32Array
  to: number
  table: Float32Array
  scale: number
}

/** 32 codes in 16 bytes: low halves first. */
function readCodes({ bytes, at, out, to, table, scale }: Codes): void {
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + i]!
    out[to + i] = scale * table[pair & 15]!
    out[to + 16 + i] = scale * table[pair >> 4]!
  }
}
