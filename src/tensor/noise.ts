// The largest singular value that rounding alone gives. The delta of two models in a format of finite precision is a
// full-rank matrix even when training moved a few directions: its rounding is simulated, element by element uniform in
// +-spacing/2, and the largest singular value of several draws is the edge above which directions count. (A closed form
// for equal variances fails on trained weights, whose spacing varies by rows and columns.)
import type { Kernels } from './kernels.ts'
import { largestSingularValue } from './lanczos.ts'
import type { Matmul } from './matmul.ts'
import { seedOf } from './random.ts'

export const DRAWS = 5
/** Small matrices, whose draws vary more and cost less, are drawn up to so many times. */
export const MAX_DRAWS = 25
const DRAWN_ELEMENTS = 2 ** 22
/** The edge is this much above the largest draw, and so many standard deviations above their mean. */
export const EDGE_MARGIN = 1.02
export const EDGE_DEVIATIONS = 4
/** A draw up to this size is made once and held; a larger one is made again for every pass over it. */
export const HELD_DRAW_BYTES = 192 * 2 ** 20
/** Singular values below this share of the largest one are rounding of the fp32 products that found them. */
export const ARITHMETIC_FLOOR = 2 ** -21

export interface SpacingSource {
  rows: number
  columns: number
  /** Spacing of each value in rows [start, end), in the coarser of the two formats. */
  readSpacings(start: number, end: number): Float32Array
}

export interface NoiseOptions {
  /** Name that seeds the draws. */
  seed: string
  matmul: Matmul
  /** With room for at least one row. */
  kernels: Kernels
  draws?: number
  heldBytes?: number
}

/** Largest singular value that rounding to these spacings gives, with its margin. 0 where all spacings are 0. */
export async function noiseEdge(source: SpacingSource, options: NoiseOptions): Promise<number> {
  const { heldBytes = HELD_DRAW_BYTES, kernels, matmul } = options
  const { rows, columns } = source
  if (rows * columns === 0) return 0
  const affordable = Math.floor((DRAWS * DRAWN_ELEMENTS) / (rows * columns))
  const draws = options.draws ?? Math.min(MAX_DRAWS, Math.max(DRAWS, affordable))
  const spacings: Spacings = { ...source, exponents: exponentsOf(source) }
  const store = rows * columns * 4 <= heldBytes ? new Float32Array(rows * columns) : null
  const found: number[] = []
  for (let draw = 0; draw < draws; draw++) {
    const seed = seedOf(`${options.seed} draw ${draw}`)
    const make = (start: number, end: number, target: Float32Array): Float32Array =>
      fill(target, { start, end, seed, kernels, spacings })
    if (store) make(0, rows, store)
    const read = (start: number, end: number): Float32Array =>
      store?.subarray(start * columns, end * columns) ??
      make(start, end, new Float32Array((end - start) * columns))
    found.push(await largestSingularValue({ rows, columns, read }, { seed, matmul }))
  }
  return edgeAbove(found)
}

/** On trained weights a few rows of large spacing decide, and single draws differ by several percent. */
function edgeAbove(found: readonly number[]): number {
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, found.length - 1)
  return Math.max(Math.max(...found) * EDGE_MARGIN, mean + EDGE_DEVIATIONS * Math.sqrt(variance))
}

/** How many singular values stand above the edge, and above what fp32 arithmetic itself leaves. */
export function directionsAbove(singularValues: ArrayLike<number>, edge: number): number {
  const values = Array.from(singularValues)
  const floor = Math.max(edge, ARITHMETIC_FLOOR * Math.max(0, ...values))
  return values.filter((value) => value > floor).length
}

interface Spacings extends SpacingSource {
  /** Of all spacings, where they are powers of two. */
  exponents: Uint8Array | null
}

interface Fill {
  start: number
  end: number
  seed: number
  kernels: Kernels
  spacings: Spacings
}

/** Noise of rows [start, end) into `target`, as many rows at a time as the kernels have room for. */
function fill(target: Float32Array, { start, end, seed, kernels, spacings }: Fill): Float32Array {
  const { columns, exponents } = spacings
  const step = Math.floor(kernels.chunkElements / columns)
  for (let row = start; row < end; row += step) {
    const last = Math.min(end, row + step)
    const [firstIndex, count] = [row * columns, (last - row) * columns]
    if (!exponents) kernels.spacings.set(spacings.readSpacings(row, last))
    const chunk = { seed, firstIndex, count }
    const made = kernels.uniformNoise(
      exponents ? { ...chunk, exponents: exponents.subarray(firstIndex, firstIndex + count) } : chunk,
    )
    target.set(made, (row - start) * columns)
  }
  return target
}

/**
 * Exponents of the spacings as fp32 has them, a byte each, where all are powers of two as those of floats are: then
 * they are read once. Null otherwise (steps of quantised blocks): those are read again for every draw. Spacings below
 * 2^-126 count as 0.
 */
function exponentsOf({ rows, columns, readSpacings }: SpacingSource): Uint8Array | null {
  const exponents = new Uint8Array(rows * columns)
  const step = Math.max(1, Math.floor(2 ** 18 / columns))
  for (let row = 0; row < rows; row += step) {
    const spacings = readSpacings(row, Math.min(rows, row + step))
    const bits = new Uint32Array(spacings.buffer, spacings.byteOffset, spacings.length)
    const at = row * columns
    let inexact = 0
    for (let i = 0; i < bits.length; i++) {
      const exponent = bits[i]! >>> 23
      if (exponent !== 0) inexact |= bits[i]! & 0x7fffff
      exponents[at + i] = exponent
    }
    if (inexact !== 0) return null
  }
  return exponents
}
