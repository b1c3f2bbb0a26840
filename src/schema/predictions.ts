// What `predictions` measures and writes: a measurement folder (measurement.json, documents.jsonl, tokens.f32) for each
// variant and each zero line, and the report that --json prints. Every number of the report is derived from these rows.
import { z } from 'zod'
import { absentSchema, estimateSchema } from './estimate.ts'

export const PREDICTIONS_SCHEMA = 1

/** Most probable tokens of each side that are compared as sets. */
export const TOP_K = 10

/** One side, as far as a reader must know it. */
export const predictedModelSchema = z.strictObject({
  /** As the user wrote it. */
  spec: z.string(),
  name: z.string(),
  /** SHA-256 of contents. */
  identity: z.string(),
  format: z.string(),
  /** What is done to the files on load, in words: `dequantised to fp32 from Q4_1, Q8_0`; null where nothing is. */
  note: z.string().nullable(),
})
export type PredictedModel = z.infer<typeof predictedModelSchema>

/** A body of texts that is reported by itself. */
export const corpusSchema = z.strictObject({
  name: z.string(),
  /** Where it came from: path, `built in`, `samples of NAME`. */
  from: z.string(),
  /** SHA-256 over its documents. */
  identity: z.string(),
  documents: z.number().int(),
  bytes: z.number().int(),
})
export type Corpus = z.infer<typeof corpusSchema>

/**
 * What the variant of a measurement is: a variant, or a zero line of the base: itself in another batch shape, or
 * quantised. Zero lines are measured on the first documents only.
 */
export const ROLES = ['variant', 'zero-batch-shape', 'zero-nf4'] as const

export const predictionsMeasurementSchema = z.strictObject({
  schema: z.literal(PREDICTIONS_SCHEMA),
  kind: z.literal('predictions'),
  createdAt: z.string(),
  role: z.enum(ROLES),
  base: predictedModelSchema,
  variant: predictedModelSchema,
  corpora: z.array(corpusSchema),
  settings: z.strictObject({
    /** Tokens of a window. */
    context: z.number().int(),
    stride: z.number().int(),
    /** Scored positions at most, over all documents; null: all. */
    maxTokens: z.number().int().nullable(),
    /** bits-per-byte where the two sides' tokenizers differ: nothing else can be compared then. */
    mode: z.enum(['distributions', 'bits-per-byte']),
  }),
  versions: z.record(z.string(), z.string()),
  finished: z.boolean(),
})
export type PredictionsMeasurement = z.infer<typeof predictionsMeasurementSchema>

const sideSchema = z.strictObject({
  /** Positions that were scored. */
  tokens: z.number().int(),
  /** Bytes of the text that those tokens stand for: without a first token that nothing predicts. */
  bytes: z.number().int(),
  /** -sum of natural log-probabilities of those tokens. */
  nats: z.number(),
})

export const documentRowSchema = z.strictObject({
  /** `CORPUS/NAME`: unique in the measurement. */
  id: z.string(),
  corpus: z.string(),
  /** SHA-256 of the text. */
  hash: z.string(),
  /** Of the whole text in UTF-8. */
  bytes: z.number().int(),
  base: sideSchema,
  variant: sideSchema,
  /** Ids of the tokens that were fed, with what the tokenizer puts before; absent in bits-per-byte mode. */
  ids: z.array(z.number().int()).optional(),
  /** Only the first tokens were scored: --max-tokens was reached. */
  isCut: z.boolean().optional(),
})
export type DocumentRow = z.infer<typeof documentRowSchema>

const measureSchema = z.union([estimateSchema, absentSchema])

