// Letters of answers and places on a leaderboard, of runs by hand: places against exact tests of all pairs by the definition.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leaderboard } from '../src/report/page/leaderboards.ts'
import { layOut } from '../src/report/page/pieces.ts'
import { readTaskRuns } from '../src/report/page/runs.ts'
import type { Results } from '../src/schema/results.ts'
import { HandStudy, recorded } from './support/handStudy.ts'

/** Runs of a study by hand, read as a report reads them. */
async function taskRunsOf(hand: HandStudy) {
  const { scores, changes, pairs } = await hand.results()
  const results = { asked: hand.asked, scores, changes, pairs } as unknown as Results
  const paths = hand.asked.cells.flatMap(({ key }) => [
    `cells/${key}/samples.jsonl`,
    `cells/${key}/outcomes.jsonl`,
  ])
  const files = paths.map((path) => ({ path, bytes: statSync(join(hand.folder, path)).size }))
  const layout = await layOut(hand.folder, files, (i) => `rows-${i}`)
  return { results, tasks: await readTaskRuns({ folder: hand.folder, files: layout.files }, results) }
}

/** Two-sided exact McNemar by the definition, in whole numbers. */
function mcnemar(one: string, other: string): number {
  const flips = [...one].filter((bit, i) => bit !== other[i])
  const gained = flips.filter((bit) => bit === '1').length
  const choose = (n: number, k: number): bigint => {
    let value = 1n
    for (let i = 0; i < k; i++) value = (value * BigInt(n - i)) / BigInt(i + 1)
    return value
  }
  let tail = 0n
  for (let k = 0; k <= Math.min(gained, flips.length - gained); k++) tail += choose(flips.length, k)
  return Math.min(1, (2 * Number(tail)) / 2 ** flips.length)
}

test('places and ties are those of exact tests of all pairs with Holm over them', async () => {
  const bits: Record<string, string> = {
    base: '1'.repeat(20) + '0'.repeat(20),
    low: '1'.repeat(4) + '0'.repeat(36),
    high: `${'1'.repeat(39)}0`,
    near: '1'.repeat(36) + '0'.repeat(4),
    odd: '0'.repeat(6) + '1'.repeat(28) + '0'.repeat(6),
  }
  using hand = new HandStudy(
    Object.keys(bits).map((name) => ({ name })),
    ['sums'],
  )
  for (const [side, own] of Object.entries(bits)) hand.run({ side, task: 'sums', bits: own })
  const { results, tasks } = await taskRunsOf(hand)
  const { rows, ties, table } = leaderboard(tasks[0]!, results)
  const problems = table.columns.findIndex(({ title }) => title === 'problems')
  expect(table.rows.map((cells) => cells[problems])).toEqual(rows.map(() => '40'))
  const order = ['high', 'near', 'odd', 'base', 'low']
  expect(rows.map(({ name }) => name)).toEqual(order)
  const pairs = order.flatMap((a, i) =>
    order.slice(i + 1).map((b) => ({ a, b, p: mcnemar(bits[a]!, bits[b]!) })),
  )
  const sorted = [...pairs].sort((x, y) => x.p - y.p)
  let highest = 0
  const told = new Set<string>()
  for (const [i, { a, b, p }] of sorted.entries()) {
    highest = Math.max(highest, Math.min(1, (sorted.length - i) * p))
    if (highest < 0.05) told.add(`${a} ${b}`)
  }
  const isTold = (a: string, b: string): boolean => told.has(`${a} ${b}`) || told.has(`${b} ${a}`)
  expect(rows.map(({ rank }) => rank)).toEqual(
    order.map((name, at) => [
      1 + order.slice(0, at).filter((other) => isTold(name, other)).length,
      order.length - order.slice(at + 1).filter((other) => isTold(name, other)).length,
    ]),
  )
  // Some are told from each other here, and some are not.
  expect(told.size).toBeGreaterThan(3)
  expect(told.size).toBeLessThan(pairs.length)
  for (const [first, last] of ties) {
    const group = order.slice(first, last + 1)
    expect(group.every((a, i) => group.slice(i + 1).every((b) => !isTold(a, b)))).toBe(true)
  }
  expect(ties).toContainEqual([0, 1])
})

