// What is wrong with a task is one UserError that says where, what stands there and what is wanted; nothing else is thrown.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Task } from '../../src/schema/problem.ts'
import { resolveTask } from '../../src/tasks/task.ts'
import { UserError } from '../../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-bad-tasks-'))
const path = join(folder, 'task.yaml')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const read = (): Promise<Task> => resolveTask(folder, { env: {}, cacheFolder: folder })

/** The error without the folder's name: message, then hint. */
async function refused(): Promise<string> {
  const error = await read().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UserError)
  const { message, hint } = error as UserError
  return `${message} | ${hint}`.replaceAll(`${folder}/`, '')
}

const BASE = ['data: d.jsonl', 'prompt: "{{ q }}"', 'answer: a', 'scorer: exact']
/** The lines of a task, some of them replaced (by key), others added. */
function yaml(...changes: string[]): string {
  const key = (line: string): string => line.split(':')[0]!
  const kept = BASE.map((line) => changes.find((change) => key(change) === key(line)) ?? line)
  return [...kept, ...changes.filter((change) => !kept.includes(change))].join('\n')
}
const rows = (...list: unknown[]): string => list.map((row) => JSON.stringify(row)).join('\n')
const ROWS = rows({ q: 1, a: 'x' }, { q: 2, a: 'y' })

