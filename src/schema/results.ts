// What a study found: results.json. Every number is computed from rows of the study's files, and says from which; the
// findings, in words, are made of these numbers alone, and say where each one stands here.
import { z } from 'zod'
import { sideReportSchema, variantReportSchema, warningSchema } from './comparison.ts'
import { absentSchema, estimateSchema } from './estimate.ts'
import { livenessSchema } from './live.ts'
import { corpusSchema, predictionMeasuresSchema, quantilesSchema, rulerSchema } from './predictions.ts'
import { namedSourceSchema } from './run.ts'
import { seedReportSchema } from './seeds.ts'
import { CELL_KINDS } from './study.ts'
import { recipeSchema } from './training.ts'
import { measuresSchema, settingChangeSchema } from './weights.ts'

export const RESULTS_SCHEMA = 2

/** One side as it was measured: of a side with trainings, one of them. */
const instanceSchema = z.strictObject({
  side: z.string(),
  /** Of the training; null: nothing was trained here. */
  seed: z.number().int().nullable(),
})
export type Instance = z.infer<typeof instanceSchema>

/** `lora (seed 2)`; a side without trainings by its name. */
export const instanceName = ({ side, seed }: Instance): string =>
  seed === null ? side : `${side} (seed ${seed})`

/** Rows of a file of the study folder: all of them, or those whose columns have these values. */
const rowsSchema = z.strictObject({
  /** Relative to the study folder. */
  file: z.string(),
  where: z.record(z.string(), z.string()).nullable(),
})
export type Rows = z.infer<typeof rowsSchema>

const from = z.array(rowsSchema)

const sideSchema = z.strictObject({
  name: z.string(),
  /** Side that it is compared with; null: the base. */
  against: z.string().nullable(),
  kind: z.enum(['model', 'trained', 'recorded']),
  /** As written where nothing was trained here: a MODEL; null of recorded answers. */
  spec: z.string().nullable(),
  training: z
    .strictObject({
      recipe: recipeSchema,
      data: z.strictObject({ identity: z.string(), examples: z.number().int() }),
      seeds: z.array(z.number().int()),
    })
    .nullable(),
})
export type ResultSide = z.infer<typeof sideSchema>

const cellSchema = z.strictObject({
  /** Name of its folder: results may come from anywhere, and none leads out of the study. */
  key: z.string().regex(/^[\w-]+$/),
  kind: z.enum(CELL_KINDS),
  uses: z.array(instanceSchema.extend({ against: instanceSchema.nullable() })),
  /** Name of the task of a run. */
  task: z.string().nullable(),
  /** Outcomes that count are those of this judge or scorer; null where nothing is judged. */
  judge: z.string().nullable(),
  state: z.enum(['done', 'failed', 'missing']),
  /** Why it failed. */
  message: z.string().nullable(),
})
export type ResultCell = z.infer<typeof cellSchema>

/** What the numbers are computed of: with the study's files it decides all else. */
export const askedResultsSchema = z.strictObject({
  name: z.string(),
  /** Largest loss that does not matter, a fraction; null where none was stated. */
  margin: z.number().nullable(),
  /** The base first, as in the file. */
  sides: z.array(sideSchema),
  /** Names of the study's tasks, as in the file. */
  tasks: z.array(z.string()),
  cells: z.array(cellSchema),
})
export type AskedResults = z.infer<typeof askedResultsSchema>

const compared = instanceSchema.extend({ against: instanceSchema, from })

const trainingSchema = instanceSchema.extend({
  from,
  steps: z.number().int(),
  trainedParameters: z.number().int(),
  parameters: z.number().int(),
  examples: z.number().int(),
  trainedTokens: z.number().int(),
  /** Mean loss of the first and the last tenth of the steps, in nats. */
  firstLoss: z.number(),
  lastLoss: z.number(),
  endedEarly: z.string().nullable(),
})
export type TrainingResult = z.infer<typeof trainingSchema>

const weightsSchema = compared.extend({
  /** All but norms and biases. */
  matrices: measuresSchema,
  whole: measuresSchema,
  kinds: z.array(measuresSchema.extend({ kind: z.string() })),
  /** Directions above rounding in the matrices that changed: fewest and most; `isCut`: there may be more in some. */
  directions: z.union([
    z.strictObject({
      least: z.number().int(),
      most: z.number().int(),
      matrices: z.number().int(),
      isCut: z.boolean(),
    }),
    absentSchema,
  ]),
  /** `nonFinite`: elements that are NaN or infinite on either side, and left out of every number. */
  tensors: z.strictObject({
    compared: z.number().int(),
    changed: z.number().int(),
    nonFinite: z.number().int(),
  }),
  /** What differs besides weights. */
  settings: z.array(settingChangeSchema),
})
export type WeightsResult = z.infer<typeof weightsSchema>

