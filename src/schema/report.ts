// The report: what the page shows, in one typed piece. A summary, small and read at once, and shards, read when a view needs
// them: the rows of the study's files as they are (so that every number can be computed again from the report alone), and
// what views draw that is more than a few numbers, computed from those rows.
import { z } from 'zod'
import { pageBlockSchema, tableBlockSchema } from './blocks.ts'
import { findingSchema } from './comparison.ts'
import { absentSchema, estimateSchema } from './estimate.ts'
import { resultsSchema } from './results.ts'
import { namedSourceSchema, outcomeRuleSchema } from './run.ts'
import type { TensorReport } from './weights.ts'

export const REPORT_SCHEMA = 1

/** Id of the element, or of the file, that holds the summary. */
export const SUMMARY = 'summary'

const instance = { side: z.string(), seed: z.number().int().nullable() }
const measure = z.union([estimateSchema, absentSchema])

/** A stretch of a file of the study: `bytes` of the shard from `offset`, both after decompression. */
const pieceSchema = z.strictObject({
  shard: z.string(),
  offset: z.number().int(),
  bytes: z.number().int(),
})
export type Piece = z.infer<typeof pieceSchema>

/** A finding's figure for the first screen, in words. */
const keyFigureSchema = z.strictObject({
  /** `extract-full on extract`. */
  title: z.string(),
  /** `+80.7 points`. */
  delta: z.string(),
  /** `[+72.8, +85.8]`; empty where the figure is exact. */
  interval: z.string(),
  /** `150 problems, p < 0.0001 after Holm`. */
  basis: z.string(),
  /** What the same measure reads when nothing changed, or why that is not known. */
  zero: z.string(),
  finding: findingSchema.nullable(),
  /** Of answers, a fraction: drawn beside the words. */
  effect: estimateSchema.nullable(),
})
export type KeyFigure = z.infer<typeof keyFigureSchema>

/** Answers to the problems of a task by a side, or by one of its trainings. */
const runSchema = z.strictObject({
  ...instance,
  /** As the study's pairs and scores call it. */
  task: z.string(),
  /** Run folder, relative to the study folder: its files begin with it. */
  place: z.string(),
  createdAt: z.string(),
  model: namedSourceSchema,
  solver: namedSourceSchema,
  /** Outcomes that count have this rule and judge; null of recorded scores. */
  counts: z.strictObject({ rule: outcomeRuleSchema, judge: z.string() }).nullable(),
  repeats: z.number().int(),
  /** problems x repeats letters (outcomes.ts), problem by problem, in the order of the task's `problems`. */
  outcomes: z.string(),
  /** Recorded scores in the same order, where some are neither 0 nor 1; null: no answer. */
  scores: z.array(z.number().nullable()).nullable(),
  /** For each of them the piece of samples.jsonl, outcomes.jsonl and calls.jsonl that its (last) row is in; -1: none. */
  at: z.strictObject({
    samples: z.array(z.number().int()),
    outcomes: z.array(z.number().int()),
    calls: z.array(z.number().int()),
  }),
  /** From calls.jsonl; null where calls were not recorded. Tokens that were made; seconds of all calls one after another. */
  cost: z.strictObject({ calls: z.number().int(), tokens: z.number().int(), seconds: z.number() }).nullable(),
})
export type ReportRun = z.infer<typeof runSchema>

/** Problems as they are asked, where the task is at hand. A shard of them is a JSON list of ReportProblem. */
const taskSchema = z.strictObject({
  name: z.string(),
  metric: z.string(),
  /** Ids of the problems that a run has an answer to, as people count them: P/2 before P/10. */
  problems: z.array(z.string()),
  /** For each problem the shard that describes it, an index into `shards`. */
  texts: z.union([
    z.strictObject({ shards: z.array(z.string()), at: z.array(z.number().int()) }),
    absentSchema,
  ]),
})
export type ReportTask = z.infer<typeof taskSchema>

/** One problem, in a shard. */
export interface ReportProblem {
  id: string
  prompt: string
  /** Right answers; of code its tests; of a choice all choices, the right one first. */
  expected: { kind: 'answers' | 'tests' | 'choices'; texts: readonly string[] }
}

const leaderboardRowSchema = z.strictObject({
  name: z.string(),
  /** Null of a published row. */
  instance: z.strictObject(instance).nullable(),
  rate: estimateSchema,
  /**
   * Places that it may have: it is told from all above and all below (exact paired test, Holm over the pairs of the task).
   * Null of a published row, which cannot be paired.
   */
  rank: z.tuple([z.number().int(), z.number().int()]).nullable(),
  createdAt: z.string().nullable(),
  /** Calls of the model for a problem, as far as recorded: a floor of a scaffold. */
  calls: z.number().nullable(),
  cost: runSchema.shape.cost,
  /** Of a published row: where it stands, and what else must be known. */
  source: z.string().nullable(),
})
export type LeaderboardRow = z.infer<typeof leaderboardRowSchema>

