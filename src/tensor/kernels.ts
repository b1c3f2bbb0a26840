// Passes over elements in WebAssembly SIMD (source: simd/kernels.ts). An instance has its own memory with room for one
// chunk of both sides: the caller reads bytes straight into its views and calls a pass; sums add up in plain records.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { BUCKETS } from './histogram.ts'
import { keyOf } from './random.ts'

export type FloatDtype = 'F32' | 'F16' | 'BF16'

/**
 * Sums over pairs of elements, in fp64. `spacing` of an element is one unit in the last place (ulp) at the larger of the
 * two magnitudes in the coarser of the two formats; subnormal numbers, and zero, have the spacing of the smallest
 * normal number. Elements that are not finite on either side are counted in nonFinite and nowhere else.
 */
export interface DeltaSums {
  n: number
  baseSquares: number
  variantSquares: number
  dot: number
  /** Sum of base * delta: needs no difference of large sums. */
  baseDelta: number
  deltaSquares: number
  spacingSquares: number
  maxSpacing: number
  maxAbsDelta: number
  /** Unequal bit patterns where the formats are equal (0 and -0 differ), else unequal values. */
  changed: number
  /** Elements whose |delta| is more than their spacing; exactly one ulp is not. */
  aboveOneUlp: number
  /** Opposite signs, both nonzero. */
  signFlips: number
  nonFinite: number
  /** |delta| by histogram.ts, zeros apart: those are n - sum(histogram). */
  histogram: Float64Array
}

export const emptySums = (): DeltaSums => ({
  n: 0,
  baseSquares: 0,
  variantSquares: 0,
  dot: 0,
  baseDelta: 0,
  deltaSquares: 0,
  spacingSquares: 0,
  maxSpacing: 0,
  maxAbsDelta: 0,
  changed: 0,
  aboveOneUlp: 0,
  signFlips: 0,
  nonFinite: 0,
  histogram: new Float64Array(BUCKETS),
})

export interface Kernels {
  readonly chunkElements: number
  /** Views of one memory, chunkElements * 4 bytes each; what is in them stays until it is overwritten. */
  readonly baseBytes: Uint8Array
  readonly variantBytes: Uint8Array
  readonly base: Float32Array
  readonly variant: Float32Array
  readonly spacings: Float32Array
  /** The first `count` elements of baseBytes and variantBytes, added to `sums`. */
  compare(sums: DeltaSums, pair: { base: FloatDtype; variant: FloatDtype; count: number }): void
  /** The same for base and variant as fp32 values, with `spacings` given. */
  compareValues(sums: DeltaSums, count: number): void
  /** For equal sides: what compare would add, from baseBytes alone. */
  sumsOf(sums: DeltaSums, dtype: FloatDtype, count: number): void
  /** variant - base of the formats into `spacings` (fp32 values); returns that view. */
  subtract(pair: { base: FloatDtype; variant: FloatDtype; count: number }): Float32Array
  /** Whether the first `bytes` bytes of both sides are equal. */
  bytesEqual(bytes: number): boolean
  /** Sum of base * variant as fp32 values, or of a part of them. */
  dot(count: number, start?: number): number
  /** Sum of squares of each row of `columns` values in `spacings`, as subtract leaves them. */
  rowSquares(rows: number, columns: number): Float64Array
  /**
   * spacings[i] * u, u uniform in (-1/2, 1/2), into `base`; returns that view. u depends on the seed and
   * firstIndex + i alone. `seed` is a whole number below 2^53. With `exponents`, the spacings are 2^(exponents[i] - 127)
   * (0 for 0), and the area of spacings is overwritten.
   */
  uniformNoise(options: NoiseChunk): Float32Array
}

export interface NoiseChunk {
  seed: number
  firstIndex: number
  count: number
  exponents?: Uint8Array
}

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  compare(pair: number, sums: number, base: number, variant: number, count: number): void
  compareValues(sums: number, base: number, variant: number, spacings: number, count: number): void
  sumsOf(type: number, sums: number, values: number, count: number): void
  subtract(pair: number, base: number, variant: number, out: number, count: number): void
  dot(left: number, right: number, count: number): number
  bytesEqual(left: number, right: number, bytes: number): number
  uniformNoise(seed: number, key: number, first: number, spacings: number, out: number, count: number): void
  exponentNoise(seed: number, key: number, first: number, exponents: number, out: number, count: number): void
}

const TYPES: Record<FloatDtype, number> = { F32: 0, BF16: 1, F16: 2 }
const PAGE_BYTES = 65536
/** Below it is what the compiler may use. */
export const FIRST_FREE = 4096
/** Where the sums lie; the two histograms follow at 128 bytes. */
const SUMS_AT = FIRST_FREE
const HISTOGRAM_AT = SUMS_AT + 128
const AREAS_AT = HISTOGRAM_AT + 2 * BUCKETS * 4
const AREA_ALIGNMENT = 64
const TWO_32 = 2 ** 32

/** Node has it; the types of the language alone do not. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: unknown }
}
let compiled: object | undefined

/** A new instance of the module with memory of at least `bytes`; what lies below FIRST_FREE is the module's own. */
export function instantiate<E extends { memory: Exports['memory'] }>(bytes: number): E {
  compiled ??= new WebAssembly.Module(readFileSync(createRequire(import.meta.url).resolve('#kernels.wasm')))
  const wasm = new WebAssembly.Instance(compiled).exports as E
  const missing = bytes - wasm.memory.buffer.byteLength
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE_BYTES))
  return wasm
}

