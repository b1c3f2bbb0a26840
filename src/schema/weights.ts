// What `weights` measures and writes: a measurement folder (measurement.json, tensors.jsonl) for each variant, and the
// report that --json prints. Every number of the report is derived from the rows of tensors.jsonl.
import { z } from 'zod'
import { absentSchema, estimateSchema } from './estimate.ts'

export const WEIGHTS_SCHEMA = 1

/** One side, as far as a reader must know it. */
const modelSchema = z.strictObject({
  /** As the user wrote it. */
  spec: z.string(),
  name: z.string(),
  /** SHA-256 of contents. */
  identity: z.string(),
  format: z.string(),
})
export type MeasuredModel = z.infer<typeof modelSchema>

export const measurementSchema = z.strictObject({
  schema: z.literal(WEIGHTS_SCHEMA),
  kind: z.literal('weights'),
  createdAt: z.string(),
  base: modelSchema,
  variant: modelSchema,
  quantisedBase: modelSchema.nullable(),
  settings: z.strictObject({ fullSpectrum: z.boolean(), tensors: z.string().nullable() }),
  versions: z.record(z.string(), z.string()),
  /** Set when the last row was written. */
  finished: z.boolean(),
})
export type Measurement = z.infer<typeof measurementSchema>

/** Sums over the elements of a tensor that both sides hold, in fp64. */
const sumsSchema = z.strictObject({
  n: z.number().int(),
  /** Sum of squares of the base. */
  base: z.number(),
  /** Sum of squares of delta = variant - base. */
  delta: z.number(),
  /** Sum of products of base and delta: the variant's squares are base + 2 baseDelta + delta, without cancellation. */
  baseDelta: z.number(),
  /** Expected sum of squares of rounding alone: spacing^2 / 12 of the coarser of the two stored formats. */
  rounding: z.number(),
  /** Largest spacing: rounding alone moves no element by more than half of it. */
  maxSpacing: z.number(),
})

/** What only a pass over single elements can tell; absent where the variant is an adapter that is applied live. */
const elementsSchema = z.strictObject({
  maxAbsDelta: z.number(),
  /** Elements whose bit pattern, or value where the formats differ, is another. */
  changed: z.number().int(),
  /** Elements that moved by more than one unit in the last place of the coarser format. */
  aboveOneUlp: z.number().int(),
  signFlips: z.number().int(),
  /** Elements that are not finite on either side; left out of all sums. */
  nonFinite: z.number().int(),
  /** [bucket, count] of |delta| (src/tensor/histogram.ts); zeros are not in it. */
  histogram: z.array(z.tuple([z.number().int(), z.number().int()])),
})

/** Singular values of variant - base. */
const spectrumSchema = z.strictObject({
  /** Largest first, at most 72. */
  singularValues: z.array(z.number()),
  /** randomised (Halko et al. 2011), exact (Gram matrix), or factors (of a low-rank adapter). */
  method: z.enum(['randomised', 'exact', 'factors']),
  /** Largest singular value that rounding alone gives; 0 for factors, which are not rounded. */
  edge: z.number(),
  /** Singular values above the edge: at least so many directions. */
  directionsAbove: z.number().int(),
  /** All computed singular values are above the edge: there may be more. */
  isCut: z.boolean(),
})
export type Spectrum = z.infer<typeof spectrumSchema>

const splitSchema = z.strictObject({
  scheme: z.string(),
  /** Sum of squares of quantised base - base. */
  quantisation: z.number(),
  /** Sum of squares of variant - quantised base, and of the quantised base. */
  training: z.number(),
  quantisedBase: z.number(),
})

export const tensorRowSchema = z.strictObject({
  name: z.string(),
  /** Module kind: q_proj, down_proj, embed_tokens, norm, bias ... */
  kind: z.string(),
  layer: z.number().int().nullable(),
  shape: z.array(z.number().int()),
  /** null: not there. */
  baseDtype: z.string().nullable(),
  variantDtype: z.string().nullable(),
  /** compared; or why not. */
  status: z.enum(['compared', 'only-base', 'only-variant', 'shape-differs']),
  /** Rows of a vocabulary that one side has more of: the shared ones are compared. */
  vocabularyRows: z.strictObject({ base: z.number().int(), variant: z.number().int() }).optional(),
  /** Every value is equal. */
  isIdentical: z.boolean(),
  sums: sumsSchema.nullable(),
  elements: z.union([elementsSchema, absentSchema]),
  spectrum: z.union([spectrumSchema, absentSchema]),
  /** Of a quantised variant: what quantisation did and what training did. */
  split: z.union([splitSchema, absentSchema]).optional(),
  /** Embedding rows that moved most: [row, norm of its delta], largest first. */
  movedRows: z.array(z.tuple([z.number().int(), z.number()])).optional(),
})
export type TensorRow = z.infer<typeof tensorRowSchema>
export type TensorSums = z.infer<typeof sumsSchema>
export type TensorElements = z.infer<typeof elementsSchema>