describe('the task file', () => {
  beforeAll(() => writeFileSync(join(folder, 'd.jsonl'), ROWS))

  test.each([
    ['', 'task.yaml holds no keys with values | a task needs data, prompt, answer and scorer'],
    ['- data', 'task.yaml holds no keys with values'],
    ['data: [', 'task.yaml, line 1, column 8: not YAML'],
    ['prompt: Q: {{ q }}', 'task.yaml, line 1, column 9: not YAML: Nested mappings are not allowed'],
    ['a: 1\na: 2', 'task.yaml, line 2, column 1: not YAML: Map keys must be unique'],
    ['a: &x [1]\n---\nb: 2', 'not YAML: '],
    ['data: d.jsonl', 'task.yaml, line 1, column 1: prompt is missing | wanted a template'],
    [yaml('answr: a'), 'line 5, column 1: answr is no key of a task | was answer meant?'],
    [yaml('limit: 20'), 'limit is no key of a task | its keys are name, data, id, prompt,'],
    [yaml('data: 3'), 'line 1, column 1: data is 3 | wanted the name of a file beside it'],
    [yaml('prompt: ""'), 'line 2, column 1: prompt is "" | wanted a template that names columns'],
    [yaml('name: "a\\nb"'), 'name is "a\\nb" | wanted a text of one line'],
    [yaml('scorer: exat'), 'line 4, column 1: scorer is "exat" | wanted one of exact, numeric,'],
    [yaml('scorer: 3'), 'line 4, column 1: scorer is 3 | wanted one of exact, numeric,'],
    [
      yaml('scorer: {kind: exact, ignorecase: true}'),
      'line 4, column 23: ignorecase is no key of scorer | was ignoreCase meant?',
    ],
    [
      yaml('scorer: {kind: exact, tolerance: 1}'),
      'tolerance is no key of scorer | its keys are kind, ignoreCase',
    ],
    [
      yaml('scorer: {kind: numeric, tolerance: -1}'),
      'line 4, column 25: scorer.tolerance is -1 | wanted a number of at least 0',
    ],
    [yaml('scorer: {kind: numeric, take: middle}'), 'scorer.take is "middle" | wanted first or last'],
    [yaml('scorer: regex'), 'line 4, column 1: scorer.pattern is missing | wanted a regular expression'],
    [yaml('scorer: {kind: regex, pattern: "("}'), 'line 4, column 23: scorer.pattern does not compile'],
    [yaml('scorer: {kind: regex, pattern: x}'), 'scorer.pattern has no group to compare with the answer'],
    [yaml('scorer: {kind: regex, pattern: (x), flags: g}'), "line 4, column 37: scorer.flags is 'g'"],
    [
      yaml('ask: {maxTokens: 0}'),
      'line 5, column 7: ask.maxTokens is 0 | wanted a whole number of at least 1',
    ],
    [yaml('ask: {max_tokens: 5}'), 'max_tokens is no key of ask | was maxTokens meant?'],
    [yaml('ask: {stops: stop}'), 'ask.stops is "stop" | wanted a list of texts'],
    [yaml('ask: {stops: [""]}'), 'ask.stops is "" | wanted a list of texts'],
    [yaml('ask: {topP: 0}'), 'ask.topP is 0 | wanted a number above 0 and up to 1'],
    [
      yaml('choices: [true, false]', 'scorer: choice'),
      'choices is [true,false] | wanted the name of a column, or a list',
    ],
    [
      yaml('choices: [x]', 'scorer: choice'),
      'choices is ["x"] | wanted the name of a column, or a list of two or more',
    ],
    [
      yaml('scorer: choice'),
      'line 4, column 1: scorer choice needs choices, which task.yaml does not have | add choices:',
    ],
    [yaml('scorer: code'), 'scorer code needs entryPoint, which task.yaml does not have'],
    ['data: d.jsonl\nprompt: "{{ q }}"\nscorer: exact', 'line 3, column 1: scorer exact needs answer'],
    [yaml('choices: c'), 'line 5, column 1: choices does nothing with scorer exact | delete choices'],
    [yaml('scorer: choice', 'choices: c', 'ask: {maxTokens: 5}'), 'ask does nothing with scorer choice'],
    [yaml('test: t'), 'test does nothing with scorer exact'],
    [yaml('data: d.txt'), 'd.txt is no file of data by its name | its name ends in .jsonl, .json or .csv'],
    [yaml('data: none.jsonl'), 'none.jsonl does not exist'],
    [
      yaml('prompt: "{{ qq }}"'),
      "d.jsonl, line 1 has no column 'qq', which prompt (task.yaml, line 2, column 1) names | was q meant? its columns are q, a",
    ],
    [
      yaml('prompt: "{{ question }}"'),
      "has no column 'question', which prompt (task.yaml, line 2, column 1) names | its columns are q, a",
    ],
    [
      yaml('answer: target'),
      "d.jsonl, line 1 has no column 'target', which answer names | its columns are q, a",
    ],
    [yaml('id: ident'), "has no column 'ident', which id names"],
    [yaml('prompt: "{{ q"'), 'line 2, column 1: the template cannot be read'],
    [yaml('prompt: "{% for %}"'), 'line 2, column 1: the template cannot be read'],
    [yaml('prompt: "{% include \'x\' %}"'), 'the template cannot be read: Unknown statement'],
    [yaml('prompt: "{{ q.nope() }}"'), 'line 2, column 1: the template fails for d.jsonl, line 1'],
    [yaml('prompt: "{{ q | nope }}"'), 'the template fails for d.jsonl, line 1: Unknown'],
    [yaml('prompt: "{{ raise_exception(a) }}"'), 'the template fails for d.jsonl, line 1: x'],
    [yaml('prompt: "{% for i in range(9999999) %}{% endfor %}{{ q }}"'), 'range() of 9999999 numbers'],
    [yaml('prompt: "Say x."'), 'line 2, column 1: the prompt is the same for all 2 problems | name a column'],
    [
      yaml('prompt: "{{ q if q == 2 }} "'),
      'd.jsonl, line 1: the prompt is empty | its template stands in task.yaml, line 2',
    ],
  ])('%j', async (text, expected) => {
    writeFileSync(path, text)
    expect(await refused()).toContain(expected)
  })
})

