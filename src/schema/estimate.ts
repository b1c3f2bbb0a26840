// Estimate: a measured number with its 95 % interval, and its zero line where one was measured.
import { z } from 'zod'

/** Why something was not measured. What was not measured is absent, never 0. */
export const absentSchema = z.strictObject({ absent: z.string() })
export type Absent = z.infer<typeof absentSchema>

const bareEstimateSchema = z.strictObject({
  value: z.number(),
  /** Bounds of the two-sided 95 % interval; null for exact quantities. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Number of independent units (problems or clusters, never repeats x problems). */
  n: z.number().int(),
  /** Name of the interval's method, as in docs/methods.md; "exact" where there is no sampling error. */
  method: z.string(),
})

/** A measured value with its two-sided 95 % interval. Rates and differences of rates are fractions, not percent. */
export const estimateSchema = bareEstimateSchema.extend({
  zero: z.union([bareEstimateSchema, absentSchema]).optional(),
})
export type Estimate = z.infer<typeof estimateSchema>
