// `tunediff compare` on runs that `tunediff eval` made: texts, choices and programs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ComparisonReport, comparisonReportSchema } from '../src/schema/comparison.ts'
import { tunediff } from './support/cli.ts'
import { answersOf, outcomesOf, TinyEvaluation } from './support/evaluation.ts'

const tiny = new TinyEvaluation()
let base: string
let variant: string
beforeAll(() => {
  base = tiny.model('qwen2')
  variant = tiny.model('llama')
})
afterAll(() => tiny[Symbol.dispose]())

const cache = (): { cache: string } => ({ cache: tiny.path('cache') })

async function evaluate(model: string, task: string, out: string, ...flags: string[]): Promise<string> {
  const folder = tiny.path(out)
  const { code, stderr } = await tunediff(
    ['eval', model, '--task', task, '-o', folder, '--threads', '1', ...flags],
    cache(),
  )
  expect(code, stderr).toBe(0)
  return folder
}

async function compare(...args: string[]): Promise<ComparisonReport> {
  const { code, stdout, stderr } = await tunediff(['compare', ...args, '--json'], cache())
  expect(code, stderr).toBe(0)
  return comparisonReportSchema.parse(JSON.parse(stdout))
}

const WORDS = ['ferry', 'apple', 'counts', 'rain', 'shine', 'seven', 'over', 'there', 'nobody', 'twice']
const ask = { maxTokens: 30, temperature: 1 }
const texts = (scorer: unknown = 'contains'): string =>
  tiny.task(
    'texts',
    { prompt: 'Go on: {{ word }}', id: 'word', answer: 'letter', scorer, ask },
    WORDS.map((word) => ({ word, letter: word[0] })),
  )

test('texts: flips are those of the answers, under the scorer that the task has now', async () => {
  const task = texts()
  const [ours, theirs] = [
    await evaluate(base, task, 'texts-base'),
    await evaluate(variant, task, 'texts-variant'),
  ]
  const flips = (fold: (text: string) => string) => {
    const passed = (folder: string): Record<string, boolean> =>
      Object.fromEntries(
        Object.entries(answersOf(folder)).map(([id, raw]) => [
          id.replace('#0', ''),
          fold(raw).includes(fold(id[0]!)),
        ]),
      )
    const [a, b] = [passed(ours), passed(theirs)]
    return {
      gained: WORDS.filter((word) => !a[word] && b[word]).sort(),
      lost: WORDS.filter((word) => a[word] && !b[word]).sort(),
    }
  }
  const exact = flips((text) => text)
  expect(exact.gained.length + exact.lost.length).toBeGreaterThan(0)
  const { comparisons, warnings } = await compare(ours, theirs)
  expect(comparisons[0]).toMatchObject({ task: 'texts', metric: 'accuracy (contains)', n: 10 })
  expect(comparisons[0]!.variants[0]).toMatchObject({
    ...exact,
    test: 'mcnemar-exact',
    paired: 10,
    rules: [],
    rule: null,
  })
  expect(warnings.map(({ code }) => code)).toEqual(['no-zero-line'])

  texts({ kind: 'contains', ignoreCase: true })
  const folded = flips((text) => text.toUpperCase())
  expect(folded).not.toEqual(exact)
  expect((await compare(ours, theirs)).comparisons[0]!.variants[0]).toMatchObject(folded)
  texts()
})

test('with repeats: the zero line of the base, and a test of means', async () => {
  const task = texts()
  const [ours, theirs] = [
    await evaluate(base, task, 'repeats-base', '-k', '3'),
    await evaluate(variant, task, 'repeats-variant', '-k', '3'),
  ]
  const [{ variants }] = (await compare(ours, theirs)).comparisons as [
    ComparisonReport['comparisons'][number],
  ]
  const answers = answersOf(ours)
  const passed = (id: string): boolean => answers[id]!.includes(id[0]!)
  const flips = WORDS.filter((word) => passed(`${word}#0`) !== passed(`${word}#1`)).length
  expect(variants[0]).toMatchObject({ test: 'sign-flip', zeroLine: { flips, n: 10 } })
})

