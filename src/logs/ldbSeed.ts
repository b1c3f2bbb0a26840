// Seeds of LDB (FloridSleeves/LLMDebugger, input_data/*/seed): the plain answers that LDB starts from, one a problem,
// with the visible tests that it will use. Rule typing+program: a seed restates the function, mostly without the
// prompt's import of typing, and LDB's executor puts `from typing import *` in front of what it tests (py_executor.py).
// LDB's full header of imports comes later, with its first implementation.
import { z } from 'zod'
import { codeReading, type LogFormat, missingAnswer, missingKeys, recorded, taskOfId } from './format.ts'
import { answerRows, answerSchema, idSchema, readBy } from './rows.ts'

const schema = z.object({
  task_id: idSchema,
  solution: answerSchema,
  is_solved: z.boolean().nullish(),
  given_tests: z.array(z.string()).nullish(),
})

const readRow = readBy(schema, ({ task_id, solution, is_solved, given_tests }) => [
  { problem: task_id, raw: solution, claimed: is_solved ?? undefined, visibleTests: given_tests },
])

export const ldbSeed: LogFormat = {
  name: 'ldb-seed',
  about: 'LDB seeds',
  lacks(row) {
    const own = ['given_tests', 'seed', 'token_num'].some((key) => Object.hasOwn(row, key))
    return [
      ...missingKeys(row, 'task_id'),
      ...missingAnswer(row, 'solution'),
      ...(own ? [] : ['no given_tests, seed or token_num']),
      ...(Object.hasOwn(row, 'implementations') ? ['it has implementations'] : []),
    ]
  },
  read: ({ path, first }) =>
    codeReading({
      format: 'ldb-seed',
      path,
      task: taskOfId(String(first.task_id)),
      solver: recorded('direct'),
      rule: {
        name: 'typing+program',
        reason: 'LDB seeds are whole functions, tested behind `from typing import *`',
      },
      rows: (problems) => answerRows(path, readRow, { repeats: false, problems }),
    }),
}
