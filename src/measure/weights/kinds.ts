// What a tensor is, by its Hugging Face name: module kind and layer. Names are the only thing that files say of it.

export interface Place {
  /** q_proj, down_proj, embed_tokens, lm_head, norm, bias ... : tables have a row for each. */
  kind: string
  /** Index of the transformer block; null outside of blocks. */
  layer: number | null
}

/** Index behind the list of blocks: model.layers.3, transformer.h.3, gpt_neox.layers.3, encoder.layer.3. */
const LAYER = /(?:^|\.)(?:layers?|h|blocks?|blk)\.(\d+)(?:\.|$)/
const NORM = /norm|(?:^|\.)ln_?[a-z0-9]*$/i
const EMBEDDING = /^(?:embed_tokens|wte|word_embeddings|embed_in|tok_embeddings|token_embd)$/
const HEAD = /^(?:lm_head|embed_out|output)$/

export function placeOf(name: string): Place {
  const layer = LAYER.exec(name)?.[1]
  return { kind: kindOf(name), layer: layer === undefined ? null : Number(layer) }
}

function kindOf(name: string): string {
  const parts = name.split('.')
  const last = parts.at(-1)!
  if (last === 'bias') return 'bias'
  const module = (last === 'weight' ? parts.at(-2) : last) ?? last
  if (EMBEDDING.test(module)) return 'embed_tokens'
  if (HEAD.test(module)) return 'lm_head'
  return NORM.test(module) ? 'norm' : module
}

/** Vectors are told apart from matrices: they move on another scale. */
export const isVectorKind = (kind: string): boolean => kind === 'norm' || kind === 'bias'

/** Tables of rows that belong to tokens. */
export const isVocabularyKind = (kind: string): boolean => kind === 'embed_tokens' || kind === 'lm_head'
