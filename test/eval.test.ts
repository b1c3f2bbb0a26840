// `tunediff eval` as a user runs it, on tiny models: what it writes, what it asks again, and what a killed one leaves.
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callSchema } from '../src/schema/call.ts'
import { type Evaluation, evaluationSchema } from '../src/schema/evaluation.ts'
import { runSchema } from '../src/schema/run.ts'
import { killAt, tunediff } from './support/cli.ts'
import { answersOf, callsOf, outcomesOf, runOf, samplesOf, TinyEvaluation } from './support/evaluation.ts'

const tiny = new TinyEvaluation()
let base: string
let other: string
let letters: string
let functions: string

const WORDS = ['ferry', 'apple', 'counts', 'rain', 'shine', 'seven', 'over', 'there', 'nobody', 'twice']
const ASK = { maxTokens: 12, temperature: 1 }
const lettersTask = (change: Record<string, unknown> = {}): string =>
  tiny.task(
    'letters',
    { prompt: 'Go on: {{ word }}', id: 'word', answer: 'letter', scorer: 'contains', ask: ASK, ...change },
    WORDS.map((word) => ({ word, letter: word[0] })),
  )

beforeAll(() => {
  base = tiny.model('qwen2')
  other = tiny.model('llama')
  letters = lettersTask()
  functions = tiny.task(
    'functions',
    {
      prompt: 'def {{ name }}(x):\n',
      id: 'name',
      entryPoint: 'name',
      test: 'test',
      scorer: 'code',
      ask: ASK,
    },
    ['f', 'g', 'h'].map((name) => ({ name, test: 'def check(candidate):\n    assert candidate(2) == 4\n' })),
  )
})
afterAll(() => tiny[Symbol.dispose]())

interface RunOptions {
  cache?: string
  started?: (child: ChildProcess) => void
}

const run = (args: readonly string[], { cache = 'cache', ...rest }: RunOptions = {}) =>
  tunediff(['eval', ...args, '--threads', '1'], { cache: tiny.path(cache), ...rest })

async function evaluation(args: readonly string[], options: RunOptions = {}): Promise<Evaluation> {
  const { code, stdout, stderr } = await run([...args, '--json'], options)
  expect(code, stderr).toBe(0)
  return evaluationSchema.parse(JSON.parse(stdout))
}

describe('a text task', () => {
  test('is asked, scored and kept, raw', async () => {
    const out = tiny.path('first')
    const found = await evaluation([base, '--task', letters, '-k', '3', '-o', out])
    expect(found).toMatchObject({
      folder: out,
      task: 'letters',
      metric: 'accuracy (contains)',
      problems: 10,
      repeats: 3,
    })
    expect(found.answers).toEqual({ asked: 30, cached: 0, standing: 0 })

    const samples = samplesOf(out)
    expect(samples.map(({ id }) => id)).toEqual(
      WORDS.flatMap((word) => [0, 1, 2].map((i) => `${word}#${i}`)).sort(),
    )
    const passes = samples.filter(({ raw, problem }) => raw.includes(problem[0]!)).length
    expect(passes).toBeGreaterThan(0)
    expect(passes).toBeLessThan(30)
    expect(found.classes.pass).toBe(passes)
    expect(found.score).toMatchObject({ value: expect.closeTo(passes / 30, 12), n: 10 })

    const calls = callsOf(out).map((call) => callSchema.parse(call))
    expect(calls).toHaveLength(30)
    for (const { sample, request, reply } of calls) {
      const { problem, raw } = samples.find(({ id }) => id === sample)!
      expect(request).toMatchObject({
        prompt: `Go on: ${problem}`,
        maxTokens: 12,
        temperature: 1,
        isRendered: false,
      })
      expect(reply).toMatchObject({ text: raw, finish: 'length' })
    }
    expect(runSchema.parse(runOf(out))).toMatchObject({ scoring: 'answer', import: null, rule: null })
  })

  test('a changed scorer scores again and asks nothing', async () => {
    const out = tiny.path('scorer')
    const before = await evaluation([base, '--task', letters, '-o', out], { cache: 'scorer-cache' })
    const raw = answersOf(out)
    lettersTask({ scorer: { kind: 'contains', ignoreCase: true } })
    const after = await evaluation([base, '--task', letters, '-o', out], { cache: 'scorer-cache' })
    lettersTask()
    expect(after.answers).toEqual({ asked: 0, cached: 0, standing: 10 })
    expect(answersOf(out)).toEqual(raw)
    const either = Object.entries(raw).filter(([id, text]) => text.toLowerCase().includes(id[0]!)).length
    expect(after.passed).toBe(either)
    expect(either).toBeGreaterThan(before.passed!)
    expect(new Set(outcomesOf(out).map(({ judge }) => judge)).size).toBe(2)
  })

  test('an answer is known in another folder; in other words it is another answer', async () => {
    const cache = 'shared-cache'
    const of = (name: string, ...flags: string[]): Promise<Evaluation> =>
      evaluation([base, '--task', letters, '-o', tiny.path(name), ...flags], { cache })
    expect((await of('shared-1')).answers).toMatchObject({ asked: 10, cached: 0 })
    expect((await of('shared-2', '--limit', '4')).answers).toMatchObject({ asked: 0, cached: 4 })
    expect(answersOf(tiny.path('shared-2'))).toMatchObject({
      'ferry#0': answersOf(tiny.path('shared-1'))['ferry#0'],
    })
    expect((await of('shared-3', '--max-tokens', '5')).answers).toMatchObject({ asked: 10, cached: 0 })
    expect((await of('shared-4', '--seed', '1')).answers).toMatchObject({ asked: 10, cached: 0 })
    lettersTask({ prompt: 'Continue: {{ word }}' })
    const changed = await of('shared-5').finally(() => lettersTask())
    expect(changed.answers).toMatchObject({ asked: 10, cached: 0 })
  })

  test('without -o the run lies in the cache, and is found there', async () => {
    const first = await evaluation([base, '--task', letters, '--limit', '3'], { cache: 'no-output' })
    expect(first.folder).toContain(join(tiny.path('no-output'), 'runs'))
    const second = await evaluation([base, '--task', letters, '--limit', '3'], { cache: 'no-output' })
    expect(second).toMatchObject({ folder: first.folder, answers: { asked: 0, cached: 0, standing: 3 } })
    expect(second.score).toEqual(first.score)
  })

  test('greedy answers to one problem are asked once, and that is said', async () => {
    const out = tiny.path('greedy')
    const found = await evaluation([base, '--task', letters, '-k', '2', '--temperature', '0', '-o', out])
    expect(found.answers).toEqual({ asked: 10, cached: 10, standing: 0 })
    expect(found.notes).toEqual([
      expect.stringContaining('At temperature 0 the 2 answers to a problem are the same'),
    ])
    const answers = answersOf(out)
    for (const word of WORDS) expect(answers[`${word}#1`]).toBe(answers[`${word}#0`])
  })
})

