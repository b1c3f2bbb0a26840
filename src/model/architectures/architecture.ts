// What the engine has to know of an architecture, and what an architecture's layer is written with. One file beside
// this one is one family of decoders; a layer reads like the equations of its paper.
import type { Tape, Value } from '../../tensor/tape.ts'
import type { Rotary } from './rotary.ts'

/** What may differ between the layers of one model without being a weight. */
export interface LayerAttention {
  rotary: Rotary
  /** A position sees this many positions, itself included; null: all before it. */
  window: number | null
}

export interface Architecture {
  /** Decoder layers, in order. */
  layers: readonly LayerAttention[]
  hidden: number
  heads: number
  kvHeads: number
  headDim: number
  /** Of the normalisations. */
  epsilon: number
  /** Scores are multiplied with it: 1 / sqrt(head size) in most. */
  attentionScale: number
  /** Embeddings are multiplied with it. */
  embeddingScale: number
  /** What a normalisation's weight is short of: 1 where w stands for 1 + w. */
  normOffset: number
  /** One decoder layer over x [batch * length, hidden]. */
  layer(net: LayerNet, x: Value): Value
}

/** A layer under construction. Names are those of its weights, without `model.layers.N.` and `.weight`. */
export interface LayerNet {
  readonly tape: Tape
  /** x [N, in] -> [N, out], with the adapters that are on this weight. `bias: true` asks for one, else it is taken where it is there. */
  linear(name: string, x: Value, options?: { bias?: boolean }): Value
  /** Root mean square normalisation over the last dimension of x [N, size]. */
  norm(name: string, x: Value): Value
  /** The same over each head of x [N, heads * headDim]. */
  headNorm(name: string, x: Value): Value
  /** Rotary position embedding of x [N, heads * headDim]. */
  rotate(x: Value): Value
  /** Causal attention: q [N, heads * headDim], k and v [N, kvHeads * headDim] -> [N, heads * headDim]. */
  attend(q: Value, k: Value, v: Value): Value
}

/** A family of decoders: which `model_type`s it is, and how a config is read. */
export interface Family {
  modelTypes: readonly string[]
  /** `config` is config.json, or GGUF metadata in its terms. What is not built is a UserError. */
  read(config: Readonly<Record<string, unknown>>): Architecture
}