/** Pooled per token; intervals over documents. Zero lines stand in each estimate's `zero`. */
export const predictionMeasuresSchema = z.strictObject({
  documents: z.number().int(),
  tokens: z.number().int(),
  kl: measureSchema,
  klReverse: measureSchema,
  js: measureSchema,
  tv: measureSchema,
  /** Share of positions where both sides' most probable token is one. */
  topAgreement: measureSchema,
  /** Mean Jaccard index of the TOP_K most probable tokens. */
  topOverlap: measureSchema,
  /** Mean reciprocal rank of the base's choice in the variant. */
  reciprocalRank: measureSchema,
  /** Of the reference token, variant - base: mean change of probability, its root mean square, of log-probability. */
  deltaProb: measureSchema,
  rmsDeltaProb: measureSchema,
  deltaLogProb: measureSchema,
  baseEntropy: measureSchema,
  deltaEntropy: measureSchema,
  baseBitsPerByte: measureSchema,
  variantBitsPerByte: measureSchema,
  deltaBitsPerByte: measureSchema,
  /** Perplexity of the variant / that of the base. Absent where tokenizers differ. */
  perplexityRatio: measureSchema,
})
export type PredictionMeasures = z.infer<typeof predictionMeasuresSchema>
export type MeasureName = Exclude<keyof PredictionMeasures, 'documents' | 'tokens'>

/** Quantiles that llama-perplexity prints, over all positions. */
export const quantilesSchema = z.strictObject({
  /** [percent, nats]: 100 is the maximum, 0 the minimum. */
  kl: z.array(z.tuple([z.number(), z.number()])),
  /** [percent, change of the reference token's probability]. */
  deltaProb: z.array(z.tuple([z.number(), z.number()])),
})

/** Of the most probable token's probability as the chance that it is the token that follows. */
const calibrationSchema = z.strictObject({
  /** Expected calibration error over equal-mass bins (Naeini et al. 2015; Nixon et al. 2019). */
  ece: measureSchema,
  /** Mean squared difference of confidence and correctness of the most probable token. */
  brier: measureSchema,
  /** [mean confidence, share correct, positions] of each bin. */
  bins: z.array(z.tuple([z.number(), z.number(), z.number().int()])),
})
export type Calibration = z.infer<typeof calibrationSchema>

const shownTokenSchema = z.strictObject({
  text: z.string(),
  /** null: not scored. */
  kl: z.number().nullable(),
  baseTop: z.string().nullable(),
  variantTop: z.string().nullable(),
})
export type ShownToken = z.infer<typeof shownTokenSchema>

/** A stretch of text where the sides differ much. */
const passageSchema = z.strictObject({
  document: z.string(),
  corpus: z.string(),
  /** Mean KL of the whole document, in nats a token. */
  kl: z.number(),
  tokens: z.array(shownTokenSchema),
})
export type Passage = z.infer<typeof passageSchema>

const rulerMarkSchema = z.strictObject({
  name: z.string(),
  klNats: z.number(),
  rmsDeltaProb: z.number().nullable(),
  topAgreement: z.number().nullable(),
})
export type RulerMark = z.infer<typeof rulerMarkSchema>

/** The marks below and above a KL on the public ruler. */
export const rulerSchema = z.strictObject({
  below: rulerMarkSchema.nullable(),
  above: rulerMarkSchema.nullable(),
  source: z.string(),
})

const variantReportSchema = z.strictObject({
  model: predictedModelSchema,
  folder: z.string(),
  mode: z.enum(['distributions', 'bits-per-byte']),
  /** One sentence, then its evidence, in words. */
  finding: z.string(),
  evidence: z.array(z.string()),
  whole: predictionMeasuresSchema,
  corpora: z.array(predictionMeasuresSchema.extend({ name: z.string() })),
  quantiles: z.union([quantilesSchema, absentSchema]),
  calibration: z.union([
    z.strictObject({ base: calibrationSchema, variant: calibrationSchema }),
    absentSchema,
  ]),
  /** Where its KL stands on the public ruler: the marks below and above it. */
  ruler: z.union([rulerSchema, absentSchema]),
  mostDifferent: z.array(passageSchema),
})
export type PredictionsVariantReport = z.infer<typeof variantReportSchema>

export const predictionsReportSchema = z.strictObject({
  schema: z.literal(PREDICTIONS_SCHEMA),
  base: predictedModelSchema,
  corpora: z.array(corpusSchema),
  context: z.number().int(),
  stride: z.number().int(),
  /** What of the texts was left out. */
  notes: z.array(z.string()),
  variants: z.array(variantReportSchema),
  /** Base against itself. */
  zero: z.strictObject({
    batchShape: z.union([predictionMeasuresSchema, absentSchema]),
    nf4: z.union([predictionMeasuresSchema, absentSchema]),
  }),
})
export type PredictionsReport = z.infer<typeof predictionsReportSchema>
