// Which examples share a row. Best-fit decreasing (D. S. Johnson 1973; TRL's `bfd`) within buffers of the shuffled order: the
// longest first, each into the fullest row that has room, no example cut. Buffers bound the work, and let chance have a part
// in who shares a row.

/** Examples that are packed together. */
const BUFFER = 512

/** Rows as numbers of examples. No row holds more than `capacity` tokens, every example is in one of them. */
export function packRows(lengths: readonly number[], order: ArrayLike<number>, capacity: number): number[][] {
  const rows: number[][] = []
  const all = Array.from(order)
  for (let start = 0; start < all.length; start += BUFFER)
    rows.push(...packBuffer(lengths, all.slice(start, start + BUFFER), capacity))
  return rows
}

function packBuffer(lengths: readonly number[], buffer: readonly number[], capacity: number): number[][] {
  const rows: number[][] = []
  const left: number[] = []
  // Sorting keeps the order of equals: the result is the same everywhere.
  for (const example of buffer.toSorted((a, b) => lengths[b]! - lengths[a]!)) {
    const length = lengths[example]!
    let best = -1
    for (const [row, room] of left.entries())
      if (room >= length && (best < 0 || room < left[best]!)) best = row
    if (best < 0) {
      best = rows.push([]) - 1
      left.push(capacity)
    }
    rows[best]!.push(example)
    left[best]! -= length
  }
  return rows
}