const predictionsSchema = compared.extend({
  mode: z.enum(['distributions', 'bits-per-byte']),
  corpora: z.array(corpusSchema.omit({ from: true })),
  /** Zero lines, the base in another batch shape, stand in each estimate's `zero`. */
  whole: predictionMeasuresSchema,
  byCorpus: z.array(predictionMeasuresSchema.extend({ name: z.string() })),
  quantiles: z.union([quantilesSchema, absentSchema]),
  ruler: z.union([rulerSchema, absentSchema]),
})
export type PredictionsResult = z.infer<typeof predictionsSchema>

/** Of a side that others are compared with: itself in another batch shape, and quantised to 4 bits. */
const zeroLineSchema = instanceSchema.extend({
  from,
  batchShape: z.union([predictionMeasuresSchema, absentSchema]),
  nf4: z.union([predictionMeasuresSchema, absentSchema]),
})

const scoreSchema = instanceSchema.extend({
  task: z.string(),
  /** What a pass means. */
  metric: z.string(),
  from,
  report: sideReportSchema.omit({ name: true }),
})
export type ScoreResult = z.infer<typeof scoreSchema>

/** Two runs, paired by problem. Holm in it goes over all pairs of the study. */
const pairSchema = compared.extend({ task: z.string(), report: variantReportSchema })
export type PairResult = z.infer<typeof pairSchema>

/**
 * One statement a side and task. About the recipe where several seeds were trained (another seed and other problems may
 * come), else about this very variant (other problems may come). Holm goes over these.
 */
const effectSchema = z.strictObject({
  side: z.string(),
  against: z.string(),
  task: z.string(),
  about: z.enum(['recipe', 'variant']),
  from,
  /** Mean scores on the paired problems, fractions. */
  baseScore: z.number(),
  variantScore: z.number(),
  problems: z.number().int(),
  delta: estimateSchema,
  p: z.number(),
  holmP: z.number(),
  finding: z.enum(['better', 'worse', 'no-worse', 'cannot-tell']),
  /** Smallest true difference that is found with 80 % power at 0.05 / statements, a fraction; null where none. */
  mde: z.number().nullable(),
  /** Problems that 80 % power takes if the true gap is as observed; null where no number does, or no gap was seen. */
  neededProblems: z.number().int().nullable(),
  /** Of several trainings; absent where there is one. */
  seeds: z.union([seedReportSchema, absentSchema]),
})
export type EffectResult = z.infer<typeof effectSchema>

/** What two sides differ in, as far as it is recorded or stated. */
const changeSchema = z.strictObject({
  side: z.string(),
  against: z.string(),
  task: z.string().nullable(),
  model: z.strictObject({ base: namedSourceSchema, variant: namedSourceSchema }),
  solver: z.strictObject({ base: namedSourceSchema, variant: namedSourceSchema }),
  /** Null where one of the two is not known. */
  modelChanged: z.boolean().nullable(),
  solverChanged: z.boolean().nullable(),
  /** Calls of the model for a problem, mean over problems, as recorded; null where they are not. */
  calls: z.strictObject({ base: z.number().nullable(), variant: z.number().nullable() }),
  /**
   * Of a variant whose solver calls the model more than once: a side of the study with the same model and plain sampling
   * at the same number of calls or more. Null: the variant's solver is no scaffold. Absent: there is no such run.
   */
  equalBudget: z.union([z.strictObject({ side: z.string() }), absentSchema]).nullable(),
  from,
})
export type ChangeResult = z.infer<typeof changeSchema>

const liveResultSchema = compared.extend({ liveness: z.union([livenessSchema, absentSchema]) })

const figureSchema = z.strictObject({
  /** JSON pointer (RFC 6901) into results.json. */
  at: z.string(),
  /** How it stands in the text. */
  shown: z.string(),
})

/** A sentence or two, and the figures in it, in their order. */
const statementSchema = z.strictObject({ text: z.string(), figures: z.array(figureSchema) })
export type Statement = z.infer<typeof statementSchema>

export const findingsSchema = z.strictObject({
  headline: statementSchema,
  variants: z.array(z.strictObject({ side: z.string(), sentences: z.array(statementSchema) })),
  study: z.array(statementSchema),
})
export type Findings = z.infer<typeof findingsSchema>

export const resultsSchema = z.strictObject({
  schema: z.literal(RESULTS_SCHEMA),
  tunediff: z.string(),
  asked: askedResultsSchema,
  trainings: z.array(trainingSchema),
  weights: z.array(weightsSchema),
  predictions: z.array(predictionsSchema),
  zeroLines: z.array(zeroLineSchema),
  live: z.array(liveResultSchema),
  scores: z.array(scoreSchema),
  pairs: z.array(pairSchema),
  effects: z.array(effectSchema),
  changes: z.array(changeSchema),
  warnings: z.array(warningSchema),
  findings: findingsSchema,
  /** Of every file that a number came from. */
  files: z.record(z.string(), z.strictObject({ sha256: z.string(), bytes: z.number().int() })),
})
export type Results = z.infer<typeof resultsSchema>
/** The numbers, from which the findings are made. */
export type Measured = Omit<Results, 'findings' | 'files'>
