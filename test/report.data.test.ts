// What a report carries of a study and computes from it: files in pieces that give them back, letters of answers, views of
// measurements, tables. Each against the study's files, or against an independent computation.
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderMarkdown } from '../src/report/blocks.ts'
import { type BuiltReport, buildReport } from '../src/report/page/build.ts'
import { letterOf, type OUTCOME_CLASSES } from '../src/schema/outcomes.ts'
import {
  type PredictionsView,
  predictionsViewSchema,
  type ReportProblem,
  reportSchema,
  type StudyReport,
  type WeightsView,
} from '../src/schema/report.ts'
import { TOKEN_COLUMNS } from '../src/schema/tokenColumns.ts'
import { LORA, TinyStudy } from './support/tinyStudy.ts'

const LONG_MS = 240_000
const tiny = new TinyStudy()
const scratch = mkdtempSync(join(tmpdir(), 'tunediff-report-'))
afterAll(() => {
  tiny[Symbol.dispose]()
  rmSync(scratch, { recursive: true, force: true })
})

let folder: string
let built: BuiltReport
let study: StudyReport
let shards: Map<string, Buffer>

const shardsOf = async (of: BuiltReport): Promise<Map<string, Buffer>> => {
  const found = new Map<string, Buffer>()
  for await (const { name, bytes } of of.shards()) found.set(name, Buffer.from(bytes))
  return found
}
const parsed = <T>(name: string): T => JSON.parse(shards.get(name)!.toString('utf8')) as T
const rowsOf = (file: string): Record<string, unknown>[] =>
  readFileSync(join(folder, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const contentOf = (path: string): Buffer =>
  Buffer.concat(
    study.files[path]!.map(({ shard, offset, bytes }) => shards.get(shard)!.subarray(offset, offset + bytes)),
  )

beforeAll(async () => {
  const file = tiny.study([`lora: {recipe: ${LORA}, data: sums.jsonl, seeds: [1, 2]}`], ['repeats: 2'])
  const { code, stderr } = await tiny.run(['run', file])
  expect(code, stderr).toBe(0)
  folder = tiny.path('study.study')
  built = await buildReport([folder], { cacheFolder: tiny.path('cache'), env: {} })
  study = built.report.studies[0]!
  shards = await shardsOf(built)
}, LONG_MS)

test('it is a report, and its shards are those that it names, with their sizes', () => {
  expect(reportSchema.parse(built.report)).toEqual(built.report)
  expect([...shards.keys()]).toEqual(Object.keys(built.report.shards))
  for (const [name, bytes] of shards) {
    expect(name).toMatch(/^[a-z0-9-]+$/)
    expect(built.report.shards[name]).toEqual({ bytes: bytes.length })
  }
  expect(built.report).toMatchObject({ title: 'tiny', shardFolder: null })
})

test('pieces give the files of the study back byte for byte; weights are not among them', () => {
  const listed = Object.keys(study.results.files)
  const calls = listed
    .filter((file) => file.endsWith('/run.json'))
    .map((file) => `${dirname(file)}/calls.jsonl`)
  expect(calls).toHaveLength(3)
  const carried = [...listed.filter((file) => !file.endsWith('.safetensors')), ...calls]
  expect(carried.length).toBeLessThan(listed.length + calls.length)
  expect(Object.keys(study.files).sort()).toEqual(carried.sort())
  for (const file of carried)
    expect(contentOf(file).equals(readFileSync(join(folder, file))), file).toBe(true)
})

test('letters are the classes of the outcomes that count, and each row lies in the piece that is told', () => {
  expect(study.runs.map(({ side, seed, repeats }) => [side, seed, repeats])).toEqual([
    ['base', null, 2],
    ['lora', 1, 2],
    ['lora', 2, 2],
  ])
  const [{ problems }] = study.tasks as [StudyReport['tasks'][number]]
  expect(problems).toEqual(['1', '2', '3', '4', '5'])
  for (const run of study.runs) {
    const classes = new Map(
      rowsOf(`${run.place}/outcomes.jsonl`).map(({ sample, class: found }) => [sample, found]),
    )
    const ids = problems.flatMap((problem) => [`${problem}#0`, `${problem}#1`])
    const letters = ids.map((id) => letterOf(classes.get(id) as (typeof OUTCOME_CLASSES)[number]))
    expect(run.outcomes).toBe(letters.join(''))
    for (const [i, id] of ids.entries()) {
      const piece = study.files[`${run.place}/samples.jsonl`]![run.at.samples[i]!]!
      const text = shards
        .get(piece.shard)!
        .subarray(piece.offset, piece.offset + piece.bytes)
        .toString('utf8')
      expect(text).toContain(`"id":"${id}"`)
    }
    const calls = rowsOf(`${run.place}/calls.jsonl`)
    expect(run.cost).toMatchObject({
      calls: calls.length,
      tokens: calls.reduce((sum, { tokens }) => sum + Number(tokens), 0),
    })
  }
})

test('problems are those of the task, with their right answers', () => {
  const { texts } = study.tasks[0]!
  if ('absent' in texts) throw new Error(texts.absent)
  const problems = texts.shards.flatMap((name) => parsed<ReportProblem[]>(name))
  expect(problems[1]).toEqual({ id: '2', prompt: '1 + 1 =', expected: { kind: 'answers', texts: ['2'] } })
  expect(texts.at).toEqual([0, 0, 0, 0, 0])
})

describe('a view of predictions', () => {
  let view: PredictionsView
  let tokens: Float32Array
  const column = (name: (typeof TOKEN_COLUMNS)[number], row: number): number =>
    tokens[row * TOKEN_COLUMNS.length + TOKEN_COLUMNS.indexOf(name)]!
  beforeAll(() => {
    view = predictionsViewSchema.parse(parsed(study.predictions[0]!))
    const place = dirname(study.results.predictions[0]!.from[0]!.file)
    const bytes = readFileSync(join(folder, place, 'tokens.f32'))
    tokens = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  })

  test('its histogram holds every position once', () => {
    const { histogram } = view
    if ('absent' in histogram) throw new Error(histogram.absent)
    const kls = Array.from({ length: tokens.length / TOKEN_COLUMNS.length }, (_, row) => column('kl', row))
    const counted = histogram.bins.reduce((sum, { count }) => sum + count, histogram.below)
    expect(counted).toBe(study.results.predictions[0]!.whole.tokens)
    expect(counted).toBe(kls.length)
    for (const { low, high, count } of histogram.bins.slice(0, -1))
      expect(kls.filter((kl) => kl >= low && kl < high).length).toBe(count)
    expect(histogram.mean).toBeCloseTo(kls.reduce((sum, kl) => sum + kl, 0) / kls.length, 12)
  })

  test('documents and stretches of positions have the means of their rows', () => {
    const first = { sum: 0, count: 0 }
    for (const { kl, firstRow, tokens: rows } of view.documents) {
      const own = Array.from({ length: rows }, (_, i) => column('kl', firstRow + i))
      expect(kl).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / rows, 12)
      for (const value of own.slice(0, 8)) {
        first.sum += value
        first.count++
      }
    }
    expect(view.byPosition.map(({ first: from, last }) => [from, last]).slice(0, 4)).toEqual([
      [1, 8],
      [9, 16],
      [17, 32],
      [33, 64],
    ])
    expect(view.byPosition[0]!.kl.value).toBeCloseTo(first.sum / first.count, 12)
    expect(view.byPosition[0]!.kl.n).toBe(view.documents.length)
  })

  test('changes of the first choice are counted, and their tokens have texts', () => {
    const rows = tokens.length / TOKEN_COLUMNS.length
    for (const [base, variant, count] of view.choices) {
      const found = Array.from({ length: rows }, (_, row) => row).filter(
        (row) => column('baseTop', row) === base && column('variantTop', row) === variant,
      )
      expect(found).toHaveLength(count)
      expect(base).not.toBe(variant)
    }
    if ('absent' in study.tokens) throw new Error(study.tokens.absent)
    const texts = parsed<Record<string, string>>(study.tokens.shard)
    const place = dirname(study.results.predictions[0]!.from[0]!.file)
    const ids = new Set(rowsOf(`${place}/documents.jsonl`).flatMap((row) => row.ids as number[]))
    for (const id of ids) expect(texts).toHaveProperty(String(id))
  })
})

test('a view of weights has a line a tensor; tokens are named by their rows alone', () => {
  const { tensors } = parsed<WeightsView>(study.weights[0]!)
  const place = dirname(study.results.weights[0]!.from[0]!.file)
  const names = new Set(rowsOf(`${place}/tensors.jsonl`).map(({ name }) => name))
  expect(tensors.map(({ name }) => name)).toEqual([...names])
  const moved = tensors.flatMap(({ movedRows = [] }) => movedRows)
  expect(moved.every(({ token }) => token === null)).toBe(true)
})

test('key figures end with the furthest predictions and weights; each has its zero line or says why not', () => {
  expect(study.keyFigures.map(({ title }) => title)).toEqual([
    'lora on sums',
    expect.stringMatching(/^lora \(seed \d\), predictions$/),
    expect.stringMatching(/^lora \(seed \d\), weights$/),
  ])
  const [effect, predictions, weights] = study.keyFigures
  expect(effect!.zero).toMatch(/^base against itself flips \d of 5; another seed flips \d of 5$/)
  expect(effect!.basis).toMatch(/^5 problems, 2 seeds, p [=<] [\d.]+( of the recipe)? after Holm/)
  expect(predictions!.zero).toMatch(/^base in another batch shape: /)
  expect(weights!.zero).toMatch(/^rounding alone: .* %$/)
})

test('tables have the numbers of the results', () => {
  const { tasks, weights, predictions, trainings } = study.tables
  expect(tasks!.rows).toHaveLength(study.results.effects.length)
  expect(trainings!.rows.map(([name, method, steps]) => [name, method, steps])).toEqual([
    ['lora (seed 1)', 'lora', '12'],
    ['lora (seed 2)', 'lora', '12'],
  ])
  const { relativeChange } = study.results.weights[0]!.matrices
  if ('absent' in relativeChange) throw new Error(relativeChange.absent)
  expect(Number(weights!.rows[0]![1])).toBe(Number((relativeChange.value * 100).toPrecision(2)))
  expect(predictions!.rows.map(([name]) => name)).toEqual(['lora (seed 1)', 'lora (seed 2)'])
  const blocks = study.finding
  expect(renderMarkdown(blocks)).toBe(readFileSync(join(folder, 'finding.md'), 'utf8'))
})

test('built from the carried files alone, elsewhere and with an empty cache, it is the same', async () => {
  const other = join(scratch, 'unpacked')
  for (const file of Object.keys(study.files)) {
    mkdirSync(dirname(join(other, file)), { recursive: true })
    writeFileSync(join(other, file), contentOf(file))
  }
  writeFileSync(join(other, 'results.json'), JSON.stringify(study.results))
  const again = await buildReport([other], { cacheFolder: join(scratch, 'empty'), env: {} })
  const [{ tasks, tokens: _, ...rest }] = again.report.studies as [StudyReport]
  const { tasks: ours, tokens: __, ...mine } = study
  expect(rest).toEqual(mine)
  const bare = (list: StudyReport['tasks']) => list.map(({ texts: ___, ...task }) => task)
  expect(bare(tasks)).toEqual(bare(ours))
  for (const [name, bytes] of await shardsOf(again))
    if (!/^(problems|tokens)/.test(name)) expect(bytes.equals(shards.get(name)!), name).toBe(true)
})

test(
  'texts of problems and tokens that are not at hand are absent, with the reason; nothing else differs',
  async () => {
    const moved = new TinyStudy()
    try {
      const file = moved.study([`lora: {recipe: ${LORA}, data: sums.jsonl}`])
      expect((await moved.run(['run', file])).code).toBe(0)
      rmSync(moved.path('task'), { recursive: true })
      rmSync(moved.path('models'), { recursive: true })
      const { report } = await buildReport([moved.path('study.study')], {
        cacheFolder: join(scratch, 'none'),
        env: {},
      })
      const [{ tasks, tokens, runs }] = report.studies as [StudyReport]
      expect(tasks[0]!.texts).toEqual({ absent: expect.stringContaining('are not here') as string })
      expect(tokens).toEqual({ absent: expect.stringContaining('models/base') as string })
      expect(runs[0]!.outcomes).toHaveLength(5)
    } finally {
      moved[Symbol.dispose]()
    }
  },
  LONG_MS,
)

test('files that are not those of the results are refused', async () => {
  const copy = join(scratch, 'changed')
  cpSync(folder, copy, { recursive: true })
  const [file] = Object.keys(study.results.files).filter((path) => path.endsWith('outcomes.jsonl'))
  appendFileSync(join(copy, file!), '\n')
  const context = { cacheFolder: tiny.path('cache'), env: {} }
  await expect(buildReport([copy], context)).rejects.toMatchObject({
    message: expect.stringContaining(file!) as string,
    hint: 'compute them again: tunediff run STUDY',
  })
  rmSync(join(copy, 'results.json'))
  await expect(buildReport([copy], context)).rejects.toThrow('has no results.json')
})