test('runs of other problems under the same name are not told from each other', async () => {
  using hand = new HandStudy([{ name: 'base' }, { name: 'other' }], ['sums'])
  hand.run({ side: 'base', task: 'sums', bits: '1'.repeat(30) })
  const task = { name: 'sums', identity: 'other problems', path: null }
  hand.run({ side: 'other', task: 'sums', bits: '0'.repeat(30), run: { task } })
  const { tasks, results } = await taskRunsOf(hand)
  const places = (of: Results): unknown => leaderboard(tasks[0]!, of).rows.map(({ rank }) => rank)
  expect(results.pairs).toEqual([])
  expect(places(results)).toEqual([
    [1, 2],
    [1, 2],
  ])
  // A study that compares them says so.
  const [base, other] = [
    { side: 'base', seed: null },
    { side: 'other', seed: null },
  ]
  const pairs = [{ ...other, against: base, task: 'sums' }] as unknown as Results['pairs']
  expect(places({ ...results, pairs })).toEqual([
    [1, 1],
    [2, 2],
  ])
})

test('what was not answered or could not be judged has its letter, and no score', async () => {
  using hand = new HandStudy([{ name: 'base' }, { name: 'other' }], ['sums'])
  hand.run({ side: 'base', task: 'sums', bits: '110010' })
  hand.run({ side: 'other', task: 'sums', bits: '1?0-10' })
  const { tasks, results } = await taskRunsOf(hand)
  expect(tasks[0]!.runs.map(({ report }) => report.outcomes)).toEqual(['ppwwpw', 'puw pw'])
  expect(tasks[0]!.runs[1]!.report.at.outcomes).toEqual([0, 0, 0, -1, 0, 0])
  expect(leaderboard(tasks[0]!, results).rows.map(({ name, rate }) => [name, rate.n])).toEqual([
    ['base', 6],
    ['other', 4],
  ])
})

test('recorded scores that are neither 0 nor 1 are kept beside the letters', async () => {
  using hand = new HandStudy([{ name: 'base' }, { name: 'other' }], [])
  const run = { scoring: 'recorded', metric: 'f1' } as const
  const of = { model: 'm', solver: null, samples: 4 }
  hand.run({ side: 'base', task: 'qa', bits: '1100', run: recorded(of, run) })
  const partial = { sample: (i: number) => ({ recordedScore: [0.25, 1, 0, 0.5][i]! }) }
  hand.run({ side: 'other', task: 'qa', bits: '0000', run: recorded(of, run), ...partial })
  const { tasks, results } = await taskRunsOf(hand)
  expect(tasks[0]!.metric).toBe('f1')
  expect(
    tasks[0]!.runs.map(({ report: { outcomes, scores, counts } }) => [outcomes, scores, counts]),
  ).toEqual([
    ['ppww', null, null],
    ['~pw~', [0.25, 1, 0, 0.5], null],
  ])
  const { rows } = leaderboard(tasks[0]!, results)
  expect(rows.map(({ rate }) => rate.value)).toEqual([0.5, 0.4375])
  expect(rows.map(({ rank }) => rank)).toEqual([
    [1, 2],
    [1, 2],
  ])
})

describe('HumanEval', () => {
  const ids = Array.from({ length: 164 }, (_, i) => `HumanEval/${i}`)
  const board = async (task: string, count: number) => {
    using hand = new HandStudy([{ name: 'base' }], [])
    const named = (i: number) => ({ id: `${ids[i]}#0`, problem: ids[i]! })
    const run = {
      scoring: 'recorded',
      metric: 'pass@1',
      task: { name: task, identity: null, path: null },
    } as const
    const of = { model: 'm', solver: 'direct', samples: count }
    hand.run({ side: 'base', task, bits: '1'.repeat(count), run: recorded(of, run), sample: named })
    const { tasks, results } = await taskRunsOf(hand)
    return leaderboard(tasks[0]!, results).rows
  }

  test('published scores stand in its leaderboard, with their source and without a place', async () => {
    const rows = await board('humaneval', 164)
    const published = rows.filter(({ instance }) => instance === null)
    expect(published.length).toBeGreaterThan(10)
    expect(published.every(({ rank, cost, calls }) => rank === null && cost === null && calls === null)).toBe(
      true,
    )
    const reflexion = published.find(({ name }) => name === 'Reflexion with GPT-4')!
    expect(reflexion.rate).toMatchObject({ value: 150 / 164, n: 164, method: 'wilson' })
    expect(reflexion.source).toContain('the LDB paper takes it for GPT-3.5; by the logs')
    const values = rows.map(({ rate }) => rate.value)
    expect(values).toEqual([...values].sort((a, b) => b - a))
    expect(rows.find(({ instance }) => instance !== null)!.rank).toEqual([1, 1])
  })

  test('a part of it, or another set with its names, is not beside them', async () => {
    expect(await board('humaneval', 100)).toHaveLength(1)
    expect(await board('humaneval_plus', 164)).toHaveLength(1)
  })
})