test('the same model twice: equal answers are noticed', async () => {
  const task = texts()
  const [ours, copy] = [await evaluate(base, task, 'twice-1'), await evaluate(base, task, 'twice-2')]
  const { comparisons, warnings } = await compare(ours, copy)
  expect(comparisons[0]!.variants[0]).toMatchObject({ gained: [], lost: [], finding: 'cannot-tell' })
  expect(warnings.map(({ code }) => code)).toContain('same-answers')
})

test('runs that were asked otherwise are compared only across', async () => {
  const task = texts()
  const [ours, theirs] = [
    await evaluate(base, task, 'asked-base'),
    await evaluate(variant, task, 'asked-variant', '--seed', '7'),
  ]
  const refused = await tunediff(['compare', ours, theirs], cache())
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('seeds (of (0, task, problem, repeat), of (7, task, problem, repeat))')
  const { comparisons } = await compare(ours, theirs, '--across')
  expect(comparisons[0]!.variants[0]!.fingerprintDiffers).toEqual(['seeds'])
})

test('choices', async () => {
  const task = tiny.task(
    'choices',
    {
      prompt: '{{ word }} or',
      id: 'word',
      choices: ['rain', 'x', 'shine at last'],
      answer: 'right',
      scorer: 'choice',
    },
    WORDS.map((word, i) => ({ word, right: i % 3 })),
  )
  const [ours, theirs] = [
    await evaluate(base, task, 'choice-base'),
    await evaluate(variant, task, 'choice-variant'),
  ]
  const { comparisons, warnings } = await compare(ours, theirs)
  const passed = (folder: string): number => outcomesOf(folder).filter((row) => row.class === 'pass').length
  expect(comparisons[0]).toMatchObject({ metric: 'accuracy', base: { passed: passed(ours) }, n: 10 })
  expect(comparisons[0]!.variants[0]!.passed).toBe(passed(theirs))
  // One choice is the most probable for both; its log-probabilities are not the same.
  expect(warnings.map(({ code }) => code)).not.toContain('same-answers')
})

test('programs: as those of imported logs, under all rules', async () => {
  const task = tiny.task(
    'programs',
    { prompt: 'def {{ name }}(x):\n', id: 'name', entryPoint: 'name', test: 'test', scorer: 'code', ask },
    ['f', 'g', 'h'].map((name) => ({ name, test: 'def check(candidate):\n    assert candidate(2) == 4\n' })),
  )
  const [ours, theirs] = [
    await evaluate(base, task, 'code-base'),
    await evaluate(variant, task, 'code-variant'),
  ]
  // A model that can: three right bodies in place of what the tiny one said.
  const path = join(theirs, 'samples.jsonl')
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/"raw":"(\\.|[^"\\])*"/g, '"raw":"    return x + 2\\n"'),
  )
  rmSync(join(theirs, 'outcomes.jsonl'))
  const { comparisons } = await compare(ours, theirs)
  expect(comparisons[0]).toMatchObject({ metric: 'pass@1', base: { passed: 0, rule: 'prompt+body' } })
  expect(comparisons[0]!.variants[0]).toMatchObject({ gained: ['f', 'g', 'h'], lost: [], passed: 3 })
  expect(comparisons[0]!.variants[0]!.rules.length).toBeGreaterThan(1)
})

test('a run that was stopped is refused with what is missing', async () => {
  const task = texts()
  const ours = await evaluate(base, task, 'stopped-base')
  const theirs = tiny.path('stopped-variant')
  mkdirSync(theirs)
  writeFileSync(join(theirs, 'run.json'), readFileSync(join(ours, 'run.json')))
  const rows = readFileSync(join(ours, 'samples.jsonl'), 'utf8').split('\n').slice(0, 4)
  writeFileSync(join(theirs, 'samples.jsonl'), `${rows.join('\n')}\n`)
  const { code, stderr } = await tunediff(['compare', ours, theirs], cache())
  expect(code).toBe(2)
  expect(stderr).toContain('holds 4 answers, and 10 were asked for')
  expect(stderr).toContain('the same tunediff eval goes on')
})
