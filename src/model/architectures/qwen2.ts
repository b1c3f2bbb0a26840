// Qwen2 and Qwen2.5 (arXiv 2407.10671, section 2.2): Llama's layer with biases on q, k and v, and a sliding window in the
// upper layers where the config asks for it.
import { add } from '../../tensor/ops/add.ts'
import { swiglu } from '../../tensor/ops/swiglu.ts'
import type { Value } from '../../tensor/tape.ts'
import type { Family, LayerNet } from './architecture.ts'
import { checkActivation, type DecoderConfig, decoderConfig, headsOf } from './config.ts'
import { rotaryOf } from './rotary.ts'

export const qwen2: Family = {
  modelTypes: ['qwen2'],
  read(raw) {
    const config = decoderConfig(raw)
    checkActivation(config, ['silu', 'swish'])
    const heads = headsOf(config)
    const rotary = rotaryOf({ config: raw, headDim: heads.headDim })
    return {
      ...heads,
      layers: slidingWindows(config).map((window) => ({ rotary, window })),
      hidden: config.hidden_size,
      epsilon: config.rms_norm_eps,
      attentionScale: heads.headDim ** -0.5,
      embeddingScale: 1,
      normOffset: 0,
      layer,
    }
  },
}

/** Of each layer: those from `max_window_layers` on have one, where they are used at all. */
export function slidingWindows(config: DecoderConfig): (number | null)[] {
  const { num_hidden_layers: count, layer_types: types, max_window_layers: first = 28 } = config
  const window = config.use_sliding_window ? (config.sliding_window ?? null) : null
  return Array.from({ length: count }, (_, i) =>
    (types ? types[i] === 'sliding_attention' : i >= (first ?? 28)) ? window : null,
  )
}

function layer(net: LayerNet, x: Value): Value {
  const h = add(net.tape, x, attention(net, net.norm('input_layernorm', x)))
  return add(net.tape, h, mlp(net, net.norm('post_attention_layernorm', h)))
}

function attention(net: LayerNet, x: Value): Value {
  const q = net.rotate(net.linear('self_attn.q_proj', x, { bias: true }))
  const k = net.rotate(net.linear('self_attn.k_proj', x, { bias: true }))
  const v = net.linear('self_attn.v_proj', x, { bias: true })
  return net.linear('self_attn.o_proj', net.attend(q, k, v))
}

function mlp(net: LayerNet, x: Value): Value {
  const gated = swiglu(net.tape, net.linear('mlp.gate_proj', x), net.linear('mlp.up_proj', x))
  return net.linear('mlp.down_proj', gated)
}
