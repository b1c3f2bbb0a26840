// What `verify` finds: files that are not those that the results came from, figures that come out otherwise, sentences that
// would read otherwise. The contract of --json.
import { z } from 'zod'
import { absentSchema } from './estimate.ts'
import { outcomeClassSchema, outcomeRuleSchema } from './run.ts'

export const VERIFICATION_SCHEMA = 1

const sumSchema = z.strictObject({ sha256: z.string(), bytes: z.number().int() })

const fileSchema = z.strictObject({
  /** Relative to the study folder. */
  file: z.string(),
  /** unlisted: a number comes from it, and results.json does not name it. */
  state: z.enum(['changed', 'missing', 'unlisted']),
  stored: sumSchema.nullable(),
  found: sumSchema.nullable(),
})
export type ChangedFile = z.infer<typeof fileSchema>

/** KEY.cell.json that does not say any more what the folder beside it was made for. */
const cellSchema = z.strictObject({
  key: z.string(),
  file: z.string(),
  state: z.enum(['changed', 'missing']),
  /** Records of results.json with figures from this cell, in words. */
  records: z.array(z.string()),
})
export type ChangedCell = z.infer<typeof cellSchema>

/** A number, a word, a list or a record; absent where there is none at this place. */
const valueSchema = z.union([absentSchema, z.json()])

const figureSchema = z.strictObject({
  /** JSON pointer (RFC 6901): into results.json, into what was recomputed where results.json has no such place. */
  at: z.string(),
  /** In words: `lora (seed 2) on sums: delta`. */
  label: z.string(),
  stored: valueSchema,
  recomputed: valueSchema,
  /** Files that it comes from and that changed. None: results.json itself was altered. */
  files: z.array(z.string()),
})
export type ChangedFigure = z.infer<typeof figureSchema>

/** A record of results.json whose figures cannot be computed any more. */
const unknownSchema = z.strictObject({
  at: z.string(),
  label: z.string(),
  figures: z.number().int(),
  files: z.array(z.string()),
  reason: z.string(),
})
export type UnknownRecord = z.infer<typeof unknownSchema>

const sentenceSchema = z.strictObject({
  /** JSON pointer into results.json, or where the recomputed sentence would stand. */
  at: z.string(),
  /** Null: there is no such sentence. Equal texts: their figures stand elsewhere. */
  stored: z.string().nullable(),
  recomputed: z.string().nullable(),
})
export type ChangedSentence = z.infer<typeof sentenceSchema>

const judgedSchema = outcomeClassSchema.nullable()

const outcomeSchema = z.strictObject({
  /** Run folder, relative to the study folder. */
  run: z.string(),
  side: z.string(),
  /** Of the training; null: nothing was trained here. */
  seed: z.number().int().nullable(),
  task: z.string(),
  sample: z.string(),
  rule: outcomeRuleSchema,
  /** Null: there is no outcome. */
  stored: judgedSchema,
  now: judgedSchema,
  /** False: the stored outcome is of another program or answer than the recorded one. */
  isSameProgram: z.boolean(),
})
export type ChangedOutcome = z.infer<typeof outcomeSchema>

const rejudgedSchema = z.strictObject({
  /** Outcomes that were judged again. */
  outcomes: z.number().int(),
  changed: z.array(outcomeSchema),
  /** Runs that could not be judged again. */
  left: z.array(z.strictObject({ run: z.string(), side: z.string(), reason: z.string() })),
  /** Where the judge or scorer is another one now. */
  judges: z.array(z.strictObject({ stored: z.string(), now: z.string() })),
})
export type Rejudged = z.infer<typeof rejudgedSchema>

export const verificationSchema = z.strictObject({
  schema: z.literal(VERIFICATION_SCHEMA),
  study: z.string(),
  folder: z.string(),
  /** Nothing differs. */
  isEqual: z.boolean(),
  /** Nothing differs, and nothing was left out. */
  isWhole: z.boolean(),
  tunediff: z.strictObject({ stored: z.string(), now: z.string() }),
  compared: z.strictObject({ figures: z.number().int(), files: z.number().int() }),
  files: z.array(fileSchema),
  cells: z.array(cellSchema),
  figures: z.array(figureSchema),
  unknown: z.array(unknownSchema),
  sentences: z.array(sentenceSchema),
  /** finding.md, against what results.json renders to. */
  finding: z.enum(['as-rendered', 'changed', 'missing']),
  /** What could not be looked at again here, and stands as it was: each a sentence. */
  left: z.array(z.string()),
  /** Null: it was not asked for. */
  rejudged: rejudgedSchema.nullable(),
})
export type Verification = z.infer<typeof verificationSchema>

const shardSchema = z.strictObject({
  shard: z.string(),
  reason: z.string(),
  /** Files of the study that lie in it, relative to the study folder. */
  files: z.array(z.string()),
})
export type LostShard = z.infer<typeof shardSchema>

const viewSchema = figureSchema.omit({ files: true, at: true }).extend({
  /** Where it stands in the report: `summary/studies/0/keyFigures/2/delta`, `weights-0/tensors/4/...`. */
  at: z.string(),
})
export type ChangedView = z.infer<typeof viewSchema>

const pageSchema = z.strictObject({
  /** The page's title, what readers without scripts see, or the page's own code. */
  part: z.enum(['title', 'noscript', 'code']),
  stored: z.string(),
  recomputed: z.string(),
})
export type ChangedPage = z.infer<typeof pageSchema>

/** What `verify` finds of a report: of its studies as of study folders, and of all else that the page shows. */
export const reportVerificationSchema = z.strictObject({
  schema: z.literal(VERIFICATION_SCHEMA),
  report: z.string(),
  isEqual: z.boolean(),
  isWhole: z.boolean(),
  tunediff: z.strictObject({ stored: z.string(), now: z.string() }),
  /** Numbers and files of all studies, and numbers of views. */
  compared: z.strictObject({ figures: z.number().int(), files: z.number().int() }),
  studies: z.array(verificationSchema),
  shards: z.array(shardSchema),
  /** What is computed from results and rows for the page's views, and comes out otherwise. */
  views: z.array(viewSchema),
  page: z.array(pageSchema),
  /** What of views and page was not compared, and why; null: all was. */
  left: z.string().nullable(),
})
export type ReportVerification = z.infer<typeof reportVerificationSchema>
