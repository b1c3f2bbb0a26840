// Rows of scale * B * A with PyTorch's own arithmetic on a CPU: each sum in fp32, in order of the rank, by fused
// multiply-add. A product of two fp32 numbers is exact in fp64, so rounding each sum to fp32 is that.
import { type DeltaFactors, deltaFactors, type LoraSource, type ReadRows } from '../../model/peft/apply.ts'
import type { MergeOrder } from './orders.ts'
import { type MergeDtype, roundTo } from './rounding.ts'

/** Factors as an order rounds them, with the sizes that bound each sum. */
export interface RoundedFactors extends DeltaFactors {
  /** Norms of the rows of `left` and of the columns of `right`, times the scale: no sum is larger than their product. */
  rowNorms: Float64Array
  columnNorms: Float64Array
}

/** Factors of one source, rounded to `dtype`. */
export function roundedFactors(source: LoraSource, dtype: MergeDtype, read: ReadRows): RoundedFactors {
  const { left, right, rank, columns, scale } = deltaFactors(source.factors, source.transposed, read)
  return withNorms({ left: rounded(left, dtype), right: rounded(right, dtype), rank, columns, scale })
}

/** Rows [start, end) of the delta as `order` computes it. */
export function deltaRows(
  factors: RoundedFactors,
  start: number,
  end: number,
  order: MergeOrder,
): Float32Array {
  const { columns } = factors
  // PyTorch casts a scalar to the format that it computes in.
  const scale = Math.fround(factors.scale)
  const delta = new Float32Array((end - start) * columns)
  for (let row = start; row < end; row++) {
    const begin = (row - start) * columns
    productRow(factors, row, delta.subarray(begin, begin + columns))
  }
  if (order.isProductRounded) roundTo(order.factors, delta)
  for (let i = 0; i < delta.length; i++) delta[i]! *= scale
  return roundTo(order.delta, delta)
}

/** One row of left * right; each store rounds to fp32. */
function productRow({ left, right, rank, columns }: DeltaFactors, row: number, sums: Float32Array): void {
  const at = row * rank
  let k = 0
  for (; k + 4 <= rank; k += 4) {
    const [l0, l1, l2, l3] = [left[at + k]!, left[at + k + 1]!, left[at + k + 2]!, left[at + k + 3]!]
    const r0 = k * columns
    const r1 = r0 + columns
    const r2 = r1 + columns
    const r3 = r2 + columns
    for (let j = 0; j < columns; j++) {
      let sum = Math.fround(sums[j]! + l0 * right[r0 + j]!)
      sum = Math.fround(sum + l1 * right[r1 + j]!)
      sum = Math.fround(sum + l2 * right[r2 + j]!)
      sums[j] = sum + l3 * right[r3 + j]!
    }
  }
  for (; k < rank; k++) {
    const l = left[at + k]!
    const r = k * columns
    for (let j = 0; j < columns; j++) sums[j]! += l * right[r + j]!
  }
}

function rounded(values: Float32Array, dtype: MergeDtype): Float32Array {
  return dtype === 'F32' ? values : roundTo(dtype, values.slice())
}

function withNorms(factors: DeltaFactors): RoundedFactors {
  const { left, right, rank, columns, scale } = factors
  const rowNorms = new Float64Array(left.length / Math.max(1, rank))
  left.forEach((value, i) => {
    rowNorms[Math.floor(i / rank)]! += value * value
  })
  const columnNorms = new Float64Array(columns)
  right.forEach((value, i) => {
    columnNorms[i % columns]! += value * value
  })
  return {
    ...factors,
    rowNorms: rowNorms.map((sum) => Math.sqrt(sum) * Math.abs(scale)),
    columnNorms: columnNorms.map(Math.sqrt),
  }
}
