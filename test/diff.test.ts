// `tunediff diff` as a user runs it, on tiny models: what it measures with what is there, the study that it leaves, and what
// it refuses.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { closeFiles } from '../src/model/stored.ts'
import type { Estimate } from '../src/schema/estimate.ts'
import { type Results, resultsSchema } from '../src/schema/results.ts'
import { sideNames } from '../src/study/diffNames.ts'
import { type CliOptions, tunediff } from './support/cli.ts'
import { TinyEvaluation } from './support/evaluation.ts'
import { randomAdapter } from './support/randomAdapter.ts'

const LONG_MS = 120_000
const tiny = new TinyEvaluation()
afterAll(async () => {
  await closeFiles()
  tiny[Symbol.dispose]()
})

const run = (args: readonly string[], options: Partial<CliOptions> = {}) =>
  tunediff(args, { cache: tiny.path('cache'), cwd: tiny.path(), ...options })
const diff = (...args: string[]) => run(['diff', ...args])
const studyIn = (folder: string): Record<string, unknown> =>
  parse(readFileSync(tiny.path(folder, 'study.yaml'), 'utf8')) as Record<string, unknown>
const resultsIn = (folder: string): Results =>
  resultsSchema.parse(JSON.parse(readFileSync(tiny.path(folder, 'results.json'), 'utf8')))
const flat = (text: string): string => text.replace(/\s+/g, ' ')

beforeAll(() => {
  tiny.model('qwen2', 'qwen')
  // Of another shape, with tokens of its own.
  tiny.model('gemma3', 'gemma', { merges: [['t', 'h']] })
  tiny.adapter('lora')
  tiny.texts('texts', [120, 80])
  const sums = Array.from({ length: 6 }, (_, i) => ({ q: `${i} + 2 =`, a: i + 2 }))
  tiny.task('sums', { prompt: '{{ q }}', answer: 'a', scorer: 'numeric', ask: { maxTokens: 4 } }, sums)
})

describe('models', () => {
  const asked = ['models/qwen', 'models/lora', 'models/gemma', '--task', 'tasks/sums', '--text', 'texts']
  let stdout: string

  beforeAll(async () => {
    const result = await diff(...asked, '--limit', '4', '--margin', '5', '-o', 'out')
    expect(result.code, result.stderr).toBe(0)
    stdout = flat(result.stdout)
  }, LONG_MS)

  test('are compared in weights, predictions and answers, and the finding is told', () => {
    const { asked: made, weights, predictions, scores, findings } = resultsIn('out')
    expect(made).toMatchObject({ name: 'variants of qwen', margin: 0.05 })
    const { relativeChange } = weights.find(({ side }) => side === 'lora')!.matrices
    expect((relativeChange as Estimate).value).toBeGreaterThan(0)
    expect(predictions.map(({ side, mode }) => [side, mode])).toEqual([
      ['lora', 'distributions'],
      ['gemma', 'bits-per-byte'],
    ])
    expect(scores.map(({ side, report }) => [side, report.n])).toEqual(
      ['base', 'lora', 'gemma'].map((side) => [side, 4]),
    )
    expect(stdout).toContain(flat(findings.headline.text))
  })

  test(
    'the study that is left goes on as any other',
    async () => {
      expect(studyIn('out')).toEqual({
        name: 'variants of qwen',
        base: tiny.path('models/qwen'),
        variants: { lora: tiny.path('models/lora'), gemma: tiny.path('models/gemma') },
        tasks: [tiny.path('tasks/sums')],
        texts: [tiny.path('texts')],
        measures: ['weights', 'predictions', 'answers'],
        limit: 4,
        margin: 5,
      })
      const { code, stderr } = await run(['run', 'out/study.yaml', '-o', 'out'], { cwd: tiny.path() })
      expect(code, stderr).toBe(0)
      expect(stderr).toMatch(/(\d+) cells in .*, \1 of them done before/)
      const more = await diff(...asked, '--limit', '4', '--margin', '1', '-o', 'out')
      expect(more.stderr).toMatch(/(\d+) cells in .*, \1 of them done before/)
    },
    LONG_MS,
  )
})

test(
  'a base against itself is the same, and that is said',
  async () => {
    const { code, stdout, stderr } = await diff(
      'models/qwen',
      'models/qwen',
      '--text',
      'texts',
      '-o',
      'itself',
    )
    expect(code, stderr).toBe(0)
    expect(Object.keys(studyIn('itself').variants as object)).toEqual(['qwen'])
    const { weights, predictions } = resultsIn('itself')
    expect(weights[0]!.tensors.changed).toBe(0)
    expect(predictions[0]!.whole.kl).toMatchObject({ value: 0 })
    expect(flat(stdout)).toContain('qwen is base: no weight and no prediction differs')
  },
  LONG_MS,
)

test(
  'of a variant that is its base answers are measured where that is wanted',
  async () => {
    await randomAdapter(tiny.path('models/qwen'), { seed: 1, strength: 0, to: tiny.path('models/nothing') })
    const asked = ['models/qwen', 'models/nothing', '--text', 'texts', '--task', 'tasks/sums', '-o', 'live']
    const refused = await diff(...asked)
    expect(refused.code, refused.stderr).toBe(1)
    expect(resultsIn('live').weights[0]!.tensors.changed).toBe(0)
    expect(resultsIn('live').pairs).toEqual([])
    const { code, stderr } = await diff(...asked, '--allow-identical')
    expect(code, stderr).toBe(0)
    expect(studyIn('live')).toMatchObject({ allowIdentical: true })
    expect(resultsIn('live').pairs).toHaveLength(1)
  },
  LONG_MS,
)

