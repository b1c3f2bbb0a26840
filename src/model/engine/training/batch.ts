// A batch of training rows, and what programs are fed with of it beside weights: embeddings, positions, and masks under
// which packed examples do not see each other.
import { HIDDEN } from '../mask.ts'

export interface Batch {
  /** [rows * length]. */
  ids: Int32Array
  /** From 0 in each example. */
  positions: Int32Array
  /** Number of the example in its row: tokens see their own example alone. -1: padding. */
  segments: Int32Array
  /** The token that follows; -1: none. */
  targets: Int32Array
  /** What the cross entropy of a token's target is multiplied with; 0 leaves it out. */
  weights: Float32Array
  rows: number
  /** Tokens of a row. */
  length: number
}

/** Refuses arrays that do not belong together: a wrong caller, not wrong data. */
export function checkBatch(batch: Batch, vocabulary: number): void {
  const { rows, length, positions, targets } = batch
  for (const key of ['ids', 'positions', 'segments', 'targets', 'weights'] as const) {
    if (batch[key].length !== rows * length)
      throw new RangeError(`${key}: ${batch[key].length} numbers for ${rows} rows of ${length}`)
  }
  const far = positions.find((position) => position < 0 || position >= length)
  if (far !== undefined) throw new RangeError(`position ${far} in a row of ${length}`)
  const unknown = targets.find((target) => target >= vocabulary)
  if (unknown !== undefined) throw new RangeError(`target ${unknown} in a vocabulary of ${vocabulary}`)
}

/**
 * Writes the mask [rows, 1, 1, length, length]: a token sees those of its own example up to itself, with `window` so many.
 * Padding sees itself.
 */
export function packedMask(
  mask: Float32Array,
  { segments, rows, length }: Pick<Batch, 'segments' | 'rows' | 'length'>,
  window: number | null,
): void {
  mask.fill(HIDDEN)
  for (let row = 0; row < rows; row++) {
    const own = segments.subarray(row * length, (row + 1) * length)
    for (let i = 0; i < length; i++) {
      const at = (row * length + i) * length
      mask[at + i] = 0
      if (own[i] === -1) continue
      const first = window === null ? 0 : Math.max(0, i - window + 1)
      for (let j = first; j < i; j++) if (own[j] === own[i]) mask[at + j] = 0
    }
  }
}