test('base and variant draw from the same seeds, each answer from its own', async () => {
  const seedsOf = async (model: string, name: string): Promise<Record<string, number>> => {
    const out = tiny.path(name)
    await evaluation([model, '--task', letters, '-k', '2', '-o', out])
    return Object.fromEntries(
      callsOf(out).map(({ sample, request }) => [sample, (request as { seed: number }).seed]),
    )
  }
  const ours = await seedsOf(base, 'seeds-base')
  expect(await seedsOf(other, 'seeds-other')).toEqual(ours)
  expect(new Set(Object.values(ours)).size).toBe(20)
})

test('killed and started again, it is as one that was never stopped', async () => {
  const whole = tiny.path('whole')
  const cut = tiny.path('cut')
  const args = (out: string): string[] => [
    base,
    '--task',
    letters,
    '-k',
    '20',
    '--max-tokens',
    '24',
    '-o',
    out,
  ]
  const expected = await evaluation(args(whole), { cache: 'whole-cache' })
  const started = killAt(join(cut, 'samples.jsonl'), 15)
  const killed = await run(args(cut), { cache: 'cut-cache', started })
  expect(killed.signal).toBe('SIGKILL')
  const left = readFileSync(join(cut, 'samples.jsonl'), 'utf8').split('\n').length - 1
  expect(left).toBeGreaterThanOrEqual(15)
  expect(left).toBeLessThan(200)
  const found = await evaluation(args(cut), { cache: 'cut-cache' })
  expect(found.answers.standing).toBe(left)
  expect(found.answers.asked).toBeGreaterThan(0)
  expect(samplesOf(cut)).toEqual(samplesOf(whole))
  expect(found.score).toEqual(expected.score)
  expect(found.classes).toEqual(expected.classes)
})

describe('programs', () => {
  test('are executed as prompt and body', async () => {
    const out = tiny.path('programs')
    const found = await evaluation([base, '--task', functions, '-o', out])
    expect(found).toMatchObject({ metric: 'pass@1', passed: 0, problems: 3 })
    expect(outcomesOf(out).map(({ rule }) => rule)).toEqual(Array(3).fill('prompt+body'))
    expect(runOf(out)).toMatchObject({ scoring: 'execute', rule: { name: 'prompt+body' } })
    const again = await evaluation([base, '--task', functions, '-o', out])
    expect(again).toMatchObject({ answers: { asked: 0, cached: 0, standing: 3 }, classes: found.classes })
    const judged = await tunediff(['judge', out], { cache: tiny.path('cache') })
    expect(judged.stdout).toContain('(nothing was missing)')
    const shown = await tunediff(['show', out], { cache: tiny.path('cache') })
    expect(shown.stdout).toContain(`3 answers asked of ${base}`)
  })
})