describe('the data', () => {
  test.each([
    [yaml(), '', 'd.jsonl holds no row | a problem is made of each of its rows'],
    [yaml(), `${ROWS}\n{"q": 3, "a"`, 'd.jsonl, line 3: not whole: the file ends within this line'],
    [yaml(), '{"q": NaN, "a": "x"}\n', 'd.jsonl, line 1: not JSON: it holds NaN or Infinity'],
    [yaml(), '["a"]', 'd.jsonl, line 1: a list, wanted an object of columns'],
    [
      yaml(),
      rows({ q: 1, a: 'x' }, { q: 2 }),
      "d.jsonl, line 2 has no column 'a', which answer names | was q meant? its columns are q",
    ],
    [
      yaml(),
      rows({ q: 1, a: '' }, { q: 2, a: 'x' }),
      'd.jsonl, line 1: a is empty, wanted a text, a number or a list of them',
    ],
    [yaml(), rows({ q: 1, a: true }, { q: 2, a: 'x' }), 'd.jsonl, line 1: a is true, wanted a text'],
    [
      yaml(),
      rows({ q: 1, a: [] }, { q: 2, a: 'x' }),
      'd.jsonl, line 1: a is an empty list, wanted at least one answer',
    ],
    [yaml(), rows({ q: 1, a: [null] }, { q: 2, a: 'x' }), 'd.jsonl, line 1: a is null, wanted a text'],
    [yaml(), rows({ q: 1, a: 'x', range: 2 }, { q: 2, a: 'x' }), null],
    [
      yaml('prompt: "{{ q }}{{ range(3) }}"'),
      rows({ q: 1, a: 'x', range: 2 }, { q: 2, a: 'x' }),
      'line 2, column 1: range is a name of Jinja itself, and a column of d.jsonl, line 1',
    ],
    [
      yaml('scorer: numeric'),
      ROWS,
      "d.jsonl, line 1: a is 'x', wanted a number alone | decimals have a point",
    ],
    [
      yaml('scorer: numeric'),
      rows({ q: 1, a: '1' }, { q: 2, a: '2 or 3' }),
      "line 2: a is '2 or 3', wanted a number alone",
    ],
    [
      yaml('scorer: numeric'),
      rows({ q: 1, a: '1/2' }, { q: 2, a: '2' }),
      "line 1: a is '1/2', wanted a number alone",
    ],
    [
      yaml('scorer: numeric'),
      rows({ q: 1, a: '3,5' }, { q: 2, a: '2' }),
      "line 1: a is '3,5', wanted a number alone",
    ],
    [yaml('scorer: json'), ROWS, "d.jsonl, line 1: a is 'x', wanted JSON | a text of JSON stands in quotes"],
    [
      yaml('id: q'),
      rows({ q: 'n', a: 'x' }, { q: 'n', a: 'x' }),
      'd.jsonl, line 2: the id n stands in d.jsonl, line 1 too',
    ],
    [yaml('id: q'), rows({ q: 1.5, a: 'x' }, { q: 2, a: 'x' }), 'd.jsonl, line 1: q is 1.5, wanted an id'],
    [
      yaml('data: d.json'),
      '{"q": 1}',
      'd.json is an object, wanted a list of objects | one object a line is JSONL',
    ],
    [yaml('data: d.json'), '[]', 'd.json holds no row'],
    [
      yaml('data: d.json'),
      '[{"q": 1, "a": "x"}, 5]',
      'd.json, item 2: a number, wanted an object of columns',
    ],
    [yaml('data: d.json'), '[{"q": 1', 'd.json: not JSON'],
    [yaml('data: d.csv'), 'q,a\n1,x\n2\n', 'd.csv, line 3: 1 fields where the header has 2'],
    [yaml('data: d.csv'), 'q,a\n1,"x\n2,y\n', 'd.csv, line 2: a quote opens here that is not closed'],
    [yaml('data: d.csv'), 'q,q\n1,2\n', "d.csv, line 1: two columns are called 'q'"],
    [yaml('data: d.csv'), 'q,a\n', 'd.csv holds no row'],
    [yaml('data: d.csv'), 'q,a\n1,x\n2,\n', 'd.csv, line 3: a is empty'],
    [yaml('data: d.jsonl.gz'), gzipSync(ROWS).subarray(0, 20), 'd.jsonl.gz ends within its gzip data'],
    [yaml('data: d.jsonl.gz'), ROWS, 'd.jsonl.gz is not whole gzip data'],
    [yaml(), Buffer.from([0x7b, 0xff]), 'd.jsonl'],
  ])('%j of %j', async (text, data, expected) => {
    writeFileSync(path, text)
    writeFileSync(join(folder, /^data: (.*)$/m.exec(text)![1]!), data)
    if (expected === null) expect((await read()).problems.size).toBe(2)
    else expect(await refused()).toContain(expected)
  })
})

