// Compares the rows of a merged tensor with the base and with the replayed merge: counts, distances in units in the last
// place, and the sums that give the strength along the adapter's delta by least squares. In fp64.
import type { MergeOrder } from './orders.ts'
import type { Replay } from './replay.ts'
import { coarser, roundTo, spacingTable } from './rounding.ts'

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
  /** Expected square of rounding alone: spacing^2 / 12 for the sum, and again where the delta is rounded before it. */
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
  const spacingAt = spacingTable(unit)
  // Local, because the loop runs over every weight of a model.
  let [equal, moved, equalToBase, maxUlps, nonFinite] = [0, 0, 0, sums.maxUlps, 0]
  let [ee, ed, dd, rr, mm, rounding] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < merged.length; i++) {
    const is = merged[i]!
    const should = replayed[i]!
    const was = stored[i]!
    if (should !== was) moved++
    if (is === was) equalToBase++
    const isEqual = is === should || (Number.isNaN(is) && Number.isNaN(should))
    if (isEqual) equal++
    if (is - is !== 0 || should - should !== 0) {
      if (!isEqual) nonFinite++
      continue
    }
    const largest = Math.max(Math.abs(was), Math.abs(should), Math.abs(is), Math.abs(should - was))
    const spacing = spacingAt(largest)
    if (!isEqual) {
      // In fp32 the partial sums of the product may be larger than what is left of them.
      const ulp = unit === 'F32' && bound ? spacingAt(Math.max(largest, bound[i]!)) : spacing
      maxUlps = Math.max(maxUlps, Math.abs(is - should) / ulp)
    }
    const e = is - base[i]!
    const d = exact[i]! - base[i]!
    ee += e * e
    ed += e * d
    dd += d * d
    rr += (is - should) * (is - should)
    mm += (should - was) * (should - was)
    rounding += spacing * spacing
  }
  sums.n += merged.length
  sums.equal += equal
  sums.moved += moved
  sums.equalToBase += equalToBase
  sums.maxUlps = maxUlps
  sums.nonFinite += nonFinite
  sums.ee += ee
  sums.ed += ed
  sums.dd += dd
  sums.rr += rr
  sums.mm += mm
  sums.rounding += ((order.delta === 'F32' ? 1 : 2) * rounding) / 12
}
