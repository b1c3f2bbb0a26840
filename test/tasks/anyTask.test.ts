// Whatever a task holds, it is a task or a UserError: files of any shape, of any bytes, and any answer under any scorer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { scoreText } from '../../src/tasks/scorers/index.ts'
import { resolveTask } from '../../src/tasks/task.ts'
import { UserError } from '../../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-any-task-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    'a',
    'q',
    'c',
    'e',
    't',
    'A',
    '0',
    1,
    -1,
    Number.MAX_VALUE,
    '__proto__',
    'constructor',
    '1,5',
    '{"a":1}',
    'f',
    'check',
  ),
  fc.constantFrom(
    '{{ q }}',
    '{{ q',
    '{% for x in q %}{{ x }}{% endfor %}',
    '{{ q.a[0] }}',
    '{{ a | join }} ',
    '{{ q + 1 }}',
  ),
)
const data = fc.oneof(
  fc
    .array(fc.record({ q: value, a: value, c: value, e: value, t: value }, { requiredKeys: ['q', 'a'] }), {
      maxLength: 4,
    })
    .map((list) => list.map((row) => JSON.stringify(row)).join('\n')),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', ',', '\n', 'q', 'a', '1', '{', '}', '[', ':', '\r', '\0', ' '), {
      maxLength: 40,
    })
    .map((all) => all.join('')),
)
const kind = fc.constantFrom('exact', 'numeric', 'contains', 'regex', 'json', 'choice', 'code')
const scorer = fc.oneof(
  kind,
  fc.record(
    { kind, pattern: fc.oneof(fc.string(), fc.constant('(.)')), flags: fc.constantFrom('', 'i', 'gy') },
    { requiredKeys: ['kind'] },
  ),
  value,
)
const file = fc.record(
  {
    data: fc.constantFrom('f.jsonl', 'f.json', 'f.csv'),
    prompt: value,
    scorer,
    answer: fc.oneof(fc.constant('a'), value),
    choices: fc.oneof(fc.constant('c'), fc.constant(['x', 'y']), value),
    entryPoint: fc.constant('e'),
    test: fc.constant('t'),
    id: value,
    system: value,
    ask: value,
    delimiter: value,
  },
  { requiredKeys: ['data', 'prompt', 'scorer'] },
)

const outcomeOf = async (text: string | Uint8Array, content: string): Promise<'task' | 'refused'> => {
  writeFileSync(join(folder, 'task.yaml'), text)
  for (const name of ['f.jsonl', 'f.json', 'f.csv']) writeFileSync(join(folder, name), content)
  try {
    const task = await resolveTask(folder, { env: {}, cacheFolder: folder })
    expect(task.problems.size).toBeGreaterThan(0)
    if (task.kind === 'text') {
      for (const { targets } of task.problems.values()) scoreText(task.scorer, targets[0] ?? 'x', targets)
    }
    return 'task'
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return 'refused'
  }
}

test('files of the right shape', async () => {
  const seen = { task: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(file, data, async (task, content) => {
      seen[await outcomeOf(stringify(task), content)]++
    }),
    { numRuns: 600 },
  )
  expect(seen.refused).toBeGreaterThan(100)
})

test('files that could be right', async () => {
  const seen = { task: 0, refused: 0 }
  const answer = fc.oneof(fc.constantFrom('A', 'x', '0', 1, 1.5, '1,000', '[1]'), fc.string(), value)
  const row = fc.record({
    q: fc.oneof(fc.nat(), fc.string()),
    a: answer,
    c: fc.constant(['x', '1', 'A b']),
  })
  const scorers = fc.constantFrom('exact', 'contains', 'json', 'numeric', 'choice', {
    kind: 'regex',
    pattern: '(.)',
  })
  const content = fc
    .array(row, { minLength: 1, maxLength: 3 })
    .map((list) => list.map((row) => JSON.stringify(row)).join('\n'))
  await fc.assert(
    fc.asyncProperty(scorers, content, async (scorer, content) => {
      const choices = scorer === 'choice' ? { choices: 'c' } : {}
      const task = { data: 'f.jsonl', prompt: '{{ q }}', answer: 'a', scorer, ...choices }
      seen[await outcomeOf(stringify(task), content)]++
    }),
    { numRuns: 600 },
  )
  expect(seen.task).toBeGreaterThan(100)
  expect(seen.refused).toBeGreaterThan(100)
})

test('files of any bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.string(), async (bytes, content) => {
      await outcomeOf(bytes, content)
    }),
    { numRuns: 300 },
  )
})

test('any answer under any scorer has a class', () => {
  const scorers = [
    { kind: 'exact', ignoreCase: true },
    { kind: 'contains', ignoreCase: false },
    { kind: 'numeric', take: 'last', tolerance: 0.5 },
    { kind: 'json' },
    { kind: 'regex', pattern: '(\\d+)', flags: '' },
  ] as const
  const piece = fc.constantFrom(
    '1',
    ',',
    '.',
    '-',
    '/',
    'e',
    '5',
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    '\\',
    '`',
    '```',
    '\n',
    ' ',
    '$',
    '%',
    '\u2212',
    '\u00a0',
    'x',
  )
  const answer = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...scorers), answer, (scorer, text) => {
      const { class: outcome, found } = scoreText(scorer, text, ['1'])
      expect(outcome).toMatch(/^(pass|wrong|empty|no-answer)$/)
      expect(outcome === 'empty').toBe(text.trim() === '')
      if (outcome === 'pass') expect(found).not.toBeNull()
    }),
    { numRuns: 3000 },
  )
})
