// task.yaml: a task of one's own. Its keys name columns of the data file; src/tasks makes problems of them.
import { z } from 'zod'
import { normaliseSchema, textScorerSchema } from './problem.ts'

const choiceScorerSchema = z.strictObject({
  kind: z.literal('choice'),
  normalise: normaliseSchema.default('none'),
})
/** Python tests, run in the sandbox. */
const codeScorerSchema = z.strictObject({ kind: z.literal('code') })

const scorerSchema = z.discriminatedUnion('kind', [
  ...textScorerSchema.options,
  choiceScorerSchema,
  codeScorerSchema,
])

/** The keys of each kind of scorer. */
export const SCORER_KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  scorerSchema.options.map(({ shape }) => [shape.kind.value, Object.keys(shape)]),
)

const line = z.string().regex(/^.*\S.*$/)

export const taskFileSchema = z.strictObject({
  /** That of the folder where there is none. */
  name: line.optional(),
  /** A file beside this one: JSONL, a JSON list or CSV, gzipped or not. */
  data: line,
  /** Column of ids; the number of the line where there is none. */
  id: line.optional(),
  /** Jinja over the columns of a row. */
  prompt: z.string().min(1),
  system: z.string().min(1).optional(),
  /** Column of what is right: a text, a number or a list of which any is right; of a choice its index, letter or text. */
  answer: line.optional(),
  /** A kind, or an object of a kind and its options. */
  scorer: z.preprocess((value) => (typeof value === 'string' ? { kind: value } : value), scorerSchema),
  /** Column of lists, or columns of texts, or the texts of every problem. */
  choices: z.union([line, z.array(z.string()).min(2)]).optional(),
  /** Between prompt and choice. */
  delimiter: z.string().optional(),
  /** Columns of a code task: the name of the function, and Python source that defines check(candidate). */
  entryPoint: line.optional(),
  test: line.optional(),
  ask: z
    .strictObject({
      maxTokens: z.number().int().positive(),
      temperature: z.number().nonnegative(),
      topP: z.number().positive().max(1),
      stops: z.array(z.string().min(1)),
    })
    .partial()
    .optional(),
})
export type TaskFile = z.infer<typeof taskFileSchema>
