// Every format but lm-eval's (logs.lmEval.test.ts), as files of its tool have it: recognised, read with every row, and what is
// kept.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { openLog } from '../src/logs/index.ts'
import { claims, ids, openOne, rowsOf } from './support/logReading.ts'
import { sharedHumanEval, sharedLog } from './support/shared.ts'

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const own = (name: string): string => join(fixtures, 'logs', name)
const evalplus = (name: string): string => join(fixtures, 'evalplus', name)

const folder = mkdtempSync(join(tmpdir(), 'tunediff-formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('human-eval', () => {
  test('completions, repeats in the order of the file', async () => {
    const reading = await openOne(own('human-eval.jsonl'))
    expect(reading).toMatchObject({
      format: 'human-eval',
      task: null,
      scoring: 'execute',
      rule: { name: 'prompt+body' },
      solver: { name: null },
      model: { name: null },
    })
    const { samples, skipped } = await rowsOf(reading)
    expect(skipped).toEqual([])
    expect(ids(samples)).toEqual(['Tiny/0#0', 'Tiny/1#0', 'Tiny/2#0', 'Tiny/3#0', 'Tiny/4#0', 'Tiny/2#1'])
    expect(samples[0]!.raw).toBe('    return [2 * n for n in numbers]\n')
    expect(claims(samples)).toBe(0)
  })

  test('its results: passed is the claim', async () => {
    const { samples } = await rowsOf(await openOne(own('human-eval_results.jsonl')))
    expect(samples.map((sample) => sample.claimed)).toEqual([true, true, false, true, false])
  })
})

describe('EvalPlus, files written by EvalPlus 0.3.1', () => {
  test.each([
    ['base.jsonl', 'program', 5],
    ['base.raw.jsonl', 'program', 5],
    ['chat.jsonl', 'program', 5],
    ['chat.raw.jsonl', 'program', 5],
  ])('%s: every sample, under rule %s', async (name, rule, count) => {
    const reading = await openOne(evalplus(name))
    expect(reading).toMatchObject({ format: 'evalplus', rule: { name: rule } })
    const { samples, skipped } = await rowsOf(reading)
    expect(samples).toHaveLength(count)
    expect(skipped).toEqual([])
  })

  test('completions are read as human-eval reads them, and as evalplus when asked', async () => {
    for (const format of [undefined, 'evalplus']) {
      const reading = await openOne(evalplus('repeats.jsonl'), format ? { format } : {})
      expect(reading).toMatchObject({ format: format ?? 'human-eval', rule: { name: 'prompt+body' } })
      expect((await rowsOf(reading)).samples).toHaveLength(15)
    }
  })

  test.each([
    ['base_eval_results.json', 5, 4],
    ['chat_eval_results.json', 5, 4],
    ['repeats_eval_results.json', 15, 9],
  ])('%s: %i samples, %i base passes claimed', async (name, count, passed) => {
    const reading = await openOne(evalplus(name))
    expect(reading).toMatchObject({ format: 'evalplus-results', rule: { name: 'program' } })
    expect(reading.fingerprint.dataset).toMatch(/^evalplus [0-9a-f]{32}$/)
    const { samples, skipped } = await rowsOf(reading)
    expect(samples).toHaveLength(count)
    expect(skipped).toEqual([])
    expect(claims(samples)).toBe(passed)
  })

  test('repeats keep their order', async () => {
    const { samples } = await rowsOf(await openOne(evalplus('repeats_eval_results.json')))
    expect(ids(samples).slice(0, 4)).toEqual(['Tiny/0#0', 'Tiny/0#1', 'Tiny/0#2', 'Tiny/1#0'])
  })
})

describe('LDB', () => {
  test('seeds: whole programs behind the typing import, with visible tests', async () => {
    const reading = await openOne(own('ldb-seed.jsonl'))
    expect(reading).toMatchObject({ format: 'ldb-seed', rule: { name: 'typing+program' } })
    expect(reading.solver).toEqual({ name: 'direct', source: 'recorded' })
    const { samples } = await rowsOf(reading)
    expect(claims(samples)).toBe(3)
    expect(samples[2]!.visibleTests).toEqual(['assert middle([3, 1, 2]) == 2', 'assert middle([]) == None'])
  })

  test('results: every implementation with its failed tests, and the tokens of the problem at the last', async () => {
    const reading = await openOne(own('ldb.jsonl'))
    expect(reading).toMatchObject({ format: 'ldb', rule: { name: 'program' }, solver: { name: 'ldb' } })
    const { samples } = await rowsOf(reading)
    expect(samples.map((sample) => sample.attempts?.length)).toEqual([1, 1, 3, 1, 3])
    const attempts = samples[2]!.attempts!
    expect(attempts[0]!.feedback).toBe('assert middle([3, 1, 2]) == 2 # Real Execution Output: 1')
    expect(attempts.map((attempt) => attempt.tokens)).toEqual([undefined, undefined, 1200])
    expect(attempts[2]!.program).toBe(samples[2]!.raw)
    expect(samples[2]!.visibleTests).toEqual(['assert middle([3, 1, 2]) == 2'])
  })
})

