// What is wrong with a log is one clear error, or a skip that is counted and names the line.
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip, gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { type LogOptions, openLog } from '../src/logs/index.ts'
import type { Sample, SkippedRow } from '../src/schema/run.ts'
import { UserError } from '../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-logs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

let files = 0
function file(content: string | Uint8Array, ending = 'jsonl'): string {
  const path = join(folder, `log-${++files}.${ending}`)
  writeFileSync(path, content)
  return path
}

interface Read {
  samples: Sample[]
  skipped: SkippedRow[]
}

async function read(path: string, options: LogOptions = {}, problems?: ReadonlySet<string>): Promise<Read> {
  const result: Read = { samples: [], skipped: [] }
  for (const reading of await openLog(path, options)) {
    for await (const row of reading.rows(problems)) {
      if ('sample' in row) result.samples.push(row.sample)
      else result.skipped.push(row.skipped)
    }
  }
  return result
}

/** The one error of reading `path`, as `message | hint`. */
async function refused(path: string, options: LogOptions = {}): Promise<string> {
  const error = await read(path, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  const { message, hint } = error as UserError
  expect(message).toContain(path)
  return `${message} | ${hint}`
}

const SEEDS = readFileSync(fixture('logs/ldb-seed.jsonl'), 'utf8')
const seedLines = SEEDS.trimEnd().split('\n')
const completion = (id: string, text: unknown = '    return 1\n'): string =>
  `${JSON.stringify({ task_id: id, completion: text })}\n`

describe('skips, counted and listed', () => {
  test('a line that is cut off at the end of the file', async () => {
    const { samples, skipped } = await read(file(SEEDS.slice(0, -200)))
    expect(samples).toHaveLength(4)
    expect(skipped).toEqual([{ line: 5, reason: 'not whole: the file ends within this line' }])
  })

  test('a line within the file that is not JSON', async () => {
    const damaged = [seedLines[0], seedLines[1]!.slice(0, 100), ...seedLines.slice(2)].join('\n')
    const { samples, skipped } = await read(file(damaged))
    expect(samples).toHaveLength(4)
    expect(skipped).toEqual([{ line: 2, reason: expect.stringContaining('not JSON') }])
  })

  test('a first line that is damaged does not hide the format', async () => {
    const { samples, skipped } = await read(file(['{"task', ...seedLines.slice(1)].join('\n')))
    expect(samples).toHaveLength(4)
    expect(skipped[0]!.line).toBe(1)
  })

  test('a first row that would pass for a plain table does not make the file one', async () => {
    const first = '{"task_id": "Tiny/9", "is_solved": true}\n'
    const { samples, skipped } = await read(file(first + SEEDS))
    expect(samples).toHaveLength(5)
    expect(skipped).toEqual([{ line: 1, reason: 'solution is missing' }])
  })

  test('NaN, which Python writes and JSON has not', async () => {
    const row = '{"doc_id": 1, "doc": {}, "filtered_resps": ["a"], "acc": NaN}\n'
    const { skipped } = await read(
      file(`{"doc_id": 0, "doc": {}, "filtered_resps": ["a"], "acc": 1}\n${row}`),
    )
    expect(skipped).toEqual([{ line: 2, reason: 'not JSON: it holds NaN or Infinity' }])
  })

  test('a second answer to a problem, where a format holds one, names the earlier line', async () => {
    const { samples, skipped } = await read(file(`${SEEDS}${seedLines[1]}\n`))
    expect(samples).toHaveLength(5)
    expect(skipped).toEqual([{ line: 6, reason: 'Tiny/1 has an answer on line 2' }])
  })

  test('a second answer is the next repeat, where a format holds several', async () => {
    const { samples } = await read(file(completion('a') + completion('b') + completion('a')))
    expect(samples.map((sample) => sample.id)).toEqual(['a#0', 'b#0', 'a#1'])
  })

  test('the same repeat twice, where a column names it', async () => {
    const { samples, skipped } = await read(file('id,score,repeat\na,1,0\na,0,0\na,0,1\n', 'csv'))
    expect(samples.map((sample) => sample.id)).toEqual(['a#0', 'a#1'])
    expect(skipped).toEqual([{ line: 3, reason: 'a#0 has an answer on line 2' }])
  })

  test('a problem that the task has not', async () => {
    const problems = new Set(['HumanEval/0'])
    const { samples, skipped } = await read(
      file(completion('HumanEval/0') + completion('HumanEval/999')),
      {},
      problems,
    )
    expect(samples).toHaveLength(1)
    expect(skipped).toEqual([{ line: 2, reason: 'the task has no problem HumanEval/999' }])
  })

  test('a null answer stays a sample, with its error', async () => {
    const { samples, skipped } = await read(file(completion('a') + completion('b', null)))
    expect(samples[1]).toEqual({ id: 'b#0', problem: 'b', repeat: 0, raw: '', error: 'answer is null' })
    expect(skipped).toEqual([])
  })

  test.each([
    ['{"task_id": "b"}', 'completion is missing'],
    ['{"completion": "x"}', 'task_id is missing'],
    ['{"task_id": "", "completion": "x"}', 'task_id is empty'],
    ['{"task_id": "b", "completion": 7}', 'completion is a number, wanted a text'],
    ['{"task_id": "b", "completion": ["x"]}', 'completion is a list, wanted a text'],
    ['{"task_id": ["b"], "completion": "x"}', 'task_id is a list, which it cannot be'],
    ['{"task_id": "b", "completion": "x", "passed": "yes"}', 'passed is a text, wanted true or false'],
    ['[1, 2]', 'the row is a list, wanted an object'],
    ['null', 'the row is null, wanted an object'],
    ['"text"', 'the row is a text, wanted an object'],
  ])('%s', async (row, reason) => {
    const { samples, skipped } = await read(file(`${completion('a')}${row}\n`))
    expect(samples).toHaveLength(1)
    expect(skipped).toEqual([{ line: 2, reason }])
  })

  test('rows of two formats: those of the first are read, the others listed', async () => {
    const mixed = `${completion('a')}${JSON.stringify({ task_id: 'b', solution: 'def b(): pass' })}\n${completion('c')}`
    const { samples, skipped } = await read(file(mixed))
    expect(samples.map((sample) => sample.problem)).toEqual(['a', 'c'])
    expect(skipped).toEqual([{ line: 2, reason: 'completion is missing' }])
  })

  test('a line of 200 MB', async () => {
    const path = join(folder, 'long.jsonl')
    const part = Buffer.alloc(1024 * 1024, 'x')
    await pipeline(async function* () {
      yield `${completion('a')}{"task_id": "b", "completion": "`
      for (let i = 0; i < 200; i++) yield part
      yield `"}\n${completion('c')}`
    }, createWriteStream(path))
    const before = process.memoryUsage().rss
    const { samples, skipped } = await read(path)
    expect(samples.map((sample) => sample.problem)).toEqual(['a', 'c'])
    expect(skipped).toEqual([{ line: 2, reason: 'longer than 64 MiB' }])
    expect(process.memoryUsage().rss - before).toBeLessThan(190 * 1024 * 1024)
    rmSync(path)
  })

  test('CSV: stray quotes and wrong numbers of fields cost their own record only', async () => {
    const table = 'id,score\na,1\nb"x,1\n"c"x,1\nd,1,2\ne\nf,maybe\n,1\ng,0\n"h,1\ni,1\n'
    const { samples, skipped } = await read(file(table, 'csv'))
    expect(samples.map((sample) => sample.id)).toEqual(['a#0', 'g#0', 'i#0'])
    expect(skipped.map(({ line, reason }) => `${line}: ${reason}`)).toEqual([
      '3: not CSV: a quote stands within a field that does not begin with one',
      '4: not CSV: text follows a closing quote',
      '5: 3 fields where the header has 2',
      '6: 1 fields where the header has 2',
      "7: score is 'maybe', which it cannot be",
      '8: id is empty',
      '10: a quote opens here that is not closed',
    ])
  })
})

describe('other ways to write the same', () => {
  test('Windows line ends, a byte order mark, blank lines, gzip', async () => {
    const plain = await read(file(SEEDS))
    expect(await read(file(`\ufeff${SEEDS.replaceAll('\n', '\r\n\r\n')}`))).toEqual(plain)
    expect(await read(file(gzipSync(SEEDS), 'jsonl.gz'))).toEqual(plain)
    expect(await read(file(SEEDS.trimEnd()))).toEqual(plain)
  })

  test('CSV with semicolons or tabs, Windows line ends and a byte order mark', async () => {
    const plain = await read(file('id,score\na,1\nb,0\n', 'csv'))
    expect(await read(file('\ufeffid;score\r\na;1\r\nb;0\r\n', 'csv'))).toEqual(plain)
    expect(await read(file('id\tscore\na\t1\nb\t0', 'tsv'))).toEqual(plain)
  })

  test('EvalPlus results over many lines', async () => {
    const text = readFileSync(fixture('evalplus/base_eval_results.json'), 'utf8')
    expect(await read(file(JSON.stringify(JSON.parse(text), null, 2), 'json'))).toEqual(
      await read(file(text, 'json')),
    )
  })
})

describe('one clear error', () => {
  test.each([
    [
      'UTF-16',
      Buffer.from(`\ufeff${SEEDS}`, 'utf16le'),
      'line 1: not UTF-8 text; the file looks like UTF-16LE',
      'iconv -f UTF-16LE',
    ],
    [
      'UTF-16 without its mark',
      Buffer.from(completion('a'), 'utf16le'),
      'looks like UTF-16LE',
      'iconv -f UTF-16LE',
    ],
    [
      'Latin-1',
      Buffer.from(completion('a') + completion('é'), 'latin1'),
      'line 2: not UTF-8 text; the file looks like Latin-1',
      'iconv -f WINDOWS-1252',
    ],
    ['gzip without .gz', gzipSync(SEEDS), 'looks like gzip data', 'rename it'],
    ['a zip archive', Buffer.from('PK\x03\x04\xff\xfe', 'latin1'), 'looks like a zip archive', 'unpack it'],
    ['an empty file', '', 'is empty', 'name a log'],
    ['blank lines', '\n\n \n', 'is empty', 'name a log'],
    [
      'prose',
      'Dear reader,\nthis is no log.\n',
      "not in a known format: its first line begins with 'Dear reader,'",
      'formats: lm-eval',
    ],
    [
      'unknown rows',
      '{"question": 1, "task_id": "a"}\n',
      'its rows have question, task_id; nearest is',
      'formats: lm-eval',
    ],
    ['a JSON list', `[${completion('a')}]`, 'is one JSON list, and logs have one row a line', 'jq -c'],
    ['problems', readFileSync(fixture('evalplus/problems.jsonl')), 'holds problems, not answers', '--task'],
    [
      'several scores',
      'id,passed,correct\na,1,1\n',
      'several columns that may be the score: passed, correct',
      '--score passed',
    ],
  ])('%s', async (_name, content, message, hint) => {
    const text = await refused(file(content))
    expect(text).toContain(message)
    expect(text.split(' | ')[1]).toContain(hint)
  })

  test('gzip that is cut off, or is none', async () => {
    const zipped = gzipSync(SEEDS.repeat(50))
    expect(await refused(file(zipped.subarray(0, -20), 'jsonl.gz'))).toContain('ends within its gzip data')
    expect(await refused(file(SEEDS, 'jsonl.gz'))).toContain('is not whole gzip data')
  })

  test('no file, a folder, an unknown format, the wrong format', async () => {
    expect(await refused(join(folder, 'none.jsonl'))).toContain('does not exist')
    mkdirSync(join(folder, 'empty'))
    expect(await refused(join(folder, 'empty'))).toContain('is a folder without lm-eval samples')
    expect(await refused(folder, { format: 'ldb' })).toContain('is a folder, and ldb is a file')
    await expect(openLog(file(SEEDS), { format: 'ldbseed' })).rejects.toMatchObject({
      message: "there is no log format 'ldbseed'",
      hint: 'did you mean ldb-seed?',
    })
    expect(await refused(file(SEEDS), { format: 'ldb' })).toContain(
      'is not in format ldb: its rows have task_id, prompt, entry_point, test, canonical_solution, seed, given_tests, solution, is_solved, but no implementations, no generated_test',
    )
  })

  test('a key of the asked format with another kind of value', async () => {
    const tests = '{"task_id": "a", "solution": ["assert 1"], "is_solved": true}\n'
    expect(await refused(file(tests), { format: 'evalplus' })).toContain('but a solution that is no text')
  })

  test('lm-eval: its summary, two runs of a task in a folder, two models, damaged results', async () => {
    const row = '{"doc_id": 0, "doc": {}, "filtered_resps": ["a"], "acc": 1}\n'
    const twice = join(folder, 'twice')
    mkdirSync(join(twice, 'model'), { recursive: true })
    for (const date of ['2026-01-01T00-00-00.1', '2026-01-02T00-00-00.1']) {
      writeFileSync(join(twice, 'model', `samples_t_${date}.jsonl`), row)
    }
    expect(await refused(join(twice, 'model'))).toContain(
      'holds two runs of t: samples_t_2026-01-01T00-00-00.1.jsonl and',
    )
    mkdirSync(join(twice, 'other'))
    writeFileSync(join(twice, 'other', 'samples_t_2026-01-01T00-00-00.1.jsonl'), row)
    expect(await refused(twice)).toContain('holds samples of 2 models: model, other')
    const results = join(twice, 'other', 'results_2026-01-01T00-00-00.1.json')
    writeFileSync(results, '{"config": ')
    await expect(openLog(join(twice, 'other'))).rejects.toThrow(`${results} does not hold lm-eval results`)
    writeFileSync(results, '{"results": {}, "configs": {}}')
    expect(await refused(results)).toContain("is lm-eval's summary, without answers")
  })

  test('lm-eval: scores that cannot be compared', async () => {
    const row = '{"doc_id": 0, "doc": {}, "filtered_resps": ["a"], "metrics": ["ppl"], "ppl": [1, 2]}\n'
    expect(await refused(file(row))).toContain('records no score that can be compared (ppl)')
  })
})

describe('hostile JSON does no harm', () => {
  test.each([
    [
      'deep nesting',
      `{"task_id": "a", "completion": "x", "deep": ${'['.repeat(200_000)}${']'.repeat(200_000)}}\n`,
    ],
    [
      'deep nesting that is cut off',
      `${completion('b')}{"task_id": "a", "completion": ${'{"a":'.repeat(100_000)}\n`,
    ],
    [
      '__proto__',
      '{"__proto__": {"task_id": "a", "completion": "x"}, "task_id": "a", "completion": "x", "constructor": 1}\n',
    ],
    [
      'huge numbers',
      '{"task_id": 1e999, "completion": "x"}\n{"task_id": 9007199254740993, "completion": "x"}\n{"task_id": "a", "completion": "x"}\n',
    ],
    [
      'many keys',
      `{"task_id": "a", "completion": "x", ${Array.from({ length: 50_000 }, (_, i) => `"k${i}": 0`).join(', ')}}\n`,
    ],
  ])('%s', async (_name, content) => {
    const { samples, skipped } = await read(file(content))
    expect(samples.length + skipped.length).toBe(content.trimEnd().split('\n').length)
    expect(Object.prototype).not.toHaveProperty('task_id')
  })

  test('lm-eval: deep responses and documents', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const row = `{"doc_id": 0, "doc": {"__proto__": {"prompt": "x"}, "deep": ${deep}}, "filtered_resps": [${deep}], "acc": 1}\n`
    const { samples, skipped } = await read(file(row))
    expect(samples.length + skipped.length).toBe(1)
  })

  test('a gzip file of endless zeros is read as a stream', async () => {
    const path = join(folder, 'zeros.jsonl.gz')
    const zeros = createGzip()
    const done = pipeline(zeros, createWriteStream(path))
    for (let i = 0; i < 300; i++)
      if (!zeros.write(Buffer.alloc(1024 * 1024))) await new Promise((next) => zeros.once('drain', next))
    zeros.end()
    await done
    expect((await collectBytes(path)) < 1_000_000).toBe(true)
    expect(await refused(path)).toMatch(/not in a known format|larger than/)
  })
})

async function collectBytes(path: string): Promise<number> {
  let bytes = 0
  for await (const part of createReadStream(path)) bytes += (part as Buffer).length
  return bytes
}
