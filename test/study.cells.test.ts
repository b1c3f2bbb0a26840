// Cells that are worked on together, and what comes after a study: its finished cells, in order, and reports of them.
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPredictions } from '../src/store/predictionsFolder.ts'
import { comparePredictions } from '../src/study/comparePredictions.ts'
import { type FinishedCells, finishedCells } from '../src/study/finishedCells.ts'
import { planStudy } from '../src/study/plan.ts'
import type { CliResult } from './support/cli.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
afterAll(() => tiny[Symbol.dispose]())

/** A copy of the base whose first MLP holds no numbers. */
function brokenModel(): void {
  const [from, to] = [tiny.path('models/base'), tiny.path('models/broken')]
  cpSync(from, to, { recursive: true })
  const file = join(to, 'model.safetensors')
  const bytes = readFileSync(file)
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >
  const [first, end] = header['model.layers.0.mlp.down_proj.weight']!.data_offsets
  // All ones is NaN in every float.
  bytes.fill(0xff, start + first, start + end)
  writeFileSync(file, bytes)
}

let study: string
let result: CliResult
let cells: FinishedCells
const context = { cacheFolder: tiny.path('cache'), env: {} }

beforeAll(async () => {
  brokenModel()
  const lora = `{recipe: ${LORA}, data: sums.jsonl, seeds: [2, 1]}`
  study = tiny.study([
    `lora: ${lora}`,
    'broken: models/broken',
    'chained: {model: models/base, against: broken}',
  ])
  result = await tiny.run(['run', study])
  cells = await finishedCells(await planStudy({ ...context, study }))
}, LONG_MS)

test('one that fails among measurements of one base fails alone', () => {
  expect(result.code, result.stderr).toBe(4)
  expect(result.stderr).toMatch(/failed: broken, predictions against base: .* is NaN/)
  expect(result.stdout).toContain('failed, and what needs them is left out')
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
  expect(cells.weights.map(({ side, against }) => [side, against.side])).toEqual([
    ['lora', 'base'],
    ['lora', 'base'],
    ['broken', 'base'],
    ['chained', 'broken'],
  ])
  expect(cells.zeroLines.map(({ side, folders }) => [side, Object.keys(folders)])).toEqual([
    ['base', ['zero-batch-shape']],
  ])
  const folders = [cells.variants, cells.weights, cells.predictions].flat().map(({ folder }) => folder)
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
