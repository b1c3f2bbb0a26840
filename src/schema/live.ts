// What the check of a variant's liveness found: live.json, in a folder of a study or beside a run's answers.
import { z } from 'zod'
import { absentSchema } from './estimate.ts'

const movedSchema = z.strictObject({
  /** Largest difference of a token's log-probability, in nats. */
  largest: z.number(),
  /** Mean KL(base || other) in nats a token. */
  kl: z.union([z.number(), absentSchema]),
})

export const livenessSchema = z.strictObject({
  /**
   * identical: every log-probability is the base's, to the bit. within-arithmetic: it moved no further than the base
   * itself does in another batch shape.
   */
  verdict: z.enum(['live', 'within-arithmetic', 'identical']),
  prompts: z.number().int(),
  /** Scored positions. */
  tokens: z.number().int(),
  moved: movedSchema,
  /** The base against itself in another batch shape. */
  zero: movedSchema.extend({ prompts: z.number().int() }),
})
export type Liveness = z.infer<typeof livenessSchema>

export const LIVE_SCHEMA = 1

export const liveFileSchema = z.strictObject({
  schema: z.literal(LIVE_SCHEMA),
  /** Absent where no other weights are claimed. */
  liveness: z.union([livenessSchema, absentSchema]),
})