/** An instance with room for `chunkElements` elements of each side. Its memory is about 12 bytes an element. */
export function openKernels({ chunkElements }: { chunkElements: number }): Kernels {
  const areaBytes = Math.ceil((chunkElements * 4) / AREA_ALIGNMENT) * AREA_ALIGNMENT
  const at = { base: AREAS_AT, variant: AREAS_AT + areaBytes, spacings: AREAS_AT + 2 * areaBytes }
  const wasm = instantiate<Exports>(AREAS_AT + 3 * areaBytes)
  const { buffer } = wasm.memory
  const fresh = freshSums(buffer)
  const bytes = chunkElements * 4
  const spacings = new Float32Array(buffer, at.spacings, chunkElements)
  const base = new Float32Array(buffer, at.base, chunkElements)
  const check = (count: number): void => {
    if (count > chunkElements) throw new RangeError(`${count} elements in a chunk of ${chunkElements}`)
  }
  return {
    chunkElements,
    baseBytes: new Uint8Array(buffer, at.base, bytes),
    variantBytes: new Uint8Array(buffer, at.variant, bytes),
    base,
    variant: new Float32Array(buffer, at.variant, chunkElements),
    spacings,
    compare(sums, pair) {
      check(pair.count)
      wasm.compare(3 * TYPES[pair.base] + TYPES[pair.variant], SUMS_AT, at.base, at.variant, pair.count)
      fresh.moveTo(sums, pair.count)
    },
    compareValues(sums, count) {
      check(count)
      wasm.compareValues(SUMS_AT, at.base, at.variant, at.spacings, count)
      fresh.moveTo(sums, count)
    },
    sumsOf(sums, dtype, count) {
      check(count)
      wasm.sumsOf(TYPES[dtype], SUMS_AT, at.base, count)
      fresh.moveEqualTo(sums, count)
    },
    subtract(pair) {
      check(pair.count)
      wasm.subtract(3 * TYPES[pair.base] + TYPES[pair.variant], at.base, at.variant, at.spacings, pair.count)
      return spacings.subarray(0, pair.count)
    },
    bytesEqual(count) {
      check(count / 4)
      return wasm.bytesEqual(at.base, at.variant, count) !== 0
    },
    dot(count, start = 0) {
      check(start + count)
      return wasm.dot(at.base + start * 4, at.variant + start * 4, count)
    },
    rowSquares(rows, columns) {
      check(rows * columns)
      const first = (row: number): number => at.spacings + row * columns * 4
      return Float64Array.from({ length: rows }, (_, row) => wasm.dot(first(row), first(row), columns))
    },
    uniformNoise({ seed, firstIndex, count, exponents }) {
      check(count)
      if (exponents) new Uint8Array(buffer, at.spacings, count).set(exponents)
      const make = exponents ? wasm.exponentNoise : wasm.uniformNoise
      for (let done = 0; done < count; ) {
        const index = firstIndex + done
        const many = Math.min(count - done, TWO_32 - (index % TWO_32))
        const from = at.spacings + done * (exponents ? 1 : 4)
        make(seed | 0, keyOf(seed, index), (index % TWO_32) | 0, from, at.base + done * 4, many)
        done += many
      }
      return base.subarray(0, count)
    },
  }
}

/** The sums that a pass leaves in the instance's memory: moved to a record, then zero again. */
function freshSums(buffer: ArrayBuffer) {
  const fields = new Float64Array(buffer, SUMS_AT, 16)
  const counts = new Uint32Array(buffer, HISTOGRAM_AT, 2 * BUCKETS)
  const addScalars = (sums: DeltaSums): void => {
    sums.baseSquares += fields[0]!
    sums.variantSquares += fields[1]!
    sums.dot += fields[2]!
    sums.baseDelta += fields[3]!
    sums.deltaSquares += fields[4]!
    sums.spacingSquares += fields[5]!
    sums.maxSpacing = Math.max(sums.maxSpacing, fields[6]!)
    sums.maxAbsDelta = Math.max(sums.maxAbsDelta, fields[7]!)
    sums.aboveOneUlp += fields[10]!
    sums.signFlips += fields[11]!
    sums.nonFinite += fields[12]!
  }
  return {
    moveTo(sums: DeltaSums, count: number): void {
      addScalars(sums)
      const finite = count - fields[12]!
      sums.n += finite
      sums.changed += finite - fields[8]!
      const { histogram } = sums
      // Modulo 2^32: what one of the two counted may have been taken back from the other.
      for (let i = 0; i < BUCKETS; i++) histogram[i]! += (counts[i]! + counts[BUCKETS + i]!) >>> 0
      histogram[0]! -= fields[9]!
      fields.fill(0)
      counts.fill(0)
    },
    moveEqualTo(sums: DeltaSums, count: number): void {
      fields[1] = fields[0]!
      fields[2] = fields[0]!
      addScalars(sums)
      sums.n += count - fields[12]!
      fields.fill(0)
    },
  }
}