const measureSchema = z.union([estimateSchema, absentSchema])

const absDeltaSchema = z.strictObject({
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  /** Zero line: root mean square of what rounding alone gives. */
  rounding: z.number(),
})

/** The measures of one tensor, or pooled over several as ratios of sums. */
export const measuresSchema = z.strictObject({
  tensors: z.number().int(),
  parameters: z.number().int(),
  /** |delta| / |base|, Frobenius norms. Zero line: what rounding alone gives. */
  relativeChange: measureSchema,
  /** 1 - cosine of base and variant. */
  oneMinusCosine: measureSchema,
  maxAbsDelta: measureSchema,
  /** Quantiles of |delta| over all elements, by percent. */
  absDelta: z.union([absDeltaSchema, absentSchema]),
  changedShare: measureSchema,
  aboveOneUlpShare: measureSchema,
  signFlipShare: measureSchema,
  /** Relative change by quantisation alone and by training alone. */
  quantisationAlone: measureSchema.optional(),
  trainingAlone: measureSchema.optional(),
})
export type Measures = z.infer<typeof measuresSchema>

const spectralSchema = z.strictObject({
  topSingularValue: z.number(),
  /** |delta|^2 / topSingularValue^2. */
  stableRank: z.number(),
  /** Share of |delta|^2 in the first 1, 8 and 64 singular values. */
  energy: z.record(z.string(), z.number()),
  directionsAbove: z.number().int(),
  isCut: z.boolean(),
  method: z.enum(['randomised', 'exact', 'factors']),
  edge: z.number(),
  singularValues: z.array(z.number()),
})
export type Spectral = z.infer<typeof spectralSchema>

const tensorReportSchema = measuresSchema.extend({
  name: z.string(),
  kind: z.string(),
  layer: z.number().int().nullable(),
  shape: z.array(z.number().int()),
  baseDtype: z.string().nullable(),
  variantDtype: z.string().nullable(),
  status: z.enum(['compared', 'only-base', 'only-variant', 'shape-differs']),
  isIdentical: z.boolean(),
  spectrum: z.union([spectralSchema, absentSchema]),
  movedRows: z
    .array(z.strictObject({ row: z.number().int(), token: z.string().nullable(), norm: z.number() }))
    .optional(),
})
export type TensorReport = z.infer<typeof tensorReportSchema>

export const settingChangeSchema = z.strictObject({
  subject: z.string(),
  key: z.string(),
  base: z.string().nullable(),
  variant: z.string().nullable(),
  danger: z.enum(['high', 'medium', 'low']),
  what: z.string(),
})
export type SettingChange = z.infer<typeof settingChangeSchema>

/** settings.json of a measurement: what differs besides weights. */
export const settingsFileSchema = z.strictObject({
  changes: z.array(settingChangeSchema),
  /** What could not be compared, in words; null where there is nothing. */
  notCompared: z.string().nullable(),
})
export type SettingsFile = z.infer<typeof settingsFileSchema>

const variantReportSchema = z.strictObject({
  model: modelSchema,
  /** Where its measurement is kept. */
  folder: z.string(),
  /** One sentence, then its evidence, in words. */
  finding: z.string(),
  evidence: z.array(z.string()),
  settings: z.array(settingChangeSchema),
  /** All but norms and biases, whose norm can drown that of everything else. */
  matrices: measuresSchema,
  whole: measuresSchema,
  kinds: z.array(measuresSchema.extend({ kind: z.string() })),
  layers: z.array(measuresSchema.extend({ layer: z.number().int() })),
  tensors: z.array(tensorReportSchema),
  leftOut: z.array(
    z.strictObject({ side: z.enum(['base', 'variant']), name: z.string(), reason: z.string() }),
  ),
})
export type VariantReport = z.infer<typeof variantReportSchema>

/** Variants among each other; matrices in the order of `names`. */
const acrossSchema = z.strictObject({
  names: z.array(z.string()),
  /** Cosine of the deltas over all tensors that every variant shares; null where a delta is zero. */
  deltaCosine: z.array(z.array(z.number().nullable())),
  /** Value of random directions: mean 0, standard deviation 1 / sqrt(parameters). */
  deltaCosineRandom: z.number(),
  /** |U1' U2|^2 / min(k1, k2) of the column spaces, mean over matrices; null without a matrix in which both stand above rounding. */
  subspaceOverlap: z.array(z.array(z.number().nullable())),
  /** What random subspaces of the same sizes give: max(k1, k2) / n, mean over the same matrices. */
  subspaceOverlapRandom: z.array(z.array(z.number().nullable())),
})
export type Across = z.infer<typeof acrossSchema>

export const weightsReportSchema = z.strictObject({
  schema: z.literal(WEIGHTS_SCHEMA),
  base: modelSchema,
  variants: z.array(variantReportSchema),
  across: acrossSchema.nullable(),
})
export type WeightsReport = z.infer<typeof weightsReportSchema>
