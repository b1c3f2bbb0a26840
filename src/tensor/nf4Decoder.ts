// Weights in NF4 decoded into fp32 scratch that stays in place: the memory of an instance of the SIMD module
// (source: simd/nf4.ts), which programs are fed from without a copy.
import { FIRST_FREE, instantiate } from './kernels.ts'
import { NF4_BLOCK, NF4_CODEBOOK } from './nf4.ts'

export interface PackedNf4 {
  /** Two codes a byte, the first in the high bits. */
  codes: Uint8Array
  /** One for 64 values. */
  scales: Float32Array
}

export interface Nf4Decoder {
  /** Memory that it has. */
  readonly bytes: number
  /** Where the area's values are once it was decoded into. */
  area(name: string): Float32Array
  decode(name: string, packed: PackedNf4): void
}

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  decodeNf4(tables: number, codes: number, scales: number, out: number, blocks: number): void
}

const TABLES_AT = FIRST_FREE
const AREAS_AT = TABLES_AT + 64

/** With an area for each name, of so many values: a multiple of 64. */
export function openNf4Decoder(sizes: ReadonlyMap<string, number>): Nf4Decoder {
  const largest = Math.max(0, ...sizes.values())
  const [codesAt, scalesAt] = [AREAS_AT, AREAS_AT + largest / 2]
  let end = Math.ceil((scalesAt + (largest / NF4_BLOCK) * 4) / NF4_BLOCK) * NF4_BLOCK
  const places = new Map<string, { at: number; size: number }>()
  for (const [name, size] of sizes) {
    places.set(name, { at: end, size })
    end += size * 4
  }
  const wasm = instantiate<Exports>(end)
  const { buffer } = wasm.memory
  const tables = new Uint8Array(buffer, TABLES_AT, 64)
  const bytes = new Uint8Array(Float32Array.from(NF4_CODEBOOK).buffer)
  for (let i = 0; i < 64; i++) tables[(i % 4) * 16 + (i >> 2)] = bytes[i]!
  const areas = new Map([...places].map(([name, { at, size }]) => [name, new Float32Array(buffer, at, size)]))
  return {
    bytes: buffer.byteLength,
    area: (name) => areas.get(name)!,
    decode(name, { codes, scales }) {
      const { at, size } = places.get(name)!
      if (codes.length * 2 !== size)
        throw new RangeError(`${codes.length * 2} codes for ${size} values of ${name}`)
      new Uint8Array(buffer, codesAt, codes.length).set(codes)
      new Float32Array(buffer, scalesAt, scales.length).set(scales)
      wasm.decodeNf4(TABLES_AT, codesAt, scalesAt, at, size / NF4_BLOCK)
    },
  }
}