describe('Reflexion', () => {
  test('reflections without implementations', async () => {
    const reading = await openOne(own('reflexion.jsonl'))
    expect(reading).toMatchObject({ format: 'reflexion', rule: { name: 'body-or-program' } })
    expect(reading.solver).toEqual({ name: 'reflexion', source: 'recorded' })
    const { samples } = await rowsOf(reading)
    expect(samples[0]!.attempts).toBeUndefined()
    expect(samples[2]!.attempts).toEqual([
      { reflection: 'The median is the middle of the sorted list, not its first value.' },
      { reflection: 'An even number of values needs the mean of two.' },
    ])
  })

  test('implementations with test feedback and reflections', async () => {
    const { samples } = await rowsOf(await openOne(own('reflexion-attempts.jsonl')))
    const [first, second] = samples[2]!.attempts!
    expect(first).toMatchObject({ program: '    return sorted(values)[0]\n' })
    expect(first!.feedback).toContain('# output: 1')
    expect(first!.reflection).toContain('median')
    expect(second).not.toHaveProperty('reflection')
  })

  test('the plain strategy writes no reflections: solver direct', async () => {
    expect((await openOne(own('reflexion-simple.jsonl'))).solver).toEqual({
      name: 'direct',
      source: 'recorded',
    })
  })

  test('programs in another language keep their recorded result', async () => {
    const reading = await openOne(own('reflexion-rust.jsonl'))
    expect(reading).toMatchObject({
      scoring: 'recorded',
      rule: null,
      metric: 'is_solved',
      task: 'reflexion-rs',
    })
    const { samples } = await rowsOf(reading)
    expect(samples.map((sample) => sample.recordedScore)).toEqual([1, 0, 1, 0, 1])
  })
})

describe('plain', () => {
  test('JSONL: booleans, numbers and words', async () => {
    const reading = await openOne(own('plain.jsonl'))
    expect(reading).toMatchObject({ format: 'plain', scoring: 'recorded', rule: null, metric: 'score' })
    const { samples } = await rowsOf(reading)
    expect(samples.map((sample) => sample.recordedScore)).toEqual([1, 0, 0.5, 1, 1, 1, 0])
  })

  test('CSV: quoted fields over several lines, words, a second answer to a problem', async () => {
    const reading = await openOne(own('plain.csv'))
    expect(reading.metric).toBe('passed')
    const { samples, skipped } = await rowsOf(reading)
    expect(skipped).toEqual([])
    expect(samples.map((sample) => [sample.id, sample.recordedScore])).toEqual([
      ['q1#0', 1],
      ['q2#0', 0],
      ['q3#0', 1],
      ['q4#0', 0],
      ['q1#1', 0],
    ])
  })

  test('answers are kept, and executed only if a task is named; the score is then the claim', async () => {
    const columns = { answer: 'code', score: 'ok', repeat: 'trial' }
    const recorded = await openOne(own('answers.csv'), columns)
    expect(recorded).toMatchObject({ scoring: 'recorded', rule: null, metric: 'ok' })
    const kept = await rowsOf(recorded)
    expect(ids(kept.samples)).toContain('Tiny/0#2')
    expect(kept.samples[0]).toMatchObject({ raw: '    return [2 * n for n in numbers]\n', recordedScore: 1 })
    const executed = await openOne(own('answers.csv'), { ...columns, task: 'tiny.jsonl' })
    expect(executed).toMatchObject({ scoring: 'execute', rule: { name: 'body-or-program' }, metric: null })
    const { samples } = await rowsOf(executed)
    expect(claims(samples)).toBe(6)
    expect(samples[0]).not.toHaveProperty('recordedScore')
  })

  test.each([
    [
      { score: 'okay', answer: 'code' },
      "no column 'okay'; it has id, trial, code, ok",
      'did you mean --score ok?',
    ],
    [{ id: 'name' }, "no column 'name'", 'name one of them with --id'],
    [{ format: 'plain' }, 'no column that is known to hold scores; it has id, trial, code, ok', '--score'],
  ])('columns %o', async (options, message, hint) => {
    await expect(openLog(own('answers.csv'), options)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  })
})

describe.skipIf(sharedHumanEval === null)('recorded answers of others', () => {
  test.each([
    ['gpt-3.5-plain.ldb-seed.jsonl', 'ldb-seed', 'typing+program', 'direct', 121, 0],
    ['gpt-3.5-ldb.ldb.jsonl', 'ldb', 'program', 'ldb', 136, 413],
    ['gpt-4-plain.reflexion.jsonl', 'reflexion', 'body-or-program', 'direct', 141, 0],
    ['gpt-4-reflexion.reflexion.jsonl', 'reflexion', 'body-or-program', 'reflexion', 150, 194],
    ['gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl', 'ldb', 'program', 'ldb', 156, 249],
  ])('%s: 164 samples as %s, rule %s, solver %s, %i claimed, %i attempts', async (...expected) => {
    const [name, format, rule, solver, passed, attempts] = expected
    const reading = await openOne(sharedLog(name))
    expect(reading).toMatchObject({
      format,
      task: 'humaneval',
      rule: { name: rule },
      solver: { name: solver },
    })
    const { samples, skipped } = await rowsOf(reading)
    expect(skipped).toEqual([])
    expect(new Set(ids(samples)).size).toBe(164)
    expect(claims(samples)).toBe(passed)
    expect(samples.reduce((sum, sample) => sum + (sample.attempts?.length ?? 0), 0)).toBe(attempts)
    const visible = samples.reduce((sum, sample) => sum + (sample.visibleTests?.length ?? 0), 0)
    expect(visible).toBe(format.startsWith('ldb') ? 460 : 0)
  })
})
