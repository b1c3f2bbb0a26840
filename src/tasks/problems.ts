// Reads a problem set in HumanEval's format: JSONL, gzipped or not, one problem a line with its hidden tests.
// Strict on the keys that judging needs, tolerant of others: a log of another tool that repeats them will do.
import { z } from 'zod'
import type { CodeProblem } from '../schema/problem.ts'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { oneLine } from '../util/text.ts'
import { parseJson, readTextFile } from '../util/textFile.ts'

/** Problems by id in the order of the file, and the SHA-256 of its decompressed bytes. */
export interface ProblemSet {
  problems: ReadonlyMap<string, CodeProblem>
  identity: string
}

/** Names are written into programs. */
export const PYTHON_NAME = /^[\p{ID_Start}_]\p{ID_Continue}*$/u
export const CALLS_CHECK = /\bcheck\b/

const problemSchema = z.object({
  task_id: z.union([z.string().min(1, 'is empty'), z.number().int()]),
  prompt: z.string(),
  entry_point: z.string().regex(PYTHON_NAME, 'is not a Python name'),
  test: z.string().regex(CALLS_CHECK, 'defines no check(candidate)'),
  canonical_solution: z.string().nullish(),
})

const WANTED = 'one problem a line with task_id, prompt, entry_point and test, as HumanEval has them'

/** Reads the problems of `path`. A set that is not whole is an error that names file, line and key. */
export async function readProblems(path: string): Promise<ProblemSet> {
  const { text, bytes } = await readTextFile(path)
  const problems = new Map<string, CodeProblem>()
  const lineOf = new Map<string, number>()
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const problem = parseProblem(path, i + 1, line)
    const earlier = lineOf.get(problem.id)
    if (earlier !== undefined) {
      throw new UserError(
        `${path}, line ${i + 1}: task_id ${oneLine(problem.id)} stands on line ${earlier} too`,
        { hint: 'each problem stands once: delete one of the two lines' },
      )
    }
    problems.set(problem.id, problem)
    lineOf.set(problem.id, i + 1)
  }
  if (problems.size === 0) throw new UserError(`${path} holds no problem`, { hint: `wanted: ${WANTED}` })
  return { problems, identity: sha256(bytes) }
}

function parseProblem(path: string, number: number, line: string): CodeProblem {
  const parsed = parseJson(line)
  if ('fault' in parsed) {
    throw new UserError(`${path}, line ${number}: ${parsed.fault}`, { hint: `wanted: ${WANTED}` })
  }
  const row = problemSchema.safeParse(parsed.value)
  if (!row.success) {
    const issue = row.error.issues[0]!
    const key = issue.path.join('.') || 'row'
    const absent = issue.path.length === 1 && !Object.hasOwn(parsed.value as object, key)
    throw new UserError(`${path}, line ${number}: ${key} ${absent ? 'is missing' : whatIs(issue)}`, {
      hint: `wanted: ${WANTED}`,
    })
  }
  const { task_id, prompt, entry_point, test, canonical_solution } = row.data
  return {
    id: String(task_id),
    prompt,
    entryPoint: entry_point,
    test,
    ...(canonical_solution == null ? {} : { canonicalSolution: canonical_solution }),
  }
}

function whatIs(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return `is not ${issue.expected === 'object' ? 'an object' : 'a text'}`
  if (issue.code === 'invalid_union') return 'is neither a text nor a whole number'
  return issue.message
}
