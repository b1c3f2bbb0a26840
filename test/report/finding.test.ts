import { expect, test } from 'vitest'
import { studyFindings } from '../../src/measure/studyFinding/index.ts'
import { renderMarkdown, renderText } from '../../src/report/blocks.ts'
import { findingBlocks } from '../../src/report/finding.ts'
import { findingTables } from '../../src/report/findingTables.ts'
import { seedTable } from '../../src/report/seedTable.ts'
import type { Measured, Results } from '../../src/schema/results.ts'
import {
  effect,
  estimate,
  measured,
  predictions,
  seedsOf,
  side,
  trained,
  weights,
} from '../support/measured.ts'

const results = (parts: Parameters<typeof measured>[0]): Results => {
  const numbers: Measured = measured(parts)
  return { ...numbers, findings: studyFindings(numbers), files: {} }
}

const tablesOf = (found: Results) => findingTables(found).filter((block) => block.kind === 'table')

test('one table: distances by least and most of the seeds, answers with what was found of them', () => {
  const found = results({
    margin: 0.02,
    sides: [trained('lora', 'lora', [1, 2]), side('other', { against: 'lora' }), side('third')],
    weights: [weights('lora', 1, 0.0661), weights('lora', 2, 0.0702)],
    predictions: [
      predictions('lora', 1, { kl: estimate(0.12, 0.1, 0.14), bytes: estimate(0.031, 0.02, 0.04) }),
      predictions('lora', 2, { kl: estimate(0.14, 0.1, 0.2), bytes: estimate(0.029, 0.02, 0.04) }),
      predictions('third', null, { kl: { absent: 'infinite' }, bytes: estimate(-0.01, -0.02, 0.001) }),
    ],
    effects: [
      effect('lora', 'iso', [0.41, 0.988], [0.52, 0.63], 'better'),
      effect('lora', 'json', [0.9, 0.895], [-0.015, 0.005], 'no-worse'),
      effect('third', 'iso', [0.41, 0.3], [-0.2, -0.02], 'worse'),
    ],
  })
  expect(tablesOf(found)).toEqual([
    {
      kind: 'table',
      columns: [
        { title: 'variant' },
        ...['weights, %', 'KL, nats', 'bits per byte', 'iso', 'json'].map((title) => ({
          title,
          align: 'right',
        })),
      ],
      rows: [
        ['lora', '6.6 to 7.0', '0.12 to 0.14', '+0.029 to +0.031', '+57.8 ↑', '-0.5 ≥'],
        ['other against lora', '-', '-', '-', '-', '-'],
        ['third', '-', '-', '-0.010 [-0.020, +0.0010]', '-11.0 ↓', '-'],
      ],
    },
  ])
  expect(renderText(findingTables(found))).toContain(
    '↑ better, ↓ worse, ≥ no worse by\nmore than the margin of 2.0 points',
  )
})

test('more tasks than fit have tables of their own, as wide as a terminal', () => {
  const sides = Array.from({ length: 14 }, (_, i) => side(`variant-${i}`))
  const tasks = Array.from({ length: 8 }, (_, i) => `task-${i}`)
  const effects = sides.flatMap(({ name }) =>
    tasks.map((task) => effect(name, task, [0.5, 0.4], [-0.2, 0], 'cannot-tell')),
  )
  const tables = tablesOf(results({ sides, weights: [weights('variant-0', null, 0.1)], effects }))
  expect(tables.map(({ columns, rows }) => [columns[0]!.title, columns.length, rows.length])).toEqual([
    ['variant', 2, 14],
    ['answers, points', 10, 8],
    ['answers, points', 6, 8],
  ])
  for (const line of renderText(tables).split('\n')) expect(line.length).toBeLessThanOrEqual(120)
})

test('a study of nothing has its headline, and says what failed', () => {
  const found = results({ sides: [side('a')] })
  const use = { side: 'a', seed: null, against: { side: 'base', seed: null } }
  const failed = { key: 'k', kind: 'weights', task: null, judge: null, state: 'failed' } as const
  found.asked.cells.push({ ...failed, uses: [use], message: 'no *space* left' })
  expect(findingBlocks(found)[0]!.kind).toBe('finding')
  expect(findingTables(found)).toEqual([])
  expect(renderMarkdown(findingBlocks(found))).toContain('- a, weights against base: no \\*space\\* left')
})

test('few warnings are told, the others counted', () => {
  const warnings = Array.from({ length: 12 }, (_, i) => ({ code: 'c', message: `warning ${i}` }))
  const text = renderText(findingBlocks(results({ sides: [side('a')], warnings })))
  expect(text).toContain('- warning 9\n- and 2 more (results.json lists all)')
})

test('chance by source: the task on which seeds differ most, sources that cannot be told apart as one', () => {
  const base = [1, 1, 0, 0, 0, 0, 0, 0]
  const alike = [base, base, base].map(() => [1, 1, 1, 1, 0, 0, 0, 0])
  const apart = [
    [1, 1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 0, 0, 0, 0],
    [1, 1, 1, 0, 0, 0, 0, 0],
  ]
  const of = (task: string, twins: number[][]) =>
    effect('lora', task, [0.25, 0.5], [-0.1, 0.6], 'cannot-tell', {
      seeds: seedsOf('lora', task, base, twins, null),
    })
  const found = results({
    sides: [trained('lora', 'lora', [1, 2, 3]), side('plain')],
    effects: [
      of('alike', alike),
      of('apart', apart),
      effect('plain', 'alike', [0.25, 0.5], [-0.1, 0.6], 'cannot-tell'),
    ],
  })
  const [, table] = seedTable(found)
  if (table?.kind !== 'table') throw new Error('no table')
  expect(table.columns.map(({ title }) => title).slice(2)).toEqual([
    'seeds',
    'problems',
    'flips between seeds',
    'drawn answers',
  ])
  // Scores 100, 50 and 37.5 %: their standard deviation is 33.1 points, of which flips within problems are a part.
  expect(table.rows).toHaveLength(1)
  expect(table.rows[0]!.slice(0, 2)).toEqual(['lora', 'apart'])
  const [seeds] = table.rows[0]!.slice(2)
  expect(Number(seeds!.split(' ')[0])).toBeGreaterThan(20)
  expect(Number(seeds!.split(' ')[0])).toBeLessThan(33.1)
  expect(table.rows[0]!.at(-1)).toBe('-')
  expect(seedTable(results({ sides: [side('plain')] }))).toEqual([])
})
