// lm-eval's folders, as lm-eval 0.4.13 and older versions write them: recognised, read with every row, and what is kept.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { openLog } from '../src/logs/index.ts'
import { ids, openOne, rowsOf } from './support/logReading.ts'

const lmEval = (run: string): string => fileURLToPath(new URL(`fixtures/lm-eval/${run}`, import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'tunediff-lm-eval-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
    const { samples, skipped } = await rowsOf(choice)
    expect(skipped).toEqual([])
    expect(samples).toHaveLength(6)
    expect(samples.reduce((sum, sample) => sum + sample.recordedScore!, 0)).toBe(3)
  })

  test('the same documents have the same ids in both runs; the seeds differ', async () => {
    const [base, variant] = await Promise.all(['run-3', 'run-4'].map((run) => openLog(lmEval(run))))
    const both = await Promise.all([rowsOf(base![0]!), rowsOf(variant![0]!)])
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
    const { samples } = await rowsOf(reading)
    expect(ids(samples)).toEqual(['Tiny/0#0', 'Tiny/1#0', 'Tiny/2#0', 'Tiny/3#0', 'Tiny/4#0'])
    for (const sample of samples) expect(sample).toMatchObject({ raw: 'lol', claimed: false })
  })

  test('a code task whose problems are not known keeps its recorded score', async () => {
    const reading = (await openLog(lmEval('run-3')))[1]!
    expect(reading).toMatchObject({ scoring: 'recorded', rule: null, metric: 'pass@1,create_test' })
    const { samples } = await rowsOf(reading)
    expect(ids(samples)[0]).toBe('Tiny/0#0')
    expect(samples.map((sample) => sample.recordedScore)).toEqual([0, 0, 0, 0, 0])
  })

  test('several answers to a document are its repeats', async () => {
    const reading = (await openLog(lmEval('run-3'), { task: 'problems.jsonl' }))[2]!
    expect(reading.fingerprint.temperature).toBe('0.2')
    const { samples } = await rowsOf(reading)
    expect(samples).toHaveLength(15)
    expect(ids(samples).slice(0, 4)).toEqual(['Tiny/0#0', 'Tiny/0#1', 'Tiny/0#2', 'Tiny/1#0'])
  })

  test('of several filters the first is read and the others are listed; --score names another', async () => {
    const path = samplesOf('tiny_words')
    const first = await rowsOf(await openOne(path))
    expect(first.samples).toHaveLength(4)
    expect(first.skipped).toHaveLength(4)
    expect(first.skipped[0]!.reason).toBe('filter in-capitals: the answers of filter as-it-is are read')
    const reading = await openOne(path, { score: 'exact_match,in-capitals' })
    expect(reading.metric).toBe('exact_match,in-capitals')
    const other = await rowsOf(reading)
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
    const reading = await openOne(path)
    expect(reading).toMatchObject({ scoring, task: name, model: { name: null }, seeds: [] })
    const { samples } = await rowsOf(reading)
    if (scoring === 'execute') expect(samples[0]).toMatchObject({ raw: '    return 1\n', claimed: true })
    else expect(samples[0]).toMatchObject({ recordedScore: 1 })
  })

  test('rows of older versions, which name neither filter nor metrics', async () => {
    const path = join(folder, 'old.jsonl')
    const row = { doc_id: 3, doc: { q: 'a' }, target: 'a', arguments: [['a', {}]], resps: [['a']] }
    writeFileSync(path, `${JSON.stringify({ ...row, filtered_resps: ['a'], exact_match: 1, f1: 0.5 })}\n`)
    const reading = await openOne(path)
    expect(reading).toMatchObject({ task: 'old', metric: 'exact_match' })
    expect((await rowsOf(reading)).samples).toEqual([
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
    const reading = await openOne(join(folder, samples))
    expect(reading.metric).toBe('acc,none')
    expect(reading.model).toEqual({ name: 'org/base+org/adapter (load_in_4bit)', source: 'recorded' })
    await expect(openLog(join(folder, samples), { score: 'ppl' })).rejects.toThrow(
      "no score 'ppl' that can be compared",
    )
  })

  test('another metric, and one that there is not', async () => {
    const path = samplesOf('tiny_choice')
    expect((await openOne(path, { score: 'acc_norm' })).metric).toBe('acc_norm,none')
    await expect(openLog(path, { score: 'ac' })).rejects.toMatchObject({
      message: expect.stringContaining("no score 'ac' that can be compared; it has acc, acc_norm"),
      hint: 'did you mean --score acc?',
    })
  })
})
