// Gemma 3, text (arXiv 2503.19786, section 2): normalisations before and after attention and MLP with weights 1 + w,
// normalised heads of q and k, GeGLU, embeddings scaled by sqrt(hidden), and five layers with a sliding window and a
// short rotary base to one that sees everything.
import { add } from '../../tensor/ops/add.ts'
import { geglu } from '../../tensor/ops/geglu.ts'
import type { Value } from '../../tensor/tape.ts'
import type { Family, LayerAttention, LayerNet } from './architecture.ts'
import { checkActivation, type DecoderConfig, decoderConfig, headsOf } from './config.ts'
import { rotaryOf } from './rotary.ts'

const LOCAL_THETA = 10_000
const GLOBAL_THETA = 1_000_000
const PATTERN = 6

export const gemma3: Family = {
  modelTypes: ['gemma3_text', 'gemma3'],
  read(whole) {
    const raw = textConfig(whole)
    const config = decoderConfig({ head_dim: 256, ...raw })
    checkActivation(config, ['gelu_pytorch_tanh'])
    const heads = headsOf(config)
    return {
      ...heads,
      layers: attentions(config, raw, heads.headDim),
      hidden: config.hidden_size,
      epsilon: config.rms_norm_eps,
      attentionScale: (config.query_pre_attn_scalar ?? heads.headDim) ** -0.5,
      embeddingScale: Math.fround(Math.sqrt(config.hidden_size)),
      normOffset: 1,
      layer,
    }
  },
}

/** Models that also see pictures keep the decoder's config in a part of its own. */
function textConfig(whole: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { text_config: inner } = whole
  return typeof inner === 'object' && inner !== null
    ? { model_type: 'gemma3_text', ...(inner as Record<string, unknown>) }
    : whole
}

function attentions(
  config: DecoderConfig,
  raw: Readonly<Record<string, unknown>>,
  headDim: number,
): LayerAttention[] {
  const pattern = config.sliding_window_pattern ?? PATTERN
  const { rope_theta: theta, rope_local_base_freq: localTheta } = raw
  const own = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise)
  const local: LayerAttention = {
    rotary: rotaryOf({
      config: raw,
      headDim,
      layerType: 'sliding_attention',
      own: { theta: own(localTheta, LOCAL_THETA), isScaled: false },
    }),
    window: config.sliding_window ?? null,
  }
  const global: LayerAttention = {
    rotary: rotaryOf({
      config: raw,
      headDim,
      layerType: 'full_attention',
      own: { theta: own(theta, GLOBAL_THETA), isScaled: true },
    }),
    window: null,
  }
  return Array.from({ length: config.num_hidden_layers }, (_, i) => {
    const type = config.layer_types?.[i]
    const isGlobal = type === undefined ? (i + 1) % pattern === 0 : type === 'full_attention'
    return isGlobal ? global : local
  })
}

function layer(net: LayerNet, x: Value): Value {
  const attended = attention(net, net.norm('input_layernorm', x))
  const h = add(net.tape, x, net.norm('post_attention_layernorm', attended))
  const fed = mlp(net, net.norm('pre_feedforward_layernorm', h))
  return add(net.tape, h, net.norm('post_feedforward_layernorm', fed))
}

function attention(net: LayerNet, x: Value): Value {
  const q = net.headNorm('self_attn.q_norm', net.linear('self_attn.q_proj', x))
  const k = net.headNorm('self_attn.k_norm', net.linear('self_attn.k_proj', x))
  const v = net.linear('self_attn.v_proj', x)
  return net.linear('self_attn.o_proj', net.attend(net.rotate(q), net.rotate(k), v))
}

function mlp(net: LayerNet, x: Value): Value {
  const gated = geglu(net.tape, net.linear('mlp.gate_proj', x), net.linear('mlp.up_proj', x))
  return net.linear('mlp.down_proj', gated)
}
