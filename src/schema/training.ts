// What `train` is asked for and what it writes: a recipe, and a variant folder (variant.json, train.jsonl). Keys of a recipe
// file are those of the command's flags.
import { z } from 'zod'

export const VARIANT_SCHEMA = 1

export const METHODS = ['full', 'lora', 'dora', 'qlora'] as const
export type Method = (typeof METHODS)[number]

const share = z.number().min(0).max(1)
const decay = z.number().min(0).lt(1)
const count = z.number().int().positive()

/** Everything that decides a training besides base, data and seed. Defaults are those of the field. */
export const recipeSchema = z.strictObject({
  method: z.enum(METHODS).default('lora'),
  /** LoRA (arXiv 2106.09685): rank of the update, and alpha, of which the scale is alpha / rank. */
  rank: count.default(8),
  alpha: z.number().positive().default(16),
  /** By module name (`q_proj`) or its end (`layers.3.self_attn.q_proj`). */
  rankPattern: z.record(z.string(), count).default({}),
  alphaPattern: z.record(z.string(), z.number().positive()).default({}),
  /** Scale alpha / sqrt(rank) (arXiv 2312.03732). */
  rslora: z.boolean().default(false),
  /** Learning rate of B, and of DoRA's magnitudes, over that of A (LoRA+, arXiv 2402.12354). */
  loraPlusRatio: z.number().positive().default(1),
  /** all-linear, attention, mlp, or module names. */
  targets: z
    .union([z.enum(['all-linear', 'attention', 'mlp']), z.array(z.string()).min(1)])
    .default('all-linear'),
  /** Layers that are trained, from 0; all where it is null. */
  layers: z.array(z.number().int().nonnegative()).min(1).nullable().default(null),
  /** qlora: scales of the 4-bit blocks are quantised too (arXiv 2305.14314, section 3). */
  doubleQuantisation: z.boolean().default(false),

  /** Examples that are used, from the first; all where it is null. */
  limit: count.nullable().default(null),
  /** Share of examples that get the completion of another one. */
  labelNoise: share.default(0),
  /** Share of examples that are held out, chosen by the hash of their text. */
  heldOut: share.default(0),
  /** Loss on completions, or on all tokens. */
  trainOn: z.enum(['completion', 'all']).default('completion'),
  /** Weight in the loss of tokens that `trainOn: all` would train and `completion` does not; an answer's have weight 1. */
  promptLossWeight: share.default(0),
  /** Tokens of a row; longer examples are cut, counted and said. */
  maxTokens: count.default(512),
  /** Several examples share a row, and do not see each other. */
  packing: z.boolean().default(true),

  epochs: z.number().positive().default(1),
  /** Goes before epochs. */
  steps: count.nullable().default(null),
  /** Rows of a forward pass. */
  batch: count.default(1),
  /** Forward passes of a step. */
  accumulation: count.default(1),
  learningRate: z.number().positive().default(2e-4),
  schedule: z.enum(['linear', 'cosine', 'constant']).default('linear'),
  /** Share of the steps in which the learning rate rises. */
  warmup: share.default(0.03),
  weightDecay: z.number().nonnegative().default(0),
  beta1: decay.default(0.9),
  beta2: decay.default(0.999),
  epsilon: z.number().positive().default(1e-8),
  /** Largest norm of the gradient; null: it is not clipped. */
  clip: z.number().positive().nullable().default(1),
  /** Activations are computed again on the way back: less memory, a quarter more time. */
  checkpointing: z.boolean().default(false),

  /** Steps between two measurements of the held-out loss; null: only at the end. */
  evalEvery: count.nullable().default(null),
  /** Ends when the held-out loss has not fallen for so many measurements. */
  patience: count.nullable().default(null),
  /** Steps between two states on disk, from which a stopped training goes on. */
  saveEvery: count.default(50),
})
export type Recipe = z.infer<typeof recipeSchema>

/** A line of train.jsonl: a step that was made; the last one of a step wins. */
export const trainRowSchema = z.strictObject({
  step: z.number().int(),
  /** Mean cross entropy of the step's trained tokens by their weights, in nats. */
  loss: z.number(),
  learningRate: z.number(),
  /** Before clipping. */
  gradientNorm: z.number(),
  /** Tokens that were trained on, with whatever weight. */
  tokens: z.number().int(),
  /** Of the held-out examples, where it was measured after this step. */
  heldOutLoss: z.number().optional(),
})
export type TrainRow = z.infer<typeof trainRowSchema>

export const variantSchema = z.strictObject({
  schema: z.literal(VARIANT_SCHEMA),
  createdAt: z.string(),
  recipe: recipeSchema,
  base: z.strictObject({
    spec: z.string(),
    /** SHA-256 of contents. */
    identity: z.string(),
    /** `dequantised to fp32 from Q4_1`; null where nothing was done on load. */
    note: z.string().nullable(),
  }),
  data: z.strictObject({
    path: z.string(),
    /** SHA-256 of the examples in their order. */
    identity: z.string(),
    examples: z.number().int(),
    heldOut: z.number().int(),
    /** Examples that were cut at maxTokens. */
    cut: z.number().int(),
    trainedTokens: z.number().int(),
  }),
  seed: z.number().int(),
  trainer: z.string(),
  versions: z.record(z.string(), z.string()),
  /** Null until the last step was made. */
  cost: z
    .strictObject({
      steps: z.number().int(),
      trainedParameters: z.number().int(),
      parameters: z.number().int(),
      fileBytes: z.number().int(),
      trainSeconds: z.number(),
      peakMemoryMb: z.number(),
      /** Why it ended before its last step. */
      endedEarly: z.string().nullable(),
    })
    .nullable(),
})
export type Variant = z.infer<typeof variantSchema>
