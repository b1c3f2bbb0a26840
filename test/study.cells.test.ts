// Cells that are worked on together, and what comes after a study: its finished cells, in order, and reports of them.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPredictions } from '../src/store/predictionsFolder.ts'
import { comparePredictions } from '../src/study/comparePredictions.ts'
import type { CliResult } from './support/cli.ts'
import { type Done, doneOf } from './support/doneCells.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

let study: string
let result: CliResult
let cells: Done
const context = { cacheFolder: tiny.path('cache'), env: {} }

beforeAll(async () => {
  tiny.broken()
  const lora = `{recipe: ${LORA}, data: sums.jsonl, seeds: [2, 1]}`
  study = tiny.study([
    `lora: ${lora}`,
    'broken: models/broken',
    'chained: {model: models/base, against: broken}',
  ])
  result = await tiny.run(['run', study])
  cells = await doneOf({ ...context, study })
}, LONG_MS)

test('one that fails among measurements of one base fails alone', () => {
  expect(result.code, result.stderr).toBe(4)
  expect(result.stderr).toMatch(/failed: broken, predictions against base: .* is NaN/)
  expect(result.stdout).toContain('5 cells failed')
  expect(cells.predictions.map(({ side, seed }) => [side, seed])).toEqual([
    ['lora', 1],
    ['lora', 2],
  ])
})

test('finished cells are in the order of the file, by seed and task, each with its folder', () => {
  expect(cells.variants.map(({ side, seed }) => [side, seed])).toEqual([
    ['lora', 1],
    ['lora', 2],
  ])
  // A model that is the base again shares its run.
  expect(cells.runs.map(({ side, seed, task }) => [side, seed, task])).toEqual([
    ['base', null, 'sums'],
    ['lora', 1, 'sums'],
    ['lora', 2, 'sums'],
    ['chained', null, 'sums'],
  ])
  expect(cells.runs[3]!.folder).toBe(cells.runs[0]!.folder)
  // Of a model that gives no numbers, and of what stands against it, it cannot be told.
  expect(cells.live.map(({ side, seed, against }) => [side, seed, against.side])).toEqual([
    ['lora', 1, 'base'],
    ['lora', 2, 'base'],
  ])
  expect(cells.weights.map(({ side, against }) => [side, against.side])).toEqual([
    ['lora', 'base'],
    ['lora', 'base'],
    ['broken', 'base'],
    ['chained', 'broken'],
  ])
  expect(cells.zeroLines.map(({ side, folders }) => [side, Object.keys(folders)])).toEqual([
    ['base', ['zero-batch-shape']],
  ])
  const folders = [cells.variants, cells.live, cells.weights, cells.predictions]
    .flat()
    .map(({ folder }) => folder)
  for (const folder of folders) expect(statSync(`${folder}.cell.json`).isFile()).toBe(true)
})

test(
  'a report of them has the zero lines, and measures nothing',
  async () => {
    const folders = new Map<string, string>()
    let base = ''
    for (const { folder } of cells.predictions) {
      const measured = (await readPredictions(folder))!
      base = measured.base.spec
      folders.set(measured.variant.spec, folder)
    }
    const rows = () =>
      [...folders.values()].map((folder) => readFileSync(join(folder, 'documents.jsonl'), 'utf8'))
    const before = rows()
    const report = await comparePredictions({
      base,
      variants: [...folders.keys()],
      texts: [tiny.path('texts')],
      output: (role, { spec }) =>
        role === 'variant' ? folders.get(spec)! : cells.zeroLines[0]!.folders[role]!,
      threads: 1,
      onProgress: (what) => expect(what).not.toBe('tokens'),
    })
    expect(rows()).toEqual(before)
    expect(report.variants).toHaveLength(2)
    expect(report.zero.batchShape).not.toHaveProperty('absent')
  },
  LONG_MS,
)
