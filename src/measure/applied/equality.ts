// Whether a tensor that no adapter touches is the base's, as the merged file's format would hold it.
import type { ReadRows } from '../../model/peft/apply.ts'
import { matrixShape } from '../../model/rows.ts'
import type { ModelTensor } from '../../model/tensor.ts'
import { loadDtypes } from './orders.ts'
import { isMergeDtype, roundTo } from './rounding.ts'

const CHUNK_ELEMENTS = 1 << 20

export interface Equality {
  /** Of the formats that the base may have been loaded in, the best. */
  equalShare: number
  /** The merged tensor is another, and rounded to the base's format it is the base's: the base named is a rounded copy. */
  roundsToBase: boolean
}

/** Compares all rows. */
export function equalityWithBase(
  { base, merged }: { base: ModelTensor; merged: ModelTensor },
  { read, onRows }: { read: ReadRows; onRows: (elements: number) => void },
): Equality {
  const { rows, columns } = matrixShape(merged.shape)
  const isSameShape =
    base.shape.length === merged.shape.length && base.shape.every((size, i) => size === merged.shape[i])
  if (!isSameShape) return { equalShare: 0, roundsToBase: false }
  const saved = isMergeDtype(merged.dtype) ? merged.dtype : 'F32'
  const loads = loadDtypes(base.dtype, saved)
  const equal = loads.map(() => 0)
  let equalWhenRounded = 0
  const step = Math.max(1, Math.floor(CHUNK_ELEMENTS / Math.max(1, columns)))
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step)
    const [was, is] = [read(base.source, start, end), read(merged.source, start, end)]
    for (const [i, load] of loads.entries()) {
      equal[i]! += countEqual(roundTo(saved, roundTo(load, was.slice())), is)
    }
    onRows(is.length)
    if (isMergeDtype(base.dtype)) equalWhenRounded += countEqual(was, roundTo(base.dtype, is))
  }
  const n = rows * columns
  const equalShare = n === 0 ? 1 : Math.max(...equal) / n
  return { equalShare, roundsToBase: equalShare < 1 && equalWhenRounded === n }
}

/** NaN equals NaN: what matters is whether the file was altered. */
function countEqual(was: Float32Array, is: Float32Array): number {
  let equal = 0
  for (let i = 0; i < is.length; i++) {
    if (was[i] === is[i] || (Number.isNaN(was[i]!) && Number.isNaN(is[i]!))) equal++
  }
  return equal
}
