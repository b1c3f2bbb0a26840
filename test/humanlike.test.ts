// The human-like answers end as their README says: under the sandbox, and under plain Python apart from tunediff.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Judge } from '../src/schema/judge.ts'
import type { CodeProblem } from '../src/schema/problem.ts'
import { assemble, preparePython } from '../src/tasks/assembly.ts'
import { readProblems } from '../src/tasks/problems.ts'
import { root } from './support/cli.ts'
import { openTestSandbox } from './support/sandbox.ts'

const file = (name: string): string => join(root, 'test/fixtures/humanlike', name)
const rows = <T>(name: string): T[] =>
  readFileSync(file(name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const expected = rows<{ task_id: string; base: string; variant: string }>('expected.jsonl')

describe('in the sandbox', () => {
  let judge: Judge
  let problems: ReadonlyMap<string, CodeProblem>

  beforeAll(async () => {
    await preparePython()
    problems = (await readProblems(file('problems.jsonl'))).problems
    // One answer is right and slow: a slow machine needs the second try for it.
    judge = await openTestSandbox({
      workers: 2,
      limits: { wallMs: 1500, retryWallMs: 10_000 },
    })
  })
  afterAll(() => judge?.[Symbol.asyncDispose]())

  const outcome = async (id: string, answer: string, rule: 'prompt+body' | 'fenced' = 'prompt+body') => {
    const problem = problems.get(id)!
    const assembled = assemble(rule, answer, problem)
    return 'none' in assembled ? assembled.none : (await judge.judge(assembled.program, problem)).class
  }

  test('every reference solution passes', async () => {
    expect(problems.size).toBe(36)
    const outcomes = await Promise.all([...problems.values()].map((p) => outcome(p.id, p.canonicalSolution!)))
    expect(outcomes).toEqual(outcomes.map(() => 'pass'))
  })

  test.each(['base', 'variant'] as const)('every answer of the %s ends as intended', async (side) => {
    const answers = rows<{ task_id: string; completion: string }>(`${side}.jsonl`)
    const outcomes = await Promise.all(
      answers.map(async (row) => [row.task_id, await outcome(row.task_id, row.completion)]),
    )
    expect(outcomes).toEqual(expected.map((row) => [row.task_id, row[side]]))
  })

  test('the answer inside a chat message is right under the rule for those', async () => {
    const answer = rows<{ task_id: string; completion: string }>('base.jsonl')[30]!
    expect(await outcome(answer.task_id, answer.completion)).toBe('syntax')
    expect(await outcome(answer.task_id, answer.completion, 'fenced')).toBe('pass')
  })
})

test('with plain Python', ({ skip }) => {
  let python = true
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
  } catch {
    python = false
  }
  skip(!python, 'python3 is not installed')
  const report = execFileSync('python3', [file('check.py')], { encoding: 'utf8' })
  expect(report).toContain('36 problems, 9 gained, 2 lost, exact McNemar p = 0.0654')
  expect(report).toContain('as expected')
})
