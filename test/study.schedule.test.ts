// Which cells are begun when: small ones side by side, large ones alone, measurements of one base together.
import { describe, expect, test } from 'vitest'
import { measuredRates, timeLeft } from '../src/study/planCosts.ts'
import { type Now, nextCells, type Progress } from '../src/study/schedule.ts'

type Cell = Now['cells'][number]

interface Given {
  kind?: 'variant' | 'live' | 'predictions' | 'weights'
  parameters?: number
  bytes?: number | null
  needs?: string[]
  base?: string
}

function cell(
  key: string,
  { kind = 'variant', parameters = 1e6, bytes = null, needs = [], base = 'base' }: Given = {},
): Cell {
  const refs = { base: { spec: base, identity: base }, variant: { spec: key, identity: key } }
  const work = { kind, ...refs } as unknown as Cell['work']
  const cost = { bytes, work: 1, group: kind }
  const state = { kind: 'missing' } as const
  return { key, asked: {}, work, uses: [], needs, parameters, threads: 1, folder: key, cost, state }
}

function next(
  cells: readonly Cell[],
  progress: Record<string, Progress> = {},
  more: Partial<Now> = {},
): string[] | undefined {
  const all = new Map<string, Progress>(cells.map(({ key }) => [key, progress[key] ?? 'waiting']))
  const running = [...all.values()].filter((state) => state === 'running').length
  const now = {
    cells,
    progress: all,
    single: new Set<string>(),
    running,
    lanes: 2,
    usableBytes: 1e9,
    ...more,
  }
  return nextCells(now)?.map(({ key }) => key)
}

describe('small cells', () => {
  test('as many as there are lanes', () => {
    const cells = [cell('a'), cell('b'), cell('c')]
    expect(next(cells)).toEqual(['a'])
    expect(next(cells, { a: 'running' })).toEqual(['b'])
    expect(next(cells, { a: 'running', b: 'running' })).toBeUndefined()
  })

  test('not before what they need is done, and never where it failed', () => {
    const cells = [cell('a'), cell('b', { needs: ['a'] })]
    expect(next(cells, { a: 'running' })).toBeUndefined()
    expect(next(cells, { a: 'done' })).toEqual(['b'])
    expect(next(cells, { a: 'failed' })).toBeUndefined()
  })

  test('as many as fit into memory, and one at least', () => {
    const cells = [cell('a', { bytes: 6e8 }), cell('b', { bytes: 6e8 }), cell('c', { bytes: 3e8 })]
    expect(next(cells, { a: 'running' })).toEqual(['c'])
    expect(next([cell('a', { bytes: 2e9 })])).toEqual(['a'])
  })
})

describe('large cells', () => {
  const large = { parameters: 1e9 }

  test('alone: begun when nothing runs, and nothing is begun beside them', () => {
    const cells = [cell('a', large), cell('b'), cell('c')]
    expect(next(cells, { b: 'running', c: 'done' })).toBeUndefined()
    expect(next(cells, { b: 'done', c: 'done' })).toEqual(['a'])
    expect(next(cells, { a: 'running' })).toBeUndefined()
  })

  test('all measurements of one base in one go', () => {
    const predictions = { ...large, kind: 'predictions' as const }
    const cells = [
      cell('a', predictions),
      cell('b', predictions),
      cell('c', { ...predictions, base: 'other' }),
    ]
    expect(next(cells)).toEqual(['a', 'b'])
  })
})

describe('measurements of predictions', () => {
  const predictions = { kind: 'predictions' as const }
  const cells = ['a', 'b', 'c', 'd', 'e'].map((key) => cell(key, predictions))

  test('share the pass of their base, a fair share of them for each lane', () => {
    expect(next(cells)).toEqual(['a', 'b', 'c'])
    expect(next(cells, { a: 'running', b: 'running', c: 'running' }, { running: 1 })).toEqual(['d'])
  })

  test('each alone once they failed together', () => {
    expect(next(cells, {}, { single: new Set(['a', 'b', 'c']) })).toEqual(['a'])
  })

  test('so do checks whether variants of one base are live', () => {
    const live = { kind: 'live' as const }
    expect(next([cell('a', live), cell('b', predictions), cell('c', live), cell('d', live)])).toEqual([
      'a',
      'c',
    ])
  })

  test('other measurements go alone', () => {
    expect(next([cell('a', { kind: 'weights' }), cell('b', { kind: 'weights' })])).toEqual(['a'])
  })
})

describe('time left', () => {
  const cost = (group: string, work: number) => ({ bytes: null, group, work })
  const rates = measuredRates([
    { cost: cost('a', 10), seconds: 2 },
    { cost: cost('a', 30), seconds: 6 },
  ])

  test('by the work of a cell and the rate of its kind, small ones shared among lanes', () => {
    const cells = [
      { cost: cost('a', 100), isSmall: true },
      { cost: cost('a', 50), isSmall: false },
    ]
    expect(timeLeft(cells, rates, 4)).toEqual({ seconds: 100 / 5 / 4 + 50 / 5, unknown: 0 })
  })

  test('less what a running cell has had, and never below nothing', () => {
    const running = (elapsed: number) => [{ cost: cost('a', 50), isSmall: false, elapsed }]
    expect(timeLeft(running(4), rates, 2).seconds).toBe(6)
    expect(timeLeft(running(40), rates, 2).seconds).toBe(0)
  })

  test('of a kind of which none is done, nothing is known', () => {
    expect(timeLeft([{ cost: cost('b', 1), isSmall: true }], rates, 2)).toEqual({ seconds: 0, unknown: 1 })
  })
})