/** Best score first. */
const leaderboardSchema = z.strictObject({
  task: z.string(),
  rows: z.array(leaderboardRowSchema),
  /** Longest runs of rows that are not told from each other: first and last index, counted without published rows. */
  ties: z.array(z.tuple([z.number().int(), z.number().int()])),
  table: tableBlockSchema,
})
export type Leaderboard = z.infer<typeof leaderboardSchema>

/** A training: what it learnt against what it lost, and what it took. */
const trainingViewSchema = z.strictObject({
  ...instance,
  /** train.jsonl, relative to the study folder. */
  rows: z.string(),
  seconds: z.number(),
  peakMemoryMb: z.number(),
  fileBytes: z.number().int(),
  /** The task with its largest gain, and the mean change on all others; a fraction. Absent where nothing was asked. */
  learnt: z.union([z.strictObject({ task: z.string(), delta: estimateSchema }), absentSchema]),
  others: z.union([z.strictObject({ tasks: z.number().int(), delta: z.number() }), absentSchema]),
  deltaBitsPerByte: measure,
})
export type TrainingView = z.infer<typeof trainingViewSchema>

const studyReportSchema = z.strictObject({
  results: resultsSchema,
  /** finding.md, and what the terminal prints. */
  finding: z.array(pageBlockSchema),
  /** The most telling first. */
  keyFigures: z.array(keyFigureSchema),
  /** Numbers of views as tables, as Markdown has them; null where there is nothing to show. */
  tables: z.strictObject({
    tasks: tableBlockSchema.nullable(),
    weights: tableBlockSchema.nullable(),
    predictions: tableBlockSchema.nullable(),
    trainings: tableBlockSchema.nullable(),
  }),
  runs: z.array(runSchema),
  tasks: z.array(taskSchema),
  leaderboards: z.array(leaderboardSchema),
  /** In the order of results.weights: the shard with a WeightsView. */
  weights: z.array(z.string()),
  /** In the order of results.predictions: the shard with a PredictionsView. */
  predictions: z.array(z.string()),
  trainings: z.array(trainingViewSchema),
  /** Shard with the texts of tokens by id, {"id": "text"}; absent where the base's tokenizer is not at hand. */
  tokens: z.union([z.strictObject({ shard: z.string() }), absentSchema]),
  /** Files of the study folder that the report carries, in pieces. Weights are not carried. */
  files: z.record(z.string(), z.array(pieceSchema)),
})
export type StudyReport = z.infer<typeof studyReportSchema>

export const reportSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  tunediff: z.string(),
  title: z.string(),
  studies: z.array(studyReportSchema).min(1),
  /** All shards by name, with their size after decompression. */
  shards: z.record(z.string(), z.strictObject({ bytes: z.number().int() })),
  /** Folder beside the page that holds the shards as NAME.gz; null: they are in the page. */
  shardFolder: z.string().nullable(),
})
export type Report = z.infer<typeof reportSchema>

/** Shard of one pair of weights. */
export interface WeightsView {
  /** In the order of the model. */
  tensors: readonly TensorReport[]
}

const binSchema = z.strictObject({ low: z.number(), high: z.number(), count: z.number().int() })

/** Shard of one pair of predictions. Of bits-per-byte mode: documents alone. */
export const predictionsViewSchema = z.strictObject({
  documents: z.array(
    z.strictObject({
      id: z.string(),
      corpus: z.string(),
      /** Scored tokens. */
      tokens: z.number().int(),
      /** Mean, in nats a token; null in bits-per-byte mode. */
      kl: z.number().nullable(),
      /** Piece of documents.jsonl that its row is in. */
      piece: z.number().int(),
      /** Its first row in tokens.f32. */
      firstRow: z.number().int(),
    }),
  ),
  /** Positions by KL in nats, bins of equal width in log10; those below the first bin, zero among them, are counted apart. */
  histogram: z.union([
    z.strictObject({ bins: z.array(binSchema), below: z.number().int(), mean: z.number() }),
    absentSchema,
  ]),
  /** Mean KL of the positions from `first` to `last` of their documents (from 1), with its interval over documents. */
  byPosition: z.array(
    z.strictObject({ first: z.number().int(), last: z.number().int(), kl: estimateSchema }),
  ),
  /** Most frequent changes of the most probable token: [base's id, variant's id, positions]. */
  choices: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])),
})
export type PredictionsView = z.infer<typeof predictionsViewSchema>