test(
  'what cannot be measured is said, and the rest is done',
  async () => {
    rmSync(join(tiny.model('qwen2', 'mute'), 'tokenizer.json'))
    const result = await diff('models/qwen', 'models/mute', 'models/lora', '--text', 'texts', '-o', 'partly')
    expect(result.code, result.stderr).toBe(4)
    expect(result.stderr).toMatch(/failed: mute, predictions against base: .*tokenizer/)
    const { weights, predictions } = resultsIn('partly')
    expect(weights.map(({ side }) => side)).toEqual(['mute', 'lora'])
    expect(predictions.map(({ side }) => side)).toEqual(['lora'])
    expect(flat(result.stdout)).toContain('1 cell failed')
  },
  LONG_MS,
)

describe('recorded answers', () => {
  const log = (name: string, bits: string): void => {
    const rows = [...bits].map((bit, i) => `q${i},${bit}`)
    writeFileSync(tiny.path(name), `id,passed\n${rows.join('\n')}\n`)
  }

  test('are compared alone, logs and run folders', async () => {
    log('plain.csv', '11000000')
    log('better.csv', '11111111')
    expect((await run(['import', 'better.csv', '-o', 'imported'])).code).toBe(0)
    const asked = ['plain.csv', 'better.csv', 'run:imported', 'imported', '-o', 'logs']
    const { code, stdout, stderr } = await diff(...asked)
    expect(code, stderr).toBe(0)
    expect(studyIn('logs')).toEqual({
      name: 'variants of plain',
      base: { runs: [tiny.path('plain.csv')] },
      variants: {
        better: { runs: [tiny.path('better.csv')] },
        imported: { runs: [tiny.path('imported')] },
        'imported (2)': { runs: [tiny.path('imported')] },
      },
      measures: ['answers'],
    })
    const { pairs, findings } = resultsIn('logs')
    expect(pairs.map(({ side, report }) => [side, report.gained.length, report.lost.length])).toEqual(
      ['better', 'imported', 'imported (2)'].map((side) => [side, 6, 0]),
    )
    expect(flat(stdout)).toContain(flat(findings.headline.text))
  })

  test('beside a model, of a task that it is asked', async () => {
    const { code, stderr } = await diff('models/qwen', 'plain.csv')
    expect([code, stderr]).toEqual([2, expect.stringContaining('--task TASK')])
    expect(stderr).toContain('plain.csv is recorded answers, and models/qwen a model that is asked nothing')
  })
})

test.each([
  ['nowhere', [], 'nowhere does not exist', 'check the path'],
  ['texts', [], 'texts holds no model', 'wanted is a folder'],
  ['rows.jsonl', [], 'is not in a known format: its rows have colour', 'formats: '],
  ['models/qwen+texts', [], 'texts behind + is not an adapter folder', 'MODEL+ADAPTER wants'],
  ['http://localhost/v1#name', [], 'is a server, and its weights are not here', 'name the files'],
  ['models/lora', ['--limit', '3'], '--limit is given, and no task is named', '--task TASK'],
  ['models/lora', ['--margin', '3'], '--margin is given, and no answers are compared', '--task TASK'],
  ['models/lora', ['--task', 'nothing.yaml'], 'nothing.yaml', ''],
  ['models/lora', ['--text', 'nothing.txt'], 'nothing.txt', ''],
  ['models/lora', ['-o', 'own'], 'is a study of its own, and would be overwritten', 'tunediff run'],
])('refused: %s %s', async (variant, flags, message, hint) => {
  writeFileSync(tiny.path('rows.jsonl'), '{"colour": "red"}\n')
  mkdirSync(tiny.path('own'), { recursive: true })
  writeFileSync(tiny.path('own/study.yaml'), 'name: mine\n')
  const { code, stdout, stderr } = await diff('models/qwen', variant, ...flags)
  expect([code, stdout]).toEqual([2, ''])
  const [, error, told] = /error: (.*)\n {2}hint: (.*)/.exec(stderr) ?? []
  expect(error).toContain(message)
  expect(told).toContain(hint)
  expect(readFileSync(tiny.path('own/study.yaml'), 'utf8')).toBe('name: mine\n')
})

test(
  'killed, the same command goes on in the same folder',
  async () => {
    const args = ['diff', 'models/qwen', 'models/lora', '--text', 'texts']
    const folders = (): string[] => readdirSync(tiny.path('kept/diffs')).map((name) => `kept/diffs/${name}`)
    const killed = await run(args, {
      cache: tiny.path('kept'),
      started: (child) => {
        const timer = setInterval(() => {
          // The folder of all of them is there before the first in it is.
          const [first] = existsSync(tiny.path('kept/diffs')) ? folders() : []
          if (first === undefined || !existsSync(tiny.path(first, 'cells'))) return
          clearInterval(timer)
          child.kill('SIGTERM')
        }, 5)
      },
    })
    expect([killed.code, killed.stderr]).toEqual([75, expect.stringContaining('the same command goes on')])
    const { code, stderr } = await run(args, { cache: tiny.path('kept') })
    expect(code, stderr).toBe(0)
    expect(folders()).toHaveLength(1)
    resultsIn(folders()[0]!)
  },
  LONG_MS,
)

test('sides are called as their paths end, told apart by what stands before', () => {
  expect(sideNames(['/a/x.gguf', '/a/y', 'nf4:/a/y', 'hf:own/z@v1', '/m+/c/lora'])).toEqual([
    ...['x', 'y', 'nf4:y', 'z@v1', 'lora'],
  ])
  expect(sideNames(['/r/a/seed-1', '/r/b/seed-1', '/r/b/seed-1', '/r/base'])).toEqual([
    ...['a/seed-1', 'b/seed-1', 'b/seed-1 (2)', 'r/base'],
  ])
})
