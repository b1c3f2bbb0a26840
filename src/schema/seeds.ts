// What seed twins show: trainings of one recipe that differ in the random seed alone, each answered on one task. The
// effect of the recipe with and without the chance of another seed, the zero line between twins, the split variance.
import { z } from 'zod'
import { findingSchema } from './comparison.ts'
import { absentSchema, estimateSchema } from './estimate.ts'

/**
 * seed: one training against another. problem: hard against easy. interaction: what flips between seed twins. sampling:
 * between the answers of one training to one problem.
 */
const varianceSourceSchema = z.enum(['seed', 'problem', 'interaction', 'sampling'])
export type VarianceSource = z.infer<typeof varianceSourceSchema>

const variancePartSchema = z.strictObject({
  /** Variance of one answer from this source. */
  answer: estimateSchema,
  /** Its part in the variance of the score of one training: the mean over the problems. */
  score: estimateSchema,
  /** What the moments gave for `answer.value`; below 0 where that was cut to 0. */
  raw: z.number(),
})
export type VariancePart = z.infer<typeof variancePartSchema>

const varianceSplitSchema = z.strictObject({
  seeds: z.number().int(),
  problems: z.number().int(),
  answers: z.number().int(),
  parts: z.record(varianceSourceSchema, z.union([variancePartSchema, absentSchema])),
  /** Sources that this design cannot tell apart, as one part; null where all are told apart. */
  joined: z.strictObject({ sources: z.array(varianceSourceSchema), part: variancePartSchema }).nullable(),
})
export type VarianceSplit = z.infer<typeof varianceSplitSchema>

/** One statement of an effect: delta to the base, p, Holm's p over the report, and the finding. */
const effectSchema = z.strictObject({
  /** variant - base, mean over seeds and problems, a fraction. */
  delta: estimateSchema,
  p: z.number(),
  holmP: z.number(),
  finding: findingSchema,
})
export type SeedEffect = z.infer<typeof effectSchema>

const twinPairSchema = z.strictObject({
  /** The random seeds of the two: later - earlier. */
  seeds: z.tuple([z.number().int(), z.number().int()]),
  /** Problems whose first answers score differently, of `n`. */
  flips: z.number().int(),
  n: z.number().int(),
  delta: estimateSchema,
})
export type TwinPair = z.infer<typeof twinPairSchema>

/** From the variances measured here: with two or three seeds that of the seeds is rough, and so is the plan. */
const planSchema = z.strictObject({
  /** True effect that this statement is to show with 80 % power, or to call no worse where there is none: a fraction. */
  margin: z.number(),
  /** Power at that effect with the seeds and problems that there are. */
  power: z.number(),
  /** Seeds in all that reach 80 % on these problems, and problems in all with these seeds; null where no number does. */
  seeds: z.number().int().nullable(),
  problems: z.number().int().nullable(),
})
export type SeedPlan = z.infer<typeof planSchema>

export const seedReportSchema = z.strictObject({
  recipe: z.string(),
  task: z.string(),
  seeds: z.array(z.number().int()),
  /** Problems that the base and every twin have a score of; `unpaired` are left out of the effect. */
  paired: z.number().int(),
  unpaired: z.array(z.string()),
  /** Delta of each training, in the order of `seeds`. */
  deltas: z.array(estimateSchema),
  /** About the recipe: another seed and other problems of this kind may come. */
  ofRecipe: z.union([effectSchema, absentSchema]),
  /** About these very trainings: other problems of this kind may come. */
  ofTrainings: effectSchema,
  /** Sign flips of the seeds' deltas, on these very problems; p cannot be below `least` = 2^(1 - seeds). */
  signFlip: z.union([z.strictObject({ p: z.number(), least: z.number() }), absentSchema]),
  twins: z.union([z.strictObject({ pairs: z.array(twinPairSchema), flipRate: z.number() }), absentSchema]),
  variance: varianceSplitSchema,
  /** Smallest true effect that the statement about the recipe finds with 80 % power, a fraction; null where none. */
  mde: z.number().nullable(),
  plan: z.union([planSchema, absentSchema]),
})
export type SeedReport = z.infer<typeof seedReportSchema>
