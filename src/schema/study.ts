// A study: the file that a user writes, and what its folder notes of each cell, a piece of its work.
import { z } from 'zod'
import { recipeSchema } from './training.ts'

const text = z.string().min(1)
const count = z.number().int().positive()
const seed = z.number().int().nonnegative()

/** Name of another side that this one is compared with, instead of the base. */
const against = text.optional().describe('name of another side that it is compared with; the base by default')

/** A model that is there. */
export const modelSideSchema = z.strictObject({
  model: text.describe('a MODEL: folder, .gguf, hf:owner/name, MODEL+ADAPTER, nf4:MODEL'),
  against,
})
/** Trained here on the base of the study, once for each random seed. */
export const trainedSideSchema = z.strictObject({
  recipe: z.union([text, recipeSchema]).describe('YAML file of a recipe, or its keys'),
  data: text.describe('JSONL: prompt and completion, messages, or text'),
  seeds: z.array(seed).min(1).default([1]),
  against,
})
/** Answers that were recorded elsewhere. It has no weights here. */
export const recordedSideSchema = z.strictObject({
  runs: z.array(text).min(1).describe('logs of other tools, or run folders'),
  model: text.optional().describe('name of the model, where the logs do not tell'),
  solver: text.optional().describe('name of the solver, where the logs do not tell'),
  startFrom: text.optional().describe('name of the side whose answers the solver began from'),
  against,
})

export const sideSchema = z.union([text, modelSideSchema, trainedSideSchema, recordedSideSchema])
export type SideFile = z.infer<typeof sideSchema>

export const MEASURES = ['weights', 'predictions', 'answers'] as const

const isRecorded = (side: SideFile): boolean =>
  typeof side === 'string' ? side.startsWith('run:') : 'runs' in side

/** Paths are relative to the file. */
export const studySchema = z
  .strictObject({
    name: text,
    base: z
      .union([text, modelSideSchema.omit({ against: true }), recordedSideSchema.omit({ against: true })])
      .describe('a MODEL, or recorded answers'),
    variants: z.record(text, sideSchema),
    tasks: z.array(text).default([]).describe('names or paths of tasks'),
    texts: z
      .array(text)
      .default([])
      .describe('files, folders or FILE.jsonl#field for predictions; short built-in texts by default'),
    measures: z
      .array(z.enum(MEASURES))
      .min(1)
      .default([...MEASURES]),
    repeats: count.default(1).describe('answers to each problem'),
    limit: count.nullable().default(null).describe('problems of each task, from the first; null: all'),
    seed: seed.default(1).describe('random seed of the answers'),
    margin: z
      .number()
      .positive()
      .lt(100)
      .nullable()
      .default(null)
      .describe('largest loss that does not matter, in percentage points'),
    chat: z.boolean().default(false).describe("ask in the model's chat template"),
    allowIdentical: z
      .boolean()
      .default(false)
      .describe('measure answers of a variant that is its base, to the bit, too'),
    threads: count
      .nullable()
      .default(null)
      .describe('threads of arithmetic for large models; one a core by default. Small ones have one, always'),
  })
  // Recorded answers may stand alone: then it is said what they score.
  .refine(({ base, variants }) => Object.keys(variants).length > 0 || isRecorded(base), {
    path: ['variants'],
    message: 'holds no variant',
  })
export type Study = z.infer<typeof studySchema>

export const CELL_SCHEMA = 1

/**
 * A variant to make, recorded answers to import, a check whether a variant is live, a run, a measurement of weights or
 * predictions. In the order of work.
 */
export const CELL_KINDS = ['variant', 'import', 'live', 'run', 'weights', 'predictions'] as const
export type CellKind = (typeof CELL_KINDS)[number]

/** KEY.cell.json, beside the folder KEY, which is that of a variant, a check, a run or a measurement. */
export const cellSchema = z.strictObject({
  schema: z.literal(CELL_SCHEMA),
  kind: z.enum(CELL_KINDS),
  key: z.string(),
  /** All that decides what comes out; the key is its hash. */
  asked: z.record(z.string(), z.unknown()),
  createdAt: z.string(),
  /** Null until it is whole. */
  finished: z
    .strictObject({
      at: z.string(),
      /** Of the last go; of cells that were measured together, an equal share. */
      seconds: z.number(),
      threads: z.number().int(),
      /** It was made in one go, so that `seconds` says what it takes. */
      isOneGo: z.boolean(),
      /** Of runs: hash of what scores their answers. Another one scores the same answers again. */
      scorer: z.string().nullable(),
    })
    .nullable(),
})
export type Cell = z.infer<typeof cellSchema>

/** KEY.error.json: why a cell is not whole. */
export const cellErrorSchema = z.strictObject({
  at: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  /** Of what is no fault of the user. */
  stack: z.string().nullable(),
  /** Nothing went wrong: the variant is not live. */
  isFailedCheck: z.boolean(),
})
export type CellError = z.infer<typeof cellErrorSchema>
