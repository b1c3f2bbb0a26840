// task.yaml and its data: what becomes of them, what identifies a task, and its copy in the cache.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import type { CodeTask, Task } from '../../src/schema/problem.ts'
import { keepTask, keptTask, resolveTask } from '../../src/tasks/task.ts'
import { UserError } from '../../src/util/errors.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-own-task-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tasks/${name}`, import.meta.url))

let folders = 0
/** A folder of these files; the path of its task. */
function task(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(root, `task-${++folders}`)
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

const warnings: string[] = []
const read = (path: string): Promise<Task> => {
  warnings.length = 0
  return resolveTask(path, { env: {}, cacheFolder: root, onWarning: (text) => warnings.push(text) })
}
const first = ({ problems }: Task): unknown => problems.values().next().value

const YAML = 'data: d.jsonl\nprompt: "Q: {{ q }}"\nanswer: a\nscorer: exact\n'
const ROWS = '{"q": "one", "a": "1"}\n{"q": "two", "a": "2"}\n'

describe('the tasks of the fixtures', () => {
  test('dates: exact', async () => {
    const found = await read(fixture('dates'))
    expect(found).toMatchObject({
      kind: 'text',
      name: 'dates',
      path: join(fixture('dates'), 'task.yaml'),
      scorer: { kind: 'exact', ignoreCase: false },
      asking: { maxTokens: 16, temperature: 0, topP: 1, stops: ['\n'] },
    })
    expect(found.problems.size).toBe(16)
    expect(first(found)).toEqual({
      id: '1',
      prompt:
        'Write the date as year-month-day.\nDate: 5 June 2018\nISO: 2018-06-05\nDate: 3 March 2021\nISO:',
      targets: ['2021-03-03'],
    })
    expect(warnings).toEqual([])
    expect(await read(join(fixture('dates'), 'task.yaml'))).toEqual(found)
  })

  test('capitals: choice', async () => {
    const found = await read(fixture('capitals'))
    expect(found).toMatchObject({ kind: 'choice', normalise: 'characters', delimiter: ' ' })
    expect(found.problems.size).toBe(14)
    expect(found.problems.get('Brazil')).toEqual({
      id: 'Brazil',
      prompt: 'The capital of Brazil is',
      choices: [' São Paulo', ' Brasília', ' Rio de Janeiro'],
      answer: 1,
    })
  })

  test('doubling: code, its prompt with a newline behind it', async () => {
    const found = await read(fixture('doubling'))
    expect(found).toMatchObject({ kind: 'code', asking: { maxTokens: 128, temperature: 0 } })
    expect(found.asking.stops).toContain('\ndef')
    expect(found.problems.size).toBe(12)
    expect((found as CodeTask).problems.get('double')).toMatchObject({
      prompt: 'def double(n):\n    """Returns twice the number n."""\n',
      entryPoint: 'double',
      test: expect.stringContaining('assert candidate(3) == 6'),
    })
  })
})

describe('data', () => {
  const csv = 'q,a\none,1\ntwo,2\n'
  const json = '[{"q": "one", "a": "1"}, {"q": "two", "a": "2"}]'
  test.each([
    ['d.jsonl', ROWS],
    ['d.json', json],
    ['d.csv', csv],
    ['d.csv', csv.replaceAll('\n', '\r\n')],
    ['d.csv', `\ufeff"q","a"\n"one","1"\n"two","2"`],
    ['d.jsonl.gz', gzipSync(ROWS)],
    ['d.json.gz', gzipSync(json)],
    ['D.CSV.gz', gzipSync(csv)],
  ])('%s', async (name, content) => {
    const found = await read(task({ 'task.yaml': YAML.replace('d.jsonl', name), [name]: content }))
    const asked = [...found.problems.values()].map(({ prompt, ...rest }) => [
      prompt,
      'targets' in rest && rest.targets,
    ])
    expect(asked).toEqual([
      ['Q: one', ['1']],
      ['Q: two', ['2']],
    ])
  })

  test('an id is that of its line, where no column has ids', async () => {
    const jsonl = await read(task({ 'task.yaml': YAML, 'd.jsonl': ROWS.replace('\n', '\n\n') }))
    expect([...jsonl.problems.keys()]).toEqual(['1', '3'])
    const yaml = YAML.replace('d.jsonl', 'd.csv')
    expect([...(await read(task({ 'task.yaml': yaml, 'd.csv': csv }))).problems.keys()]).toEqual(['2', '3'])
    const named = task({ 'task.yaml': `${YAML}id: q\n`, 'd.jsonl': ROWS })
    expect([...(await read(named)).problems.keys()]).toEqual(['one', 'two'])
  })

  test('answers: texts, numbers, lists of which any is right', async () => {
    const rows = '{"q": 1, "a": 5}\n{"q": 2, "a": ["five", 5.5]}\n'
    const found = await read(task({ 'task.yaml': YAML, 'd.jsonl': rows }))
    expect([...found.problems.values()]).toMatchObject([{ targets: ['5'] }, { targets: ['five', '5.5'] }])
  })

  test('JSON: values of the data, and texts that hold JSON', async () => {
    const rows = '{"q": 1, "a": {"x": 1}}\n{"q": 2, "a": "[1]"}\n{"q": 3, "a": [true, [1]]}\n'
    const yaml = YAML.replace('exact', 'json')
    const found = await read(task({ 'task.yaml': yaml, 'd.jsonl': rows }))
    expect([...found.problems.values()]).toMatchObject([
      { targets: ['{"x":1}'] },
      { targets: ['[1]'] },
      { targets: ['true', '[1]'] },
    ])
  })
})

describe('the template', () => {
  const prompts = async (prompt: string, rows: string): Promise<string[]> => {
    const yaml = `data: d.jsonl\nprompt: ${JSON.stringify(prompt)}\nanswer: a\nscorer: exact\n`
    return [...(await read(task({ 'task.yaml': yaml, 'd.jsonl': rows }))).problems.values()].map(
      (each) => each.prompt,
    )
  }

  test('loops, filters, tests and names of its own', async () => {
    const template =
      '{% set sep = "; " %}{% for x in xs if x is string and not (x in ["c"]) %}{{ loop.index }}{{ x | upper }}{{ sep }}{% endfor %}{{ d.inner | default("none") }}'
    const rows = '{"xs": ["a", "b", "c"], "d": {"inner": 1}, "a": "1"}\n{"xs": [], "d": {}, "a": "1"}\n'
    expect(await prompts(template, rows)).toEqual(['1A; 2B; 1', 'none'])
  })

  test('a macro, and a namespace', async () => {
    const template =
      '{% macro twice(x, by=2) %}{{ x * by }}{% endmacro %}{% set ns = namespace(n=q) %}{% set ns.n = ns.n + 1 %}{{ twice(ns.n) }}'
    expect(await prompts(template, '{"q": 1, "a": "1"}\n{"q": 2, "a": "1"}\n')).toEqual(['4', '6'])
  })

  test('a value of the data is text: no template within it is run', async () => {
    expect(await prompts('{{ q }}', '{"q": "{{ a }}", "a": "1"}\n{"q": "x", "a": "1"}\n')).toEqual([
      '{{ a }}',
      'x',
    ])
  })

  test('prompts that end in a blank are told', async () => {
    await prompts('{{ q }}: ', '{"q": 1, "a": "1"}\n{"q": 2, "a": "1"}\n')
    expect(warnings).toEqual([
      expect.stringMatching(/task.yaml, line 2, column 1: 2 prompts of 2 end in a blank.*: leave it out$/),
    ])
    await prompts('{{ q }}:\n\n', '{"q": 1, "a": "1"}\n{"q": 2, "a": "1"}\n')
    expect(warnings).toEqual([])
  })
})

describe('choices', () => {
  const choice = async (data: string, keys: string, name = 'd.jsonl'): Promise<unknown[]> => {
    const yaml = `data: ${name}\nprompt: "{{ q }}"\nanswer: a\nscorer: choice\n${keys}\n`
    const found = await read(task({ 'task.yaml': yaml, [name]: data }))
    return [...found.problems.values()].map((problem) =>
      'choices' in problem ? [problem.choices.join('|'), problem.answer] : [],
    )
  }
  const rows = (...answers: unknown[]): string =>
    answers.map((a, q) => JSON.stringify({ q, a, c: ['red', 'blue', 'green'] })).join('\n')

  test.each([
    ['index', [2, 0]],
    ['index as text', ['2', '0']],
    ['letter', ['C', 'A']],
    ['small letter', ['c', 'a']],
    ['text', ['green', 'red']],
    ['text with blanks', [' green', 'red ']],
  ])('the answer as %s', async (_name, answers) => {
    expect(await choice(rows(...answers), 'choices: c')).toEqual([
      [' red| blue| green', 2],
      [' red| blue| green', 0],
    ])
  })

  test('which reading is meant is told by the whole column', async () => {
    const letters = [
      { q: 1, a: 'B', c: ['B', 'A', 'C'] },
      { q: 2, a: 'C', c: ['x', 'y', 'z'] },
    ]
    const data = letters.map((row) => JSON.stringify(row)).join('\n')
    expect(await choice(data, 'choices: c')).toEqual([
      [' B| A| C', 1],
      [' x| y| z', 2],
    ])
  })

  test('a number is an index where choices are texts, a choice where they are numbers', async () => {
    expect(
      await choice('{"q": 1, "a": 1, "c": ["1", "2"]}\n{"q": 2, "a": 0, "c": ["1", "2"]}', 'choices: c'),
    ).toEqual([
      [' 1| 2', 1],
      [' 1| 2', 0],
    ])
    expect(
      await choice('{"q": 1, "a": 20, "c": [10, 20]}\n{"q": 2, "a": 10, "c": [10, 20]}', 'choices: c'),
    ).toEqual([
      [' 10| 20', 1],
      [' 10| 20', 0],
    ])
  })

  test('columns, or the same texts for all; the delimiter', async () => {
    const csv = 'q,a,x,y\n1,B,left,right\n2,A,up,down\n'
    expect(await choice(csv, 'choices: [x, y]\ndelimiter: ""', 'd.csv')).toEqual([
      ['left|right', 1],
      ['up|down', 0],
    ])
    expect(await choice('{"q": 1, "a": "no"}\n{"q": 2, "a": "yes"}', 'choices: [yes, no]')).toEqual([
      [' yes| no', 1],
      [' yes| no', 0],
    ])
  })

  test('one prompt for all is asked where the choices differ', async () => {
    const data = '{"q": "x", "a": 0, "c": ["good", "bad"]}\n{"q": "x", "a": 0, "c": ["fine", "poor"]}'
    expect(await choice(data, 'choices: c')).toHaveLength(2)
  })
})

describe('identity', () => {
  const identity = async (change: (yaml: string) => string, rows = ROWS): Promise<string> =>
    (await read(task({ 'task.yaml': change(YAML), 'd.jsonl': rows }))).identity

  test('is over what is asked and what is right, not over how it is scored or answered', async () => {
    const base = await identity((yaml) => yaml)
    const same: ((yaml: string) => string)[] = [
      (yaml) => yaml.replace('exact', 'numeric'),
      (yaml) => yaml.replace('exact', '{kind: exact, ignoreCase: true}'),
      (yaml) => `# said\nname: other\n${yaml}`,
      (yaml) => `${yaml}ask: {maxTokens: 5}\n`,
      (yaml) => yaml.replace('{{ q }}', '{{ q | trim }}'),
    ]
    for (const change of same) expect(await identity(change)).toBe(base)
    const other: ((yaml: string) => string)[] = [
      (yaml) => yaml.replace('Q:', 'Question:'),
      (yaml) => `${yaml}system: Be brief.\n`,
      (yaml) => `${yaml}id: q\n`,
    ]
    const changed = await Promise.all(other.map((change) => identity(change)))
    changed.push(await identity((yaml) => yaml, ROWS.replace('"2"', '"3"')))
    changed.push(await identity((yaml) => yaml, ROWS.split('\n').slice(0, 1).join('\n')))
    expect(new Set([base, ...changed]).size).toBe(changed.length + 1)
  })
})

describe('a copy in the cache', () => {
  const REGEX =
    'data: d.jsonl\nprompt: "{{ q }}"\nscorer: {kind: regex, pattern: ^y, flags: i}\nsystem: "a: b"\n'
  test.each([
    ['exact', () => fixture('dates')],
    ['choice', () => fixture('capitals')],
    ['code', () => fixture('doubling')],
    ['regex without answers', () => task({ 'task.yaml': REGEX, 'd.jsonl': '{"q": "1"}\n{"q": "2"}' })],
  ])('%s: outlives its folder and is the same task', async (_name, path) => {
    const cache = mkdtempSync(join(root, 'cache-'))
    const folder = join(cache, 'own')
    cpSync(path(), folder, { recursive: true })
    const original = await read(folder)
    await keepTask(original, cache)
    await keepTask(original, cache)
    rmSync(folder, { recursive: true })
    const kept = await keptTask(original.identity, cache)
    expect(kept).toBe(join(cache, 'tasks', original.identity))
    expect(await read(kept!)).toEqual({ ...original, path: join(kept!, 'task.yaml') })
  })

  test('problems in the format of HumanEval are kept as they are', async () => {
    const row = { task_id: 'Own/0', prompt: 'def f():\n', entry_point: 'f', test: 'def check(c): pass\n' }
    const folder = task({ 'p.jsonl': `${JSON.stringify(row)}\n` })
    const original = await read(join(folder, 'p.jsonl'))
    await keepTask(original, folder)
    const kept = await keptTask(original.identity, folder)
    expect(kept).toMatch(/\.jsonl$/)
    expect(readFileSync(kept!, 'utf8')).toBe(readFileSync(join(folder, 'p.jsonl'), 'utf8'))
  })

  test('what was never kept is not there', async () => {
    expect(await keptTask('0'.repeat(64), root)).toBeNull()
  })
})

test('a folder without a task, and a task that is not there', async () => {
  await expect(read(task({ 'd.jsonl': ROWS }))).rejects.toThrow('is a folder without task.yaml')
  await expect(read(join(root, 'none', 'task.yaml'))).rejects.toThrow(UserError)
})
