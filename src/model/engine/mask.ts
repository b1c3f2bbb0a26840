// Additive attention masks: 0 where a position may be seen, a large negative number elsewhere.

import { HIDDEN } from '../../tensor/ops/causalAttention.ts'

export { HIDDEN }

/**
 * Causal mask of `length` positions for `group` query heads that share keys: [group * length, length], row-major. With
 * `window` a position sees that many, itself included.
 */
export function causalMask(length: number, group: number, window: number | null): Float32Array {
  const mask = new Float32Array(group * length * length).fill(HIDDEN)
  for (let g = 0; g < group; g++) {
    for (let i = 0; i < length; i++) {
      const at = (g * length + i) * length
      mask.fill(0, at + Math.max(0, window === null ? 0 : i - window + 1), at + i + 1)
    }
  }
  return mask
}

interface StepMaskOptions {
  rows: number
  slots: number
  group: number
  window: number | null
}

/**
 * Mask of one new position of each text, which sees the `lengths` positions before it, as far as its window reaches, and
 * itself, which is behind the slots: [rows, group, slots + 1]. Rows without a text see themselves.
 */
export function stepMask(
  lengths: readonly number[],
  { rows, slots, group, window }: StepMaskOptions,
): Float32Array {
  const mask = new Float32Array(rows * group * (slots + 1)).fill(HIDDEN)
  for (let row = 0; row < rows * group; row++) {
    const length = lengths[Math.floor(row / group)] ?? 0
    const at = row * (slots + 1)
    mask.fill(0, at + Math.max(0, window === null ? 0 : length - window + 1), at + length)
    mask[at + slots] = 0
  }
  return mask
}
