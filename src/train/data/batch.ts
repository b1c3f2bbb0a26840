// Rows of examples as the arrays that a forward pass takes. Positions restart with each example of a row; a target stands one
// token before what it is, and is there only where that is trained on, with its weight: the trainer divides by their sum.
import type { Batch } from '../../model/engine/training/batch.ts'
import type { Example } from './examples.ts'

export type { Batch } from '../../model/engine/training/batch.ts'

/** Rows are as long as the longest of a batch, rounded up to a multiple of this. */
export const LENGTH_STEP = 64

/** `rows`: numbers of the examples in each. Padding is token 0 at position 0 of segment -1. */
export function batchOf(examples: readonly Example[], rows: readonly (readonly number[])[]): Batch {
  const used = rows.map((row) => row.reduce((sum, i) => sum + examples[i]!.ids.length, 0))
  const length = Math.ceil(Math.max(...used) / LENGTH_STEP) * LENGTH_STEP
  const size = rows.length * length
  const batch: Batch = {
    ids: new Int32Array(size),
    positions: new Int32Array(size),
    segments: new Int32Array(size).fill(-1),
    targets: new Int32Array(size).fill(-1),
    weights: new Float32Array(size),
    rows: rows.length,
    length,
  }
  for (const [r, row] of rows.entries()) {
    let at = r * length
    for (const [segment, i] of row.entries()) at = place(batch, examples[i]!, { at, segment })
  }
  return batch
}

/** Returns where the next one goes. */
function place(
  batch: Batch,
  { ids, weights }: Example,
  { at, segment }: { at: number; segment: number },
): number {
  batch.ids.set(ids, at)
  batch.segments.fill(segment, at, at + ids.length)
  for (let i = 0; i < ids.length; i++) {
    batch.positions[at + i] = i
    const weight = weights[i + 1] ?? 0
    if (weight === 0) continue
    batch.targets[at + i] = ids[i + 1]!
    batch.weights[at + i] = weight
  }
  return at + ids.length
}
