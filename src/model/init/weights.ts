// Weights of a decoder as transformers 5 names and shapes them (models/TYPE/modeling_TYPE.py) and what they begin as
// (PreTrainedModel._init_weights). What the layers compute is architectures/.
import type { Architecture } from '../architectures/architecture.ts'
import type { DecoderConfig } from '../architectures/config.ts'

export interface Weight {
  name: string
  shape: readonly number[]
  /** Random, or one number everywhere. */
  first: 'normal' | number
  /** A row that is 0 instead. */
  zeroRow?: number
}

/** What is neither the architecture's nor the layers' to say. */
export interface Ends {
  vocabulary: number
  isTied: boolean
  /** Id of the token whose embedding is 0. */
  padding: number | null
}

/** In what the layers of a type differ. */
interface LayerParts {
  biased: readonly string[]
  hasHeadNorms: boolean
  norms: readonly string[]
}

const QKV = ['q_proj', 'k_proj', 'v_proj']
const ATTENTION = [...QKV, 'o_proj']
const MLP = ['gate_proj', 'up_proj', 'down_proj']
const TWO_NORMS = ['input_layernorm', 'post_attention_layernorm']
const FOUR_NORMS = [...TWO_NORMS, 'pre_feedforward_layernorm', 'post_feedforward_layernorm']

const plain: LayerParts = { biased: [], hasHeadNorms: false, norms: TWO_NORMS }
const where = (isAsked: boolean | null | undefined, names: readonly string[]): readonly string[] =>
  isAsked ? names : []

const PARTS: Readonly<Record<string, (config: DecoderConfig) => LayerParts>> = {
  llama: ({ attention_bias: attention, mlp_bias: mlp }) => ({
    ...plain,
    biased: [...where(attention, ATTENTION), ...where(mlp, MLP)],
  }),
  mistral: () => plain,
  qwen2: () => ({ ...plain, biased: QKV }),
  qwen3: ({ attention_bias: attention }) => ({
    ...plain,
    biased: where(attention, ATTENTION),
    hasHeadNorms: true,
  }),
  gemma3_text: ({ attention_bias: attention }) => ({
    biased: where(attention, ATTENTION),
    hasHeadNorms: true,
    norms: FOUR_NORMS,
  }),
}

/** Types of which a model can be made. */
export const INIT_TYPES: readonly string[] = Object.keys(PARTS)

/** All weights of a model of one of these types. */
export function weightsOf(config: DecoderConfig, architecture: Architecture, ends: Ends): Weight[] {
  const { hidden, layers, normOffset } = architecture
  const { vocabulary, isTied, padding } = ends
  const inLayer = layerWeights(config, architecture)
  return [
    {
      ...matrix('model.embed_tokens', vocabulary, hidden),
      ...(padding === null ? {} : { zeroRow: padding }),
    },
    ...layers.flatMap((_, i) =>
      inLayer.map((weight) => ({ ...weight, name: `model.layers.${i}.${weight.name}` })),
    ),
    norm('model.norm', hidden, normOffset),
    ...(isTied ? [] : [matrix('lm_head', vocabulary, hidden)]),
  ]
}

function layerWeights(config: DecoderConfig, architecture: Architecture): Weight[] {
  const { hidden, heads, kvHeads, headDim, normOffset } = architecture
  const { intermediate_size: inner } = config
  const { biased, hasHeadNorms, norms } = PARTS[config.model_type]!(config)
  const linear = (module: string, name: string, [outputs, inputs]: [number, number]): Weight[] => {
    const weight = matrix(`${module}.${name}`, outputs, inputs)
    const bias: Weight = { name: `${module}.${name}.bias`, shape: [outputs], first: 0 }
    return biased.includes(name) ? [weight, bias] : [weight]
  }
  const headNorms = hasHeadNorms ? ['self_attn.q_norm', 'self_attn.k_norm'] : []
  return [
    ...linear('self_attn', 'q_proj', [heads * headDim, hidden]),
    ...linear('self_attn', 'k_proj', [kvHeads * headDim, hidden]),
    ...linear('self_attn', 'v_proj', [kvHeads * headDim, hidden]),
    ...linear('self_attn', 'o_proj', [hidden, heads * headDim]),
    ...linear('mlp', 'gate_proj', [inner, hidden]),
    ...linear('mlp', 'up_proj', [inner, hidden]),
    ...linear('mlp', 'down_proj', [hidden, inner]),
    ...headNorms.map((name) => norm(name, headDim, normOffset)),
    ...norms.map((name) => norm(name, hidden, normOffset)),
  ]
}

const matrix = (module: string, rows: number, columns: number): Weight => ({
  name: `${module}.weight`,
  shape: [rows, columns],
  first: 'normal',
})

/** Multiplies by 1: a weight that stands for 1 + w is 0. */
const norm = (module: string, size: number, offset: number): Weight => ({
  name: `${module}.weight`,
  shape: [size],
  first: 1 - offset,
})
