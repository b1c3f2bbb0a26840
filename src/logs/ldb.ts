// Results of LDB (Zhong et al. 2024, arXiv 2402.16906; FloridSleeves/LLMDebugger, results/ldb): one debugged answer a
// problem with every implementation on the way, its failed visible tests, and the tokens of the whole problem.
// Rule program: LDB stores the text that it executed, its header of imports and the prompt's helpers included.
import { z } from 'zod'
import type { Attempt } from '../schema/run.ts'
import { codeReading, type LogFormat, missingAnswer, missingKeys, recorded, taskOfId } from './format.ts'
import { answerRows, answerSchema, idSchema, readBy } from './rows.ts'

const tests = z.array(z.string()).nullish()
const feedback = z.union([z.string(), z.array(z.string())])
const schema = z.object({
  task_id: idSchema,
  solution: answerSchema,
  is_solved: z.boolean().nullish(),
  implementations: z.array(z.string()),
  test_feedback: z.array(feedback).nullish(),
  generated_test: tests,
  given_tests: tests,
  token_nums: z.number().nullish(),
})

const readRow = readBy(schema, (row) => [
  {
    problem: row.task_id,
    raw: row.solution,
    claimed: row.is_solved ?? undefined,
    // The tests that LDB really used, after it dropped those that cannot fail or do not call the function.
    visibleTests: row.generated_test ?? row.given_tests,
    attempts: attemptsOf(row),
  },
])

/** The first attempt is the seed. LDB counts tokens a problem, not a round: they stand at the last attempt. */
function attemptsOf(row: z.infer<typeof schema>): Attempt[] {
  return row.implementations.map((program, i) => {
    const failed = row.test_feedback?.[i]
    const text = typeof failed === 'string' ? failed : failed?.join('\n')
    const last = i === row.implementations.length - 1
    return {
      program,
      ...(text ? { feedback: text } : {}),
      ...(last && row.token_nums != null ? { tokens: row.token_nums } : {}),
    }
  })
}

export const ldb: LogFormat = {
  name: 'ldb',
  about: 'LDB results',
  lacks(row) {
    const own = ['generated_test', 'token_nums', 'debug_iter'].some((key) => Object.hasOwn(row, key))
    return [
      ...missingKeys(row, 'task_id', 'implementations'),
      ...missingAnswer(row, 'solution'),
      ...(own ? [] : ['no generated_test, token_nums or debug_iter']),
    ]
  },
  read: ({ path, first }) =>
    codeReading({
      format: 'ldb',
      path,
      task: taskOfId(String(first.task_id)),
      solver: recorded('ldb'),
      rule: { name: 'program', reason: 'LDB stores the whole program that it executed' },
      rows: (problems) => answerRows(path, readRow, { repeats: false, problems }),
    }),
}
