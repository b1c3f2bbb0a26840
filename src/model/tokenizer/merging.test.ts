import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type JoinOf, mergeSymbols } from './merging.ts'

/** Searches the whole row for the pair that goes first, again and again. */
function mergeSlowly(row: readonly number[], joinOf: JoinOf): number[] {
  const symbols = [...row]
  for (;;) {
    let best: { at: number; rank: number; id: number } | undefined
    for (let at = 0; at + 1 < symbols.length; at++) {
      const join = joinOf(symbols[at]!, symbols[at + 1]!)
      if (join && (!best || join.rank < best.rank)) best = { at, ...join }
    }
    if (!best) return symbols
    symbols.splice(best.at, 2, best.id)
  }
}

test('a heap finds the pairs that a search through the row finds, and leaves the row as it was', () => {
  const joins = fc.dictionary(
    fc.tuple(fc.nat(6), fc.nat(6)).map(String),
    fc.record({ rank: fc.integer({ min: -3, max: 3 }), id: fc.nat(6) }),
  )
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 40 }), joins, (row, table) => {
      const joinOf: JoinOf = (left, right) => table[`${left},${right}`]
      const before = [...row]
      expect(mergeSymbols(row, joinOf)).toEqual(mergeSlowly(row, joinOf))
      expect(row).toEqual(before)
    }),
    { numRuns: 500 },
  )
})

test('of equal pairs the leftmost goes first', () => {
  const joinOf: JoinOf = (left, right) => (left === 0 && right === 0 ? { rank: 0, id: 1 } : undefined)
  expect(mergeSymbols([0, 0, 0, 0, 0], joinOf)).toEqual([1, 1, 0])
  expect(mergeSymbols([], joinOf)).toEqual([])
})
