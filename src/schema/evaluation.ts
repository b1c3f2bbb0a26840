// What `eval` says of a run: its score and what became of its answers. The contract of --json.
import { z } from 'zod'
import { absentSchema, estimateSchema } from './estimate.ts'
import { outcomeClassSchema } from './run.ts'

export const EVALUATION_SCHEMA = 1

export const evaluationSchema = z.strictObject({
  schema: z.literal(EVALUATION_SCHEMA),
  /** Where the run lies. */
  folder: z.string(),
  name: z.string(),
  task: z.string(),
  /** What a pass means. */
  metric: z.string(),
  /** Problems with a score, and answers to each. */
  problems: z.number().int(),
  repeats: z.number().int(),
  /** Problems passed; null with repeats. */
  passed: z.number().int().nullable(),
  /** A fraction; with repeats the mean of problem means. */
  score: z.union([estimateSchema, absentSchema]),
  /** Answers by what became of them. */
  classes: z.partialRecord(outcomeClassSchema, z.number().int()),
  /** What this command asked the model, and what was known. */
  answers: z.strictObject({ asked: z.number().int(), cached: z.number().int(), standing: z.number().int() }),
  /** Tokens that the model made or scored now. */
  tokens: z.number().int(),
  seconds: z.number(),
  notes: z.array(z.string()),
})
export type Evaluation = z.infer<typeof evaluationSchema>
