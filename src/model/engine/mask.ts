// Additive attention masks: 0 where a position may be seen, a large negative number elsewhere.

/** Far below any score, and finite: a row that sees nothing must not become NaN. */
export const HIDDEN = -1e9

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
