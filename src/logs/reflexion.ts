// Logs of Reflexion's programming runs (Shinn et al. 2023, arXiv 2303.11366; noahshinn/reflexion, programming_runs):
// one final answer a problem; runs of its loop add the reflections, later versions every implementation and its test
// feedback. Rule body-or-program: a log holds bodies or whole functions, as the prompts of that version asked for;
// a body defines nothing on its own, so it was executed behind its prompt.
import { z } from 'zod'
import type { Attempt } from '../schema/run.ts'
import {
  codeReading,
  type JsonObject,
  type LogFormat,
  missingAnswer,
  missingKeys,
  recorded,
  taskOfId,
} from './format.ts'
import { type Answer, answerRows, answerSchema, idSchema, readBy } from './rows.ts'

const texts = z.array(z.string()).nullish()
const schema = z
  .object({
    task_id: idSchema.optional(),
    name: z.string().min(1).optional(),
    solution: answerSchema,
    is_solved: z.boolean().nullish(),
    reflections: texts,
    implementations: texts,
    test_feedback: texts,
    visible_tests: z.union([z.string(), z.array(z.string())]).nullish(),
  })
  .refine((row) => row.task_id !== undefined || row.name !== undefined, { path: ['task_id'] })

type Row = z.infer<typeof schema>

const problemOf = (row: Row): string => row.task_id ?? humanEvalId(row.name!)

/** MultiPL-E, whose problem files Reflexion uses too, writes HumanEval_23_strlen for HumanEval/23. */
const humanEvalId = (name: string): string => name.replace(/^HumanEval_(\d+)_\w+$/, 'HumanEval/$1')

const answerOf = (row: Row): Answer => ({
  problem: problemOf(row),
  raw: row.solution,
  claimed: row.is_solved ?? undefined,
  visibleTests: typeof row.visible_tests === 'string' ? [row.visible_tests] : row.visible_tests,
  attempts: attemptsOf(row),
})

/** Reflection i was written on attempt i, which has no text in logs that kept no implementations. */
function attemptsOf(row: Row): Attempt[] {
  const implementations = row.implementations ?? []
  const reflections = row.reflections ?? []
  const count = Math.max(implementations.length, reflections.length)
  return Array.from({ length: count }, (_, i) => {
    const feedback = row.test_feedback?.[i]
    const reflection = reflections[i]
    return {
      ...(implementations[i] === undefined ? {} : { program: implementations[i] }),
      ...(feedback ? { feedback } : {}),
      ...(reflection ? { reflection } : {}),
    }
  })
}

const readAnswer = readBy(schema, (row) => [answerOf(row)])
const readScore = readBy(schema, (row) => {
  if (row.is_solved == null) return 'is_solved is missing'
  const { claimed: _, ...answer } = answerOf(row)
  return [{ ...answer, recordedScore: Number(row.is_solved) }]
})

export const reflexion: LogFormat = {
  name: 'reflexion',
  about: 'Reflexion logs',
  lacks: (row) => [
    ...(Object.hasOwn(row, 'name') ? [] : missingKeys(row, 'task_id')),
    ...missingKeys(row, 'is_solved'),
    ...missingAnswer(row, 'solution'),
  ],
  read({ path, first }) {
    const reading = codeReading({
      format: 'reflexion',
      path,
      task: taskOfId(String(first.task_id ?? humanEvalId(String(first.name)))),
      // Only its plain strategy writes no reflections.
      solver: recorded(Object.hasOwn(first, 'reflections') ? 'reflexion' : 'direct'),
      rule: {
        name: 'body-or-program',
        reason: 'Reflexion logs hold bodies, which need the prompt, or whole functions',
      },
      rows: (problems) => answerRows(path, readAnswer, { repeats: false, problems }),
    })
    if (isPython(first)) return reading
    return {
      ...reading,
      task: `reflexion-${first.language}`,
      scoring: 'recorded',
      rule: null,
      metric: 'is_solved',
      rows: (problems) => answerRows(path, readScore, { repeats: false, problems }),
    }
  },
}

/** Programs in other languages cannot be executed: their recorded result is taken. */
const isPython = ({ language }: JsonObject): boolean =>
  typeof language !== 'string' || /^(py|python)/i.test(language)