describe('choices and code', () => {
  const choice = (...changes: string[]): string =>
    yaml(
      'scorer: choice',
      ...(changes.some((line) => line.startsWith('choices')) ? [] : ['choices: c']),
      ...changes,
    )
  const c = ['red', 'blue', 'green']
  test.each([
    [
      choice(),
      rows({ q: 1, a: 3, c }),
      'd.jsonl, line 1: a is 3, wanted one of 3 choices: its index from 0 to 2, its letter or its text',
    ],
    [choice(), rows({ q: 1, a: 'D', c }), "a is 'D', wanted one of 3 choices"],
    [choice(), rows({ q: 1, a: 'Red', c }), "a is 'Red', wanted one of 3 choices"],
    [choice(), rows({ q: 1, a: [0, 1], c }), 'a is a list, wanted one of 3 choices'],
    [choice(), rows({ q: 1, a: -1, c }), 'a is -1, wanted one of 3 choices'],
    [
      choice(),
      rows({ q: 1, a: 'A', c }, { q: 2, a: 'blue', c }),
      "line 2: a is 'blue', wanted one of 3 choices: its index from 0 to 2, its letter or its text, where rows above have letter",
    ],
    [
      choice(),
      rows({ q: 1, a: 'A', c: ['B', 'A'] }),
      "d.jsonl, line 1: a is 'A', which is choice 1 by letter and 2 by text | make it one thing in the data",
    ],
    [choice(), rows({ q: 1, a: '1', c: ['1', '2'] }), "a is '1', which is choice 2 by index and 1 by text"],
    [choice(), rows({ q: 1, a: 1, c: [1, 2] }), "a is '1', which is choice 2 by index and 1 by text"],
    [choice(), rows({ q: 1, a: 0, c: ['x', 'y', 'x'] }), "d.jsonl, line 1: choices 1 and 3 are both 'x'"],
    [choice(), rows({ q: 1, a: 0, c: ['x'] }), 'c is a list, wanted a list of two or more texts'],
    [choice(), rows({ q: 1, a: 0, c: ['x', ''] }), 'wanted a list of two or more texts'],
    [choice(), rows({ q: 1, a: 0, c: 'x, y' }), "c is 'x, y', wanted a list of two or more texts"],
    [
      choice('choices: [q, z]'),
      rows({ q: 1, a: 0 }),
      "choices names the column 'q', and 'z', which is none | choices are columns, all of them",
    ],
    [
      choice('choices: [x, y]'),
      rows({ q: 1, x: 'l', y: 'r', a: 0 }, { q: 2, x: 'l', a: 0 }),
      "d.jsonl, line 2 has no column 'y', which choices names",
    ],
    [choice('choices: [q, z]'), rows({ q: 1, z: ' ', a: 0 }), 'z is blank, wanted a text for choices'],
    [
      choice('prompt: x'),
      rows({ q: 1, a: 0, c }, { q: 2, a: 0, c }),
      'the prompt is the same for all 2 problems',
    ],
    [
      'data: d.jsonl\nprompt: "{{ q }}"\nscorer: code\nentryPoint: e\ntest: t',
      rows({ q: 1, e: 'f()', t: 'def check(c): pass' }),
      "e is 'f()', wanted the Python name of the function",
    ],
    [
      'data: d.jsonl\nprompt: "{{ q }}"\nscorer: code\nentryPoint: e\ntest: t',
      rows({ q: 1, e: 'f', t: 'assert f()' }),
      "t is 'assert f()', wanted Python source that defines check(candidate)",
    ],
    [
      'data: d.jsonl\nprompt: "{{ q }}"\nscorer: code\nentryPoint: e\ntest: t',
      rows({ q: 1, e: 'f' }),
      "has no column 't', which test names",
    ],
  ])('%j of %j', async (text, data, expected) => {
    writeFileSync(path, text)
    writeFileSync(join(folder, 'd.jsonl'), data)
    expect(await refused()).toContain(expected)
  })
})

test('aliases that would grow without end, and values nested without end', async () => {
  writeFileSync(join(folder, 'd.jsonl'), ROWS)
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++)
    lines.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  writeFileSync(path, lines.join('\n'))
  expect(await refused()).toContain('not YAML: Excessive alias count')
  writeFileSync(path, `${yaml()}\nask: ${'['.repeat(20_000)}`)
  await refused()
  writeFileSync(path, yaml())
  writeFileSync(join(folder, 'd.jsonl'), `{"q": ${'['.repeat(100_000)}${']'.repeat(100_000)}, "a": "x"}`)
  expect(await refused()).toContain('the template fails for d.jsonl, line 1')
})
