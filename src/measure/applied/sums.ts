// Compares the rows of a merged tensor with the base and with the replayed merge: counts, distances in units in the last
// place, and the sums that give the strength along the adapter's delta by least squares. In fp64.
import type { MergeOrder } from './orders.ts'
import type { Replay } from './replay.ts'
import { coarser, roundTo, spacingAt } from './rounding.ts'

export interface Sums {
  n: number
  equal: number
  /** Elements that the replay moves away from the base, as the file would hold both. */
  moved: number
  equalToBase: number
  maxUlps: number
  /** E = merged - base, D = unrounded delta, R = merged - replayed, M = replayed - base as the file would hold them. */
  ee: number
  ed: number
  dd: number
  rr: number
  mm: number
  /** Expected square of rounding alone: twice spacing^2 / 12, since delta and sum are each rounded. */
  rounding: number
  /** Elements that are not finite in one of the two and not the same. */
  nonFinite: number
}

export const emptySums = (): Sums => ({
  ...{ n: 0, equal: 0, moved: 0, equalToBase: 0, maxUlps: 0 },
  ...{ ee: 0, ed: 0, dd: 0, rr: 0, mm: 0, rounding: 0, nonFinite: 0 },
})

/** Rows of the three, as long as each other. */
export interface ComparedRows {
  base: Float32Array
  merged: Float32Array
  replay: Replay
}

export function addRows(sums: Sums, { base, merged, replay }: ComparedRows, order: MergeOrder): void {
  const { exact, bound } = replay
  const replayed = roundTo(order.saved, replay.rounded)
  const stored = roundTo(order.saved, roundTo(order.load, base.slice()))
  const unit = coarser(order.load, order.saved)
  for (let i = 0; i < merged.length; i++) {
    const [is, should, was] = [merged[i]!, replayed[i]!, stored[i]!]
    sums.n++
    if (should !== was) sums.moved++
    if (is === was) sums.equalToBase++
    const isEqual = is === should || (Number.isNaN(is) && Number.isNaN(should))
    if (isEqual) sums.equal++
    if (!Number.isFinite(is) || !Number.isFinite(should)) {
      if (!isEqual) sums.nonFinite++
      continue
    }
    const largest = Math.max(Math.abs(was), Math.abs(should), Math.abs(is), Math.abs(should - was))
    const spacing = spacingAt(unit, largest)
    if (!isEqual) {
      // In fp32 the partial sums of the product may be larger than what is left of them.
      const ulp = unit === 'F32' && bound ? spacingAt(unit, Math.max(largest, bound[i]!)) : spacing
      sums.maxUlps = Math.max(sums.maxUlps, Math.abs(is - should) / ulp)
    }
    addSquares(sums, { e: is - base[i]!, d: exact[i]! - base[i]!, r: is - should, m: should - was })
    sums.rounding += (spacing * spacing) / 6
  }
}

function addSquares(sums: Sums, { e, d, r, m }: { e: number; d: number; r: number; m: number }): void {
  sums.ee += e * e
  sums.ed += e * d
  sums.dd += d * d
  sums.rr += r * r
  sums.mm += m * m
}
