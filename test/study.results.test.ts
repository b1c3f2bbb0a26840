// What `tunediff run` says at its end: numbers of results.json against the reports of the same folders, the rows that they
// name, what a failed cell leaves, and that the same study gives the same, wherever it is run.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Results, type Rows, resultsSchema } from '../src/schema/results.ts'
import { readPredictions } from '../src/store/predictionsFolder.ts'
import { readResults } from '../src/store/resultsFile.ts'
import { readMeasurement } from '../src/store/weightsFolder.ts'
import { comparePredictions } from '../src/study/comparePredictions.ts'
import { compareWeights } from '../src/study/compareWeights.ts'
import { weightsResults } from '../src/study/results/weights.ts'
import type { CliResult } from './support/cli.ts'
import { contentsOf, LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
const elsewhere = new TinyStudy()
afterAll(() => {
  for (const one of [tiny, elsewhere]) one[Symbol.dispose]()
})

const VARIANTS = [
  `lora: {recipe: ${LORA}, data: sums.jsonl, seeds: [2, 1]}`,
  'again: models/base',
  'wild: {recipe: {method: full, steps: 30, learningRate: 1e9, warmup: 0, packing: false, maxTokens: 48}, data: sums.jsonl}',
  'chained: {model: models/base, against: again}',
]
const REST = ['margin: 5', 'allowIdentical: true']

let result: CliResult
let there: CliResult
let folder: string
let results: Results

beforeAll(async () => {
  result = await tiny.run(['run', tiny.study(VARIANTS, REST)])
  there = await elsewhere.run(['run', elsewhere.study(VARIANTS, REST), '--json'])
  folder = tiny.path('study.study')
  results = await readResults(folder)
}, LONG_MS)

const rowsIn = (value: unknown): Rows[] => {
  if (Array.isArray(value)) return value.flatMap(rowsIn)
  if (value === null || typeof value !== 'object') return []
  const { from } = value as { from?: Rows[] }
  return [...(Array.isArray(from) ? from : []), ...Object.values(value).flatMap(rowsIn)]
}

/** Without what differs by nature: hashes of files that say when they were made, and where models lie. */
const without = ({ files: _, asked, ...rest }: Results) => ({
  ...rest,
  asked: { ...asked, sides: asked.sides.map(({ spec: _spec, ...side }) => side) },
})

test('results.json is what was measured, in the order of the file, and finding.md is what is printed', () => {
  expect(result.code, result.stderr).toBe(4)
  expect(result.stderr).toContain(`written: ${folder} (results.json, finding.md)`)
  expect(result.stderr).toContain(`next: tunediff verify ${folder}`)
  const { asked, trainings, weights, predictions, zeroLines, live, scores, findings } = results
  expect(asked).toMatchObject({ name: 'tiny', margin: 0.05, tasks: ['sums'] })
  expect(asked.sides.map(({ name, against, kind }) => [name, against, kind])).toEqual([
    ['base', null, 'model'],
    ['lora', 'base', 'trained'],
    ['again', 'base', 'model'],
    ['wild', 'base', 'trained'],
    ['chained', 'again', 'model'],
  ])
  const loras = [
    ['lora', 1],
    ['lora', 2],
  ]
  const measured = [...loras, ['again', null], ['chained', null]]
  const of = (list: readonly { side: string; seed: number | null }[]) =>
    list.map((one) => [one.side, one.seed])
  expect(of(trainings)).toEqual(loras)
  expect(of(weights)).toEqual(measured)
  expect(of(predictions)).toEqual(measured)
  expect(of(live)).toEqual(measured)
  expect(of(scores)).toEqual([['base', null], ...measured])
  // Equal models share a cell, and each side has its zero line.
  expect(of(zeroLines)).toEqual([
    ['base', null],
    ['again', null],
  ])
  for (const { text } of [findings.headline, ...findings.study]) {
    expect(result.stdout.replaceAll(/\s+/g, ' ')).toContain(text)
    expect(readFileSync(join(folder, 'finding.md'), 'utf8').replaceAll('\\', '')).toContain(text)
  }
})

test('weights are those of the report on the same folders, predictions too, with their zero lines', async () => {
  const specs = { base: tiny.path('models/base'), threads: 1 }
  for (const { side, seed, from, ...numbers } of results.weights.slice(0, 3)) {
    const place = join(folder, from[0]!.file, '..')
    const { spec } = (await readMeasurement(place))!.variant
    const { variants } = await compareWeights({
      ...specs,
      variants: [spec],
      isFull: false,
      output: () => place,
    })
    const { matrices, whole, kinds, settings, tensors } = variants[0]!
    expect(numbers).toMatchObject({ matrices, whole, kinds, settings })
    expect(numbers.tensors.changed, side).toBe(tensors.filter(({ isIdentical }) => !isIdentical).length)
    // Seven matrices a layer, each moved in two directions by an adapter of rank 2.
    const directions = { least: 2, most: 2, matrices: 14, isCut: false }
    expect(numbers.directions).toEqual(seed === null ? { absent: 'no matrix changed' } : directions)
  }
  const [lora] = results.predictions
  const place = join(folder, lora!.from[0]!.file, '..')
  const zero = join(folder, results.zeroLines[0]!.from[0]!.file, '../..')
  const report = await comparePredictions({
    ...specs,
    variants: [(await readPredictions(place))!.variant.spec],
    texts: [tiny.path('texts')],
    output: (role) => (role === 'variant' ? place : join(zero, role)),
  })
  const { whole, corpora: byCorpus, quantiles, ruler, mode } = report.variants[0]!
  expect(lora).toMatchObject({ whole, byCorpus, quantiles, ruler, mode })
  expect(lora!.corpora).toEqual(report.corpora.map(({ from: _, ...corpus }) => corpus))
  expect(lora!.whole.kl).toMatchObject({ zero: { method: expect.any(String) } })
  expect(results.zeroLines[0]).toMatchObject({ batchShape: report.zero.batchShape })
})

test('a training has the mean loss of its first and of its last tenth of steps', () => {
  const { from, steps, firstLoss, lastLoss } = results.trainings[0]!
  const lines = readFileSync(join(folder, from[1]!.file), 'utf8').trim().split('\n')
  const losses = lines.map((line) => (JSON.parse(line) as { loss: number }).loss)
  expect([steps, firstLoss, lastLoss]).toEqual([12, losses[0], losses[11]])
})

test('every row that a number came from lies in a file whose hash is kept', () => {
  const named = rowsIn(results).map(({ file }) => file)
  expect(named.length).toBeGreaterThan(40)
  expect(Object.keys(results.files)).toEqual(expect.arrayContaining(named))
  expect(Object.keys(results.files)).toEqual([...Object.keys(results.files)].sort())
  for (const [path, { sha256, bytes }] of Object.entries(results.files)) {
    const content = readFileSync(join(folder, path))
    expect([sha256, bytes], path).toEqual([
      createHash('sha256').update(content).digest('hex'),
      content.length,
    ])
  }
  for (const { key, state } of results.asked.cells)
    expect(Object.keys(results.files).includes(`cells/${key}.cell.json`)).toBe(state === 'done')
})

test('a cell that failed is told with its reason, and all else is there', () => {
  const { cells } = results.asked
  const failed = cells.filter(({ state }) => state === 'failed')
  expect(failed.map(({ kind, uses }) => [kind, uses[0]!.side])).toEqual([['variant', 'wild']])
  expect(failed[0]!.message).toMatch(/^step \d+ diverged/)
  const missing = cells.filter(({ state }) => state === 'missing')
  expect(missing.map(({ kind }) => kind)).toEqual(['live', 'run', 'weights', 'predictions'])
  expect(new Set(missing.map(({ message }) => message))).toEqual(
    new Set(['it needs wild (seed 1), which failed']),
  )
  expect(result.stdout).toContain('1 cell failed, 4 cells are missing: nothing above is of them.')
  expect(result.stdout).toContain(`- wild (seed 1), training: ${failed[0]!.message!.slice(0, 40)}`)
})

test('the same study in two places gives the same, to the byte', async () => {
  expect(there.code, there.stderr).toBe(4)
  const other = elsewhere.path('study.study')
  const printed = resultsSchema.parse(JSON.parse(there.stdout))
  expect(printed).toEqual(await readResults(other))
  expect(without(printed)).toEqual(without(results))
  const [here, copies] = [await contentsOf(folder), await contentsOf(other)]
  const same =
    /finding\.md$|adapter_model\.safetensors$|(tensors|documents|samples)\.jsonl$|tokens\.f32$|settings\.json$/
  const paths = [...here.keys()].filter((path) => same.test(path))
  expect(paths.length).toBeGreaterThanOrEqual(20)
  for (const path of paths) expect(copies.get(path), path).toBe(here.get(path))
})

test(
  'run again, all is known and said again; a measurement without its settings is completed',
  async () => {
    const before = readFileSync(join(folder, 'results.json'), 'utf8')
    const settings = join(folder, results.weights[0]!.from[1]!.file)
    const kept = readFileSync(settings, 'utf8')
    writeFileSync(settings, '')
    await expect(weightsResults(folder, results.asked)).rejects.toThrow(`${settings} is missing or damaged`)
    rmSync(settings)
    const again = await tiny.run(['run', tiny.path('study.yaml')])
    expect(again.stdout).toBe(result.stdout)
    expect(readFileSync(settings, 'utf8')).toBe(kept)
    const after = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as Results
    expect(without(after)).toEqual(without(JSON.parse(before) as Results))
  },
  LONG_MS,
)

test('results that are not there, damaged or of another version are refused with what mends it', async () => {
  await expect(readResults(tiny.path('task'))).rejects.toThrow(/has no results\.json/)
  const place = tiny.path('models')
  expect(existsSync(join(place, 'results.json'))).toBe(false)
  const refused = async (text: string): Promise<string> => {
    writeFileSync(join(place, 'results.json'), text)
    return readResults(place).then(String, (error: Error) => error.message)
  }
  expect(await refused('{')).toMatch(/is not JSON$/)
  expect(await refused('{"schema": 99}')).toMatch(/is of schema 99, this version reads 2$/)
  expect(await refused(JSON.stringify({ ...results, weights: 1 }))).toMatch(/: weights: /)
})
