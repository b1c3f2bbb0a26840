// Numbers of a model that its headers give: parameters, types with their sizes, layers and widths; and what an adapter
// is made of. No weights are read.

import type { Adapter, Dtype, Model, StoredTensor, TensorSource } from './tensor.ts'
import { record } from './tokenizerParts.ts'

export interface ParameterCount {
  total: number
  /** Input embedding, and the output head where it is a tensor of its own. */
  embedding: number
  withoutEmbedding: number
}

export interface DtypeCount {
  dtype: Dtype
  tensors: number
  parameters: number
  bytes: number
}

/** From config.json, or GGUF metadata in its terms; absent where that does not say. */
export interface Widths {
  layers?: number
  hidden?: number
  intermediate?: number
  heads?: number
  keyValueHeads?: number
  headWidth?: number
  vocabulary?: number
  context?: number
}

const EMBEDDING =
  /(^|\.)(embed_tokens|wte|wpe|word_embeddings|position_embeddings|tok_embeddings|embed_in|embed_out|lm_head)\.weight$/

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

export function countParameters(tensors: Model['tensors']): ParameterCount {
  let total = 0
  let embedding = 0
  for (const { name, shape } of tensors.values()) {
    const size = sizeOf(shape)
    total += size
    if (EMBEDDING.test(name)) embedding += size
  }
  return { total, embedding, withoutEmbedding: total - embedding }
}

/** Largest share of bytes first. Tensors that are one in the file (tied, or stacked) count their bytes once. */
export function countDtypes(tensors: Model['tensors']): DtypeCount[] {
  const counts = new Map<Dtype, DtypeCount>()
  const seen = new Set<string>()
  for (const { dtype, shape, source } of tensors.values()) {
    const count = counts.get(dtype) ?? { dtype, tensors: 0, parameters: 0, bytes: 0 }
    const stored = storedOf(source)
    const place = `${stored.path}:${stored.offset}`
    counts.set(dtype, {
      dtype,
      tensors: count.tensors + 1,
      parameters: count.parameters + sizeOf(shape),
      bytes: count.bytes + (seen.has(place) ? 0 : stored.bytes),
    })
    seen.add(place)
  }
  return [...counts.values()].sort((a, b) => b.bytes - a.bytes)
}

function storedOf(source: TensorSource): StoredTensor {
  return source.kind === 'stored' ? source : storedOf(source.of)
}

const TERMS: Readonly<Record<keyof Widths, readonly string[]>> = {
  layers: ['num_hidden_layers', 'n_layer', 'num_layers'],
  hidden: ['hidden_size', 'n_embd', 'd_model'],
  intermediate: ['intermediate_size', 'n_inner', 'ffn_dim'],
  heads: ['num_attention_heads', 'n_head'],
  keyValueHeads: ['num_key_value_heads'],
  headWidth: ['head_dim'],
  vocabulary: ['vocab_size'],
  context: ['max_position_embeddings', 'n_positions', 'max_seq_len', 'seq_length'],
}

/** Models for images and text have those of the text in text_config. */
export function widthsOf(config: Model['config']): Widths {
  const places = [config, record(config.text_config) ?? {}]
  const widths: Widths = {}
  for (const [name, keys] of Object.entries(TERMS) as [keyof Widths, readonly string[]][]) {
    const found = places
      .flatMap((place) => keys.map((key) => place[key]))
      .find((value) => typeof value === 'number')
    if (typeof found === 'number') widths[name] = found
  }
  return widths
}

export interface AdapterInspection {
  folder: string
  method: string
  /** dora, rslora: what the method was varied by. */
  options: readonly string[]
  /** How many tensors of the base each rank changes. */
  ranks: readonly { rank: number; tensors: number }[]
  alpha: number | null
  /** Some modules have another alpha. */
  alphaPattern: number
  /** Last parts of the modules' names, with how many tensors each. */
  targets: readonly { module: string; tensors: number }[]
  /** Tensors that were trained and saved whole. */
  savedWhole: readonly string[]
  /** Numbers that training changed. */
  parameters: number
  baseName: string | null
  leftOut: Adapter['leftOut']
}

export function inspectAdapterParts(adapter: Adapter): AdapterInspection {
  const { folder, method, config, parts, parameters, baseName, leftOut } = adapter
  const ranks = new Map<number, number>()
  const targets = new Map<string, number>()
  for (const part of parts) {
    if (part.method === 'saved') continue
    if (part.rank !== undefined) ranks.set(part.rank, (ranks.get(part.rank) ?? 0) + 1)
    const module = moduleOf(part.tensor)
    targets.set(module, (targets.get(module) ?? 0) + 1)
  }
  return {
    folder,
    method,
    options: [config.use_dora === true ? 'dora' : '', config.use_rslora === true ? 'rslora' : ''].filter(
      Boolean,
    ),
    ranks: [...ranks].map(([rank, tensors]) => ({ rank, tensors })).sort((a, b) => b.rank - a.rank),
    alpha: typeof config.lora_alpha === 'number' ? config.lora_alpha : null,
    alphaPattern: Object.keys(record(config.alpha_pattern) ?? {}).length,
    targets: [...targets].map(([module, tensors]) => ({ module, tensors })),
    savedWhole: parts.filter((part) => part.method === 'saved').map(({ tensor }) => tensor),
    parameters,
    baseName: baseName ?? null,
    leftOut,
  }
}

/** q_proj of model.layers.0.self_attn.q_proj.weight. */
const moduleOf = (tensor: string): string => tensor.replace(/\.(weight|bias)$/, '').replace(/^.*\./, '')
