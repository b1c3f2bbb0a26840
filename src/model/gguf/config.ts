// GGUF metadata in the terms of Hugging Face's config.json, so that settings of models in both formats can be compared.
// What the file does not say is absent. Keys: docs/gguf.md of ggml; terms: transformers.
import type { GgufHeader } from './header.ts'
import { isArray, type MetadataValue } from './metadata.ts'

/** Behind the architecture's name. */
const TERMS: Readonly<Record<string, string>> = {
  context_length: 'max_position_embeddings',
  block_count: 'num_hidden_layers',
  feed_forward_length: 'intermediate_size',
  embedding_length: 'hidden_size',
  vocab_size: 'vocab_size',
  expert_count: 'num_experts',
  expert_used_count: 'num_experts_per_tok',
  expert_feed_forward_length: 'moe_intermediate_size',
  attn_logit_softcapping: 'attn_logit_softcapping',
  final_logit_softcapping: 'final_logit_softcapping',
  logit_scale: 'logit_scale',
  embedding_scale: 'embedding_multiplier',
  residual_scale: 'residual_multiplier',
  'attention.head_count': 'num_attention_heads',
  'attention.head_count_kv': 'num_key_value_heads',
  'attention.key_length': 'head_dim',
  'attention.layer_norm_rms_epsilon': 'rms_norm_eps',
  'attention.layer_norm_epsilon': 'layer_norm_eps',
  'attention.sliding_window': 'sliding_window',
  'rope.freq_base': 'rope_theta',
}

const TOKENIZER_TERMS: Readonly<Record<string, string>> = {
  'tokenizer.ggml.bos_token_id': 'bos_token_id',
  'tokenizer.ggml.eos_token_id': 'eos_token_id',
  'tokenizer.ggml.padding_token_id': 'pad_token_id',
  'tokenizer.ggml.unknown_token_id': 'unk_token_id',
}

/** Names of its own for what llama.cpp multiplies with besides: Hugging Face's attention_factor is the whole product. */
const ROPE_SCALING: Readonly<Record<string, string>> = {
  type: 'rope_type',
  factor: 'factor',
  original_context_length: 'original_max_position_embeddings',
  attn_factor: 'attn_factor',
  yarn_attn_factor: 'yarn_attn_factor',
  yarn_ext_factor: 'yarn_ext_factor',
  yarn_log_multiplier: 'yarn_log_multiplier',
  yarn_beta_fast: 'beta_fast',
  yarn_beta_slow: 'beta_slow',
}

/** Where it is not the architecture's name. */
const MODEL_TYPES: Readonly<Record<string, string>> = {
  'command-r': 'cohere',
  gemma3: 'gemma3_text',
  qwen2moe: 'qwen2_moe',
  qwen3moe: 'qwen3_moe',
}

/** Architectures whose rope.dimension_count is the size of a head. */
const WHOLE_HEAD_ROPE = new Set(['llama', 'granite', 'smollm3'])

export function configOf({ metadata, tensors }: GgufHeader): Record<string, unknown> {
  const config: Record<string, unknown> = {}
  const architecture = metadata.get('general.architecture')
  const put = (term: string, value: MetadataValue | undefined): void => {
    if (value !== undefined) config[term] = plain(value)
  }
  if (typeof architecture === 'string') {
    const type = Object.hasOwn(MODEL_TYPES, architecture) ? MODEL_TYPES[architecture] : architecture
    put('model_type', type)
    for (const [key, term] of Object.entries(TERMS)) put(term, metadata.get(`${architecture}.${key}`))
    if (config.head_dim === undefined && WHOLE_HEAD_ROPE.has(architecture)) {
      put('head_dim', metadata.get(`${architecture}.rope.dimension_count`))
    }
    const scaling = Object.entries(ROPE_SCALING).flatMap(([key, term]) => {
      const value = metadata.get(`${architecture}.rope.scaling.${key}`)
      return value === undefined ? [] : [[term, plain(value)] as const]
    })
    if (scaling.length > 0) config.rope_scaling = Object.fromEntries(scaling)
  }
  for (const [key, term] of Object.entries(TOKENIZER_TERMS)) put(term, metadata.get(key))
  const tokens = metadata.get('tokenizer.ggml.tokens')
  if (config.vocab_size === undefined && isArray(tokens)) config.vocab_size = lengthOf(tokens)
  config.tie_word_embeddings = tensors.every(({ name }) => name !== 'output.weight')
  return config
}

function plain(value: MetadataValue): unknown {
  if (typeof value === 'number') return shortest(value)
  if (typeof value === 'bigint') return String(value) // JSON has no bigint
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'object' ? `${lengthOf(value)} values` : value
}

/** 1e-5 for the fp32 number that is nearest to it: as config.json has it. */
function shortest(value: number): number {
  if (Number.isInteger(value) || Math.fround(value) !== value) return value
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

const lengthOf = (value: MetadataValue): number =>
  typeof value === 'object' && 'count' in value ? value.count : (value as readonly unknown[]).length
