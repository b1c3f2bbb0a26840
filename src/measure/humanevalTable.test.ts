import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { humanevalTable, type PublishedRow } from './humanevalTable.ts'
import { readPublishedRows } from './reference.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../test/goldens/reference/golden.json', import.meta.url), 'utf8'),
).humaneval

const row = (solved: number, changes: Partial<PublishedRow> = {}): PublishedRow => ({
  system: `S${solved}`,
  baseWeights: 'w',
  weightsChanged: false,
  solver: 'ldb',
  startingPrograms: 'Reflexion',
  scorePercent: Math.round((1000 * solved) / 164) / 10,
  solved,
  published: '2024',
  source: 'paper',
  note: null,
  ...changes,
})

describe('the published rows', () => {
  const table = humanevalTable(readPublishedRows())

  test('agree with sums made apart from this code', () => {
    expect(table.rows).toHaveLength(golden.rows)
    expect(table.rowsWithChangedWeights).toBe(golden.changed)
    expect([table.span.lowSolved, table.span.highSolved]).toEqual(golden.span)
    expect(table.span.problems).toBe(7)
    expect(table.spanPairs.tooClose).toBe(golden.spanTooClose)
    expect(table.allPairs.tooClose).toBe(golden.allTooClose)
    expect(table.pAtFewest).toBeCloseTo(golden.pAtSix, 12)
    expect(table.pBelowFewest).toBeCloseTo(golden.pAtFive, 12)
  })

  test('six problems are the smallest gap that could show', () => {
    expect(table.fewestFlips).toBe(6)
  })

  test('name the systems whose logs are public, with what they started from', () => {
    expect(table.rowsWithLog).toBe(14)
    expect(table.rows.filter((r) => !r.logKnown).map((r) => r.solved)).toEqual([163])
    expect(table.knownPairs.map((pair) => [pair.baseSolved, pair.variantSolved])).toEqual([
      [121, 136],
      [121, 132],
      [121, 131],
      [81, 91],
      [64, 65],
      [123, 136],
      [150, 156],
      [150, 159],
      [150, 161],
    ])
  })

  test("Wilson's interval of 156 of 164, as published formulae give it", () => {
    const rate = table.rows.find((r) => r.solved === 156)!.rate
    expect(rate.low).toBeCloseTo(0.9067, 3)
    expect(rate.high).toBeCloseTo(0.9751, 3)
  })
})

describe('other rows', () => {
  test('the span follows the rows, not the known figures', () => {
    const table = humanevalTable([row(100), row(109), row(104), row(20, { startingPrograms: null })])
    expect(table.span).toMatchObject({ rows: 3, lowSolved: 100, highSolved: 109, problems: 9 })
    expect(table.spanPairs).toEqual({ pairs: 3, tooClose: 2 })
    expect(table.spanPairsApart.map((pair) => [pair.baseSolved, pair.variantSolved])).toEqual([[100, 109]])
  })

  test('changed weights are counted', () => {
    const table = humanevalTable([row(100, { weightsChanged: true }), row(101)])
    expect(table.rowsWithChangedWeights).toBe(1)
  })

  test('a pair is known only if both sides have a log', () => {
    const base = row(90, { system: 'Reflexion with x', startingPrograms: null, source: 'a log' })
    expect(humanevalTable([base, row(99)]).knownPairs).toEqual([])
    const [pair] = humanevalTable([base, row(99, { note: 'results log' })]).knownPairs
    expect(pair).toMatchObject({ base: 'Reflexion with x', variant: 'S99', bestP: 2 / 2 ** 9 })
  })

  test('"logical" is no log', () => {
    expect(humanevalTable([row(99, { source: 'a logical catalogue' })]).rowsWithLog).toBe(0)
  })

  test('no row of the group is a fault of the caller', () => {
    expect(() => humanevalTable([row(99, { startingPrograms: null })])).toThrow(RangeError)
  })
})
