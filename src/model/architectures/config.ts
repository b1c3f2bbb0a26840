// config.json of a decoder, as far as all architectures read it: transformers 4 and 5, and GGUF metadata in its terms.
import { z } from 'zod'
import { UserError } from '../../util/errors.ts'

const size = z.number().int().positive()

const decoderSchema = z.looseObject({
  model_type: z.string(),
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().nullish(),
  hidden_activation: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: size.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: z.number().int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  query_pre_attn_scalar: z.number().positive().nullish(),
  sliding_window_pattern: size.nullish(),
  attn_logit_softcapping: z.number().nullish(),
  final_logit_softcapping: z.number().nullish(),
  max_position_embeddings: size.nullish(),
})
export type DecoderConfig = z.infer<typeof decoderSchema>

/** Config of a decoder, checked. Fields that are missing or wrong are named. */
export function decoderConfig(config: Readonly<Record<string, unknown>>): DecoderConfig {
  const parsed = decoderSchema.safeParse(config)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new UserError(`config.json, ${issue.path.join('.')}: ${issue.message}`, {
      hint: 'the file is not that of a decoder, or it is damaged: download it again',
    })
  }
  const { data } = parsed
  for (const key of ['attn_logit_softcapping', 'final_logit_softcapping'] as const) {
    if (data[key] != null) throw notBuilt(data.model_type, `${key} ${data[key]}`)
  }
  return data
}

export interface Heads {
  heads: number
  kvHeads: number
  headDim: number
}

export function headsOf(config: DecoderConfig): Heads {
  const heads = config.num_attention_heads
  const kvHeads = config.num_key_value_heads ?? heads
  const headDim = config.head_dim ?? config.hidden_size / heads
  if (heads % kvHeads !== 0 || !Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new UserError(
      `config.json: ${heads} heads over ${kvHeads} key-value heads of size ${headDim} cannot be`,
      { hint: 'the file is damaged: download it again' },
    )
  }
  return { heads, kvHeads, headDim }
}

/** Refuses an activation other than the one that the architecture is built with. */
export function checkActivation(config: DecoderConfig, known: readonly string[]): void {
  const found = config.hidden_activation ?? config.hidden_act
  if (found != null && !known.includes(found)) throw notBuilt(config.model_type, `activation ${found}`)
}

export function notBuilt(modelType: string, what: string): UserError {
  return new UserError(`${what} of this ${modelType} model is not built here`, {
    hint: 'weights can be compared without running it: tunediff weights BASE VARIANT',
  })
}
