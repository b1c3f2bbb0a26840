// What `export` writes beside files: whether they are the variant that was exported, and where a merged model comes from.
import { z } from 'zod'

export const EXPORT_SCHEMA = 1

/** All KL divergences are means in nats a token. */
export const fidelitySchema = z.strictObject({
  /** Positions of the probe text. */
  tokens: z.number().int(),
  /** Of the exported files from the running variant; null where it is infinite. */
  kl: z.number().nullable(),
  /** Of the base, or a variant that went far from it, rounded as the files are, from itself; 0 where nothing is rounded. */
  zero: z.number(),
  /** Above it the files are another model. */
  limit: z.number(),
  /** Of the base from the running variant; null where there is no adapter. Below the limit nothing can be told. */
  moved: z.number().nullable(),
  verdict: z.enum(['faithful', 'broken', 'cannot-tell']),
})
export type Fidelity = z.infer<typeof fidelitySchema>

/** variant.json beside model/ of a merged model. */
export const mergedVariantSchema = z.strictObject({
  schema: z.literal(EXPORT_SCHEMA),
  createdAt: z.string(),
  recipe: z.strictObject({
    method: z.literal('merged'),
    /** Types of the files: F32, F16, BF16. */
    dtypes: z.array(z.enum(['F32', 'F16', 'BF16'])),
    /** Of the base on load: NF4, NF4_DQ. */
    quantised: z.string().nullable(),
    /** Folders of the adapters, innermost first. */
    adapters: z.array(z.string()),
  }),
  base: z.strictObject({
    spec: z.string(),
    identity: z.string(),
    note: z.string().nullable(),
  }),
  /** What was merged. */
  variant: z.strictObject({
    spec: z.string(),
    identity: z.string(),
    /** Its variant.json, where it had one. */
    lineage: z.record(z.string(), z.unknown()).nullable(),
  }),
  notes: z.array(z.string()),
  /** Null until it was checked. */
  fidelity: z.union([fidelitySchema, z.strictObject({ absent: z.string() })]).nullable(),
  versions: z.record(z.string(), z.string()),
})
export type MergedVariant = z.infer<typeof mergedVariantSchema>
