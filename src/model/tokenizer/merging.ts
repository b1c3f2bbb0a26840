// Joins neighbours in a row of symbols until no pair can be joined: of all pairs the one with the smallest rank goes
// first, of equal ranks the leftmost. This is the loop of BPE (arXiv 1508.07909, algorithm 1), with a heap instead of a
// search through the row, and of SentencePiece's BPE, where the rank is the negative score.

export interface Join {
  rank: number
  /** The symbol that the two become. */
  id: number
}

export type JoinOf = (left: number, right: number) => Join | undefined

interface Entry extends Join {
  at: number
  left: number
  right: number
}

/** The symbols that are left; the given row is not changed. */
export function mergeSymbols(row: readonly number[], joinOf: JoinOf): number[] {
  const symbols = [...row]
  const next = Int32Array.from(row, (_, at) => at + 1)
  const before = Int32Array.from(row, (_, at) => at - 1)
  const heap: Entry[] = []
  const offer = (at: number): void => {
    const to = next[at]!
    if (at < 0 || to >= symbols.length) return
    const [left, right] = [symbols[at]!, symbols[to]!]
    const join = joinOf(left, right)
    if (join) push(heap, { rank: join.rank, id: join.id, at, left, right })
  }
  for (let at = 0; at + 1 < symbols.length; at++) offer(at)
  for (let entry = pop(heap); entry; entry = pop(heap)) {
    const { at, left, right, id } = entry
    const to = next[at]!
    // An entry whose symbols have been joined to others meanwhile is void; a used place holds -1.
    if (symbols[at] !== left || to >= symbols.length || symbols[to] !== right) continue
    symbols[at] = id
    symbols[to] = -1
    next[at] = next[to]!
    if (next[at]! < symbols.length) before[next[at]!] = at
    if (before[at]! >= 0) offer(before[at]!)
    offer(at)
  }
  return symbols.filter((symbol) => symbol >= 0)
}

const goesFirst = (a: Entry, b: Entry): boolean => a.rank < b.rank || (a.rank === b.rank && a.at < b.at)

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  heap.push(entry)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!goesFirst(entry, heap[parent]!)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = entry
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0]
  const last = heap.pop()
  if (!first || !last || heap.length === 0) return first
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && goesFirst(heap[child + 1]!, heap[child]!)) child++
    if (!goesFirst(heap[child]!, last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
  return first
}
