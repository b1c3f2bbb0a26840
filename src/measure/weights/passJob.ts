// The pass over elements: bytes of F32, F16 and BF16 go to the kernels as they are; everything else is decoded first.
import { matrixShape, readSpacings, readValues } from '../../model/rows.ts'
import { readStoredInto } from '../../model/stored.ts'
import { DTYPES, type StoredTensor, type TensorSource } from '../../model/tensor.ts'
import { sparse } from '../../tensor/histogram.ts'
import {
  type DeltaSums,
  emptySums,
  type FloatDtype,
  type Kernels,
  openKernels,
} from '../../tensor/kernels.ts'
import type { PassJob, PassPart } from './jobs.ts'

/** Fits the second-level cache with both sides in two bytes each. */
const CHUNK_ELEMENTS = 1 << 18
const RAW: readonly string[] = ['F32', 'F16', 'BF16']

let opened: Kernels | undefined

/** The thread's kernels, with room for a whole row of `columns`. */
export function kernelsFor(columns: number): Kernels {
  if (!opened || opened.chunkElements < columns)
    opened = openKernels({ chunkElements: Math.max(CHUNK_ELEMENTS, columns) })
  return opened
}

export function passJob({ pair, start, end, perRow }: PassJob): PassPart {
  const { columns } = matrixShape(pair.shape)
  const kernels = kernelsFor(columns)
  const sums = emptySums()
  const rowNorms = perRow ? new Float32Array(end - start) : null
  const step = Math.max(1, Math.floor(kernels.chunkElements / Math.max(1, columns)))
  const [base, variant] = [pair.base!, pair.variant!]
  for (let at = start; at < end; at += step) {
    const chunk: Chunk = { start: at, end: Math.min(end, at + step), columns }
    const deltas =
      isRaw(base) && isRaw(variant)
        ? rawChunk(kernels, sums, chunk, { base, variant, wantsDelta: perRow })
        : valueChunk(kernels, sums, chunk, { base, variant, wantsDelta: perRow })
    if (rowNorms && deltas)
      kernels.rowSquares(chunk.end - at, columns).forEach((square, i) => {
        rowNorms[at - start + i] = Math.sqrt(square)
      })
  }
  return partOf(sums, rowNorms)
}

/** Rows [start, end) of `columns` values. */
interface Chunk {
  start: number
  end: number
  columns: number
}

export const isRaw = (source: TensorSource): source is StoredTensor & { dtype: FloatDtype } =>
  source.kind === 'stored' && RAW.includes(source.dtype)

/** Returns whether the deltas lie in the kernels' third area; not where nothing changed. */
function rawChunk(
  kernels: Kernels,
  sums: DeltaSums,
  chunk: Chunk,
  sides: {
    base: StoredTensor & { dtype: FloatDtype }
    variant: StoredTensor & { dtype: FloatDtype }
    wantsDelta: boolean
  },
): boolean {
  const { base, variant } = sides
  const count = (chunk.end - chunk.start) * chunk.columns
  readStoredInto(base, chunk.start, chunk.end, kernels.baseBytes)
  readStoredInto(variant, chunk.start, chunk.end, kernels.variantBytes)
  if (base.dtype === variant.dtype && kernels.bytesEqual(count * DTYPES[base.dtype].bytes)) {
    kernels.sumsOf(sums, base.dtype, count)
    return false
  }
  const pair = { base: base.dtype, variant: variant.dtype, count }
  kernels.compare(sums, pair)
  if (sides.wantsDelta) kernels.subtract(pair)
  return sides.wantsDelta
}

function valueChunk(
  kernels: Kernels,
  sums: DeltaSums,
  { start, end, columns }: Chunk,
  { base, variant, wantsDelta }: { base: TensorSource; variant: TensorSource; wantsDelta: boolean },
): boolean {
  const count = (end - start) * columns
  kernels.base.set(readValues(base, start, end))
  kernels.variant.set(readValues(variant, start, end))
  kernels.spacings.set(coarserSpacings(base, variant, start, end))
  kernels.compareValues(sums, count)
  if (wantsDelta) kernels.subtract({ base: 'F32', variant: 'F32', count })
  return wantsDelta
}

/** The larger of both sides' spacings at each element. */
export function coarserSpacings(
  base: TensorSource,
  variant: TensorSource,
  start: number,
  end: number,
): Float32Array {
  const spacings = readSpacings(base, start, end)
  const others = readSpacings(variant, start, end)
  for (let i = 0; i < spacings.length; i++) if (others[i]! > spacings[i]!) spacings[i] = others[i]!
  return spacings
}

export function partOf(sums: DeltaSums, rowNorms: Float32Array | null): PassPart {
  return {
    n: sums.n,
    base: sums.baseSquares,
    delta: sums.deltaSquares,
    baseDelta: sums.baseDelta,
    spacing: sums.spacingSquares,
    maxSpacing: sums.maxSpacing,
    maxAbsDelta: sums.maxAbsDelta,
    changed: sums.changed,
    aboveOneUlp: sums.aboveOneUlp,
    signFlips: sums.signFlips,
    nonFinite: sums.nonFinite,
    histogram: sparse(sums.histogram),
    rowNorms,
  }
}
