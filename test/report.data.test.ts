// What a report carries and computes: files in pieces that give them back, letters of answers, places on a leaderboard, views
// of measurements. Each against the study's files, or against an independent computation.
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { renderMarkdown } from '../src/report/blocks.ts'
import { type BuiltReport, buildReport } from '../src/report/page/build.ts'
import { leaderboard } from '../src/report/page/leaderboards.ts'
import { layOut, readShards, SHARD_BYTES } from '../src/report/page/pieces.ts'
import { placedRows } from '../src/report/page/rows.ts'
import { readTaskRuns } from '../src/report/page/runs.ts'
import { letterOf, type OUTCOME_CLASSES } from '../src/schema/outcomes.ts'
import {
  type PredictionsView,
  predictionsViewSchema,
  type ReportProblem,
  reportSchema,
  type StudyReport,
  type WeightsView,
} from '../src/schema/report.ts'
import type { Results } from '../src/schema/results.ts'
import { TOKEN_COLUMNS } from '../src/schema/tokenColumns.ts'
import { HandStudy, recorded } from './support/handStudy.ts'
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

test('large files are cut where rows end, and a row that is longer than a shard has one of its own', async () => {
  const row = (i: number, length: number): string => `${JSON.stringify({ i, text: 'ä'.repeat(length) })}\n`
  const lengths = Array.from({ length: 120 }, (_, i) => (i === 60 ? SHARD_BYTES : (i * 977) % 9000))
  writeFileSync(join(scratch, 'rows.jsonl'), lengths.map((length, i) => row(i, length)).join(''))
  const numbers = Float32Array.from({ length: TOKEN_COLUMNS.length * 12_345 }, (_, i) => i)
  writeFileSync(join(scratch, 'tokens.f32'), new Uint8Array(numbers.buffer))
  writeFileSync(join(scratch, 'empty.jsonl'), '')
  const files = ['empty.jsonl', 'rows.jsonl', 'tokens.f32'].map((path) => ({
    path,
    bytes: statSync(join(scratch, path)).size,
  }))
  const layout = await layOut(scratch, files, (i) => `rows-${i}`)
  const contents = new Map<string, Uint8Array>()
  for await (const { name, bytes } of readShards(scratch, layout)) contents.set(name, bytes)
  const piecesOf = (path: string): Uint8Array[] =>
    layout.files[path]!.map(({ shard, offset, bytes }) =>
      contents.get(shard)!.subarray(offset, offset + bytes),
    )
  for (const { path } of files)
    expect(Buffer.concat(piecesOf(path)).equals(readFileSync(join(scratch, path))), path).toBe(true)
  expect(piecesOf('rows.jsonl').every((piece) => piece.at(-1) === 10)).toBe(true)
  expect(piecesOf('tokens.f32').every(({ length }) => length % (TOKEN_COLUMNS.length * 4) === 0)).toBe(true)
  expect(layout.shards.filter(({ bytes }) => bytes > SHARD_BYTES).map(({ parts }) => parts.length)).toEqual([
    1,
  ])
  const rows = placedRows(
    { folder: scratch, files: layout.files },
    'rows.jsonl',
    z.strictObject({ i: z.number(), text: z.string() }),
  )
  let seen = 0
  for await (const { row: found, piece } of rows) {
    expect(found.i).toBe(seen++)
    expect(Buffer.from(piecesOf('rows.jsonl')[piece]!).toString('utf8')).toContain(`{"i":${found.i},`)
  }
  expect(seen).toBe(lengths.length)
})

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