test('a prompt that is longer than the context is an error of that answer alone', async () => {
  const task = tiny.task(
    'long',
    { prompt: '{{ text }}', id: 'id', answer: 'answer', scorer: 'contains', ask: ASK },
    [
      { id: 'short', text: 'Rain or', answer: 'e' },
      { id: 'long', text: 'rain '.repeat(20), answer: 'e' },
    ],
  )
  const out = tiny.path('long')
  const { code, stdout } = await run([base, '--task', task, '-o', out, '--json'])
  expect(code).toBe(4)
  expect(JSON.parse(stdout)).toMatchObject({ problems: 1, classes: { unjudged: 1 } })
  const [long, short] = samplesOf(out)
  expect(long).toMatchObject({ id: 'long#0', raw: '' })
  expect(long!.error).toContain('its prompt has 100 tokens, and the context of')
  expect(short!.error).toBeUndefined()
  const shown = await tunediff(['show', out], { cache: tiny.path('cache') })
  expect(shown.stdout).toMatch(/long#0 +no answer/)
})

describe('--chat', () => {
  test('asks in the template of the model', async () => {
    const model = tiny.model('qwen2', 'chatty', {
      chatTemplate: '{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}<assistant>',
    })
    const out = tiny.path('chat')
    const task = lettersTask({ system: 'Be brief.' })
    await evaluation([model, '--task', task, '--chat', '--limit', '2', '-o', out]).finally(() =>
      lettersTask(),
    )
    expect(callsOf(out).map(({ request }) => request)).toContainEqual(
      expect.objectContaining({
        prompt: '<system>Be brief.\n<user>Go on: ferry\n<assistant>',
        isRendered: true,
      }),
    )
    expect(runOf(out).fingerprint).toMatchObject({ prompt: 'chat' })
  })

  test('a model without a template is refused', async () => {
    const { code, stderr } = await run([base, '--task', letters, '--chat'])
    expect(code).toBe(2)
    expect(stderr).toContain('has no chat template, and --chat wants one')
  })
})

describe('refused', () => {
  test.each([
    ['no such task', () => [base, '--task', 'humanevil'], "there is no task 'humanevil'"],
    ['a server', () => ['http://127.0.0.1:9/v1#m', '--task', letters], 'servers are not asked yet'],
    ['answers', () => ['run:somewhere', '--task', letters], 'holds answers already'],
    [
      'a temperature below 0',
      () => [base, '--task', letters, '--temperature', '-1'],
      'wanted a number of at least 0',
    ],
    ['half a seed', () => [base, '--task', letters, '--seed', '0.5'], 'wanted a whole number'],
  ])('%s', async (_, args, said) => {
    const { code, stderr } = await run(args())
    expect(code).toBe(2)
    expect(stderr).toContain(said)
  })

  test('a place where something else lies', async () => {
    const file = tiny.path('tasks', 'letters', 'task.yaml')
    const asFile = await run([base, '--task', letters, '-o', file])
    expect(asFile.code).toBe(2)
    expect(asFile.stderr).toContain(`${file} is a file, and a run is a folder`)
    const among = await run([base, '--task', letters, '-o', letters])
    expect(among.code).toBe(2)
    expect(among.stderr).toContain('is no run folder, and rows.jsonl lies in it')
    expect(existsSync(join(letters, 'run.json'))).toBe(false)
  })

  test('a temperature where nothing is made', async () => {
    const choice = tiny.task(
      'either',
      { prompt: '{{ word }} or', id: 'word', choices: ['rain', 'shine'], answer: 'right', scorer: 'choice' },
      WORDS.map((word, i) => ({ word, right: i % 2 })),
    )
    const { code, stderr } = await run([base, '--task', choice, '--temperature', '1'])
    expect(code).toBe(2)
    expect(stderr).toContain('--temperature is for texts that are made')
  })

  test('a folder of another run, with what differs', async () => {
    const out = tiny.path('taken')
    await evaluation([base, '--task', letters, '--limit', '2', '-o', out])
    const { code, stderr } = await run([base, '--task', letters, '--limit', '2', '--seed', '3', '-o', out])
    expect(code).toBe(2)
    expect(stderr).toContain('seed 0 there, 3 asked for')
    expect(stderr).not.toContain('limit')
  })
})
