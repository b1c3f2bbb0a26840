// Verdicts on what others recorded: the reference solutions of HumanEval, and five logs of published systems. Under `npm
// test` two of the logs: one in each mode. test/humaneval.test.ts judges the others.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Judge, JudgeMode } from '../../src/schema/judge.ts'
import type { CodeProblem } from '../../src/schema/problem.ts'
import { openTestSandbox } from '../support/sandbox.ts'
import { sharedHumanEval, sharedLog } from '../support/shared.ts'
import { isSoak } from '../support/soak.ts'

interface Row {
  task_id: string
  solution: string
}

const rowsOf = <T>(text: string): T[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

function readProblems(): (CodeProblem & { canonicalSolution: string })[] {
  const packed = readFileSync(join(sharedHumanEval!, 'HumanEval.jsonl.gz'))
  return rowsOf<Record<string, string>>(gunzipSync(packed).toString()).map((row) => ({
    id: row.task_id!,
    prompt: row.prompt!,
    entryPoint: row.entry_point!,
    test: row.test!,
    canonicalSolution: row.canonical_solution!,
  }))
}

type Assemble = (solution: string, problem: CodeProblem) => string
const alone: Assemble = (solution) => solution
const bodyOrProgram: Assemble = (solution, { prompt, entryPoint }) =>
  new RegExp(`^def ${entryPoint}\\b`, 'm').test(solution) ? solution : prompt + solution

const LOGS: [file: string, passed: number, assemble: Assemble][] = [
  ['gpt-3.5-plain.ldb-seed.jsonl', 121, (solution) => `from typing import *\n${solution}`],
  ['gpt-3.5-ldb.ldb.jsonl', 136, alone],
  ['gpt-4-plain.reflexion.jsonl', 140, alone],
  ['gpt-4-reflexion.reflexion.jsonl', 150, bodyOrProgram],
  ['gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl', 156, alone],
]

describe.skipIf(sharedHumanEval === null).each(['two', 'single'] as const)('%s', (mode: JudgeMode) => {
  let judge: Judge
  let problems: ReturnType<typeof readProblems>
  beforeAll(async () => {
    problems = readProblems()
    judge = await openTestSandbox({ mode, workers: 2, limits: { retryWallMs: 15_000 } })
  })
  afterAll(() => judge?.[Symbol.asyncDispose]())

  it('reference solutions pass, all 164', async () => {
    const verdicts = await Promise.all(
      problems.map((problem) => judge.judge(problem.prompt + problem.canonicalSolution, problem)),
    )
    expect(verdicts.filter((verdict) => verdict.class !== 'pass')).toEqual([])
    expect(verdicts.length).toBe(164)
  })
  const one =
    mode === 'two' ? 'gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl' : 'gpt-4-reflexion.reflexion.jsonl'
  const logs = LOGS.filter(([file]) => isSoak || file === one)
  it.each(logs)('%s: %i pass', async (file, passed, assemble) => {
    const rows = rowsOf<Row>(readFileSync(sharedLog(file), 'utf8'))
    const verdicts = await Promise.all(
      rows.map((row) => {
        const problem = problems.find(({ id }) => id === row.task_id)!
        return judge.judge(assemble(row.solution, problem), problem)
      }),
    )
    expect(verdicts.length).toBe(164)
    expect(verdicts.filter((verdict) => verdict.class === 'pass').length).toBe(passed)
    expect(verdicts.filter((verdict) => verdict.class === 'unjudged' || verdict.deniedImport)).toEqual([])
  })
})
