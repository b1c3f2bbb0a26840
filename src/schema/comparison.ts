// What `compare` finds: one comparison a task, base against each variant, with warnings. The contract of --json.
import { z } from 'zod'
import { absentSchema, estimateSchema } from './estimate.ts'
import { outcomeClassSchema, ruleSchema } from './run.ts'

export const COMPARISON_SCHEMA = 1

/** better, worse: Holm p < 0.05. no-worse: the interval lies above -margin. cannot-tell: none of these. */
export const findingSchema = z.enum(['better', 'worse', 'no-worse', 'cannot-tell'])
export type Finding = z.infer<typeof findingSchema>

/** What a log says of its own answers, and the problems where judging them again gave something else. */
const claimedSchema = z.strictObject({ passed: z.number().int(), differs: z.array(z.string()) }).nullable()

export const sideReportSchema = z.strictObject({
  name: z.string(),
  /** Problems with a score. */
  n: z.number().int(),
  /** Problems passed; null with repeats or with scores that are not one bit a problem. */
  passed: z.number().int().nullable(),
  /** Pass rate or mean score, a fraction; with repeats the mean of problem means. */
  rate: estimateSchema,
  /** Samples that did not pass, by outcome class; empty where scores were recorded. */
  failures: z.partialRecord(outcomeClassSchema, z.number().int()),
  claimed: claimedSchema,
  /** Assembly rule that the side is scored under; null where scores were recorded. */
  rule: ruleSchema.nullable(),
})
export type SideReport = z.infer<typeof sideReportSchema>

const ruleRowSchema = z.strictObject({
  rule: ruleSchema,
  basePassed: z.number().int(),
  variantPassed: z.number().int(),
  delta: estimateSchema,
  /** Problems whose outcome is another than under the side's default rule. */
  baseDiffers: z.array(z.string()),
  variantDiffers: z.array(z.string()),
  /** Side whose answers the rule does not fit: most of them do not even define the function under it. */
  doesNotFit: z.array(z.enum(['base', 'variant'])),
})
export type RuleRow = z.infer<typeof ruleRowSchema>

export const variantReportSchema = sideReportSchema.extend({
  /** variant - base over paired problems, a fraction. */
  delta: estimateSchema,
  gained: z.array(z.string()),
  lost: z.array(z.string()),
  test: z.enum(['mcnemar-exact', 'sign-flip']),
  p: z.number(),
  /** p after Holm over all variants and tasks of the report. */
  holmP: z.number(),
  mcnemarP: z.number().nullable(),
  /** Smallest true difference that this comparison finds with 80 % power at 0.05, a fraction. */
  mde: z.number().nullable(),
  /** n over the n that the observed gap needs for 80 % power; null where no gap was observed. */
  resolution: z.number().nullable(),
  finding: findingSchema,
  sentence: z.string(),
  paired: z.number().int(),
  unpaired: z.array(z.string()),
  zeroLine: z.union([z.strictObject({ flips: z.number().int(), n: z.number().int() }), absentSchema]),
  fingerprintDiffers: z.array(z.string()),
  rules: z.array(ruleRowSchema),
})
export type VariantReport = z.infer<typeof variantReportSchema>

const comparisonSchema = z.strictObject({
  task: z.string(),
  metric: z.string(),
  n: z.number().int(),
  base: sideReportSchema,
  variants: z.array(variantReportSchema),
})
export type Comparison = z.infer<typeof comparisonSchema>

export const warningSchema = z.strictObject({ code: z.string(), message: z.string() })
export type Warning = z.infer<typeof warningSchema>

export const comparisonReportSchema = z.strictObject({
  schema: z.literal(COMPARISON_SCHEMA),
  /** Half-width of the equivalence band that the user asked for, a fraction; null without one. */
  margin: z.number().nullable(),
  comparisons: z.array(comparisonSchema),
  warnings: z.array(warningSchema),
})
export type ComparisonReport = z.infer<typeof comparisonReportSchema>
