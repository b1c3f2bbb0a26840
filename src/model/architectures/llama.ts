// Llama (arXiv 2302.13971, section 2.2; Llama 3: arXiv 2407.21783), and what is built alike: Mistral (arXiv 2310.06825,
// with a sliding window in its first version, and without biases whatever its config says) and SmolLM.

import { add } from '../../tensor/ops/add.ts'
import { swiglu } from '../../tensor/ops/swiglu.ts'
import type { Value } from '../../tensor/tape.ts'
import type { Family, LayerNet } from './architecture.ts'
import { checkActivation, decoderConfig, headsOf } from './config.ts'
import { rotaryOf } from './rotary.ts'

export const llama: Family = {
  modelTypes: ['llama', 'mistral'],
  read(raw) {
    const config = decoderConfig(raw)
    checkActivation(config, ['silu', 'swish'])
    const heads = headsOf(config)
    const rotary = rotaryOf({ config: raw, headDim: heads.headDim })
    const isMistral = config.model_type === 'mistral'
    const window = isMistral ? (config.sliding_window ?? null) : null
    const bias = {
      attention: !isMistral && (config.attention_bias ?? false),
      mlp: !isMistral && (config.mlp_bias ?? false),
    }
    return {
      ...heads,
      layers: Array.from({ length: config.num_hidden_layers }, () => ({ rotary, window })),
      hidden: config.hidden_size,
      epsilon: config.rms_norm_eps,
      attentionScale: heads.headDim ** -0.5,
      embeddingScale: 1,
      normOffset: 0,
      layer: (net, x) => layer(net, x, bias),
    }
  },
}

interface Biases {
  attention: boolean
  mlp: boolean
}

function layer(net: LayerNet, x: Value, bias: Biases): Value {
  const h = add(net.tape, x, attention(net, net.norm('input_layernorm', x), bias.attention))
  return add(net.tape, h, mlp(net, net.norm('post_attention_layernorm', h), bias.mlp))
}

function attention(net: LayerNet, x: Value, bias: boolean): Value {
  const q = net.rotate(net.linear('self_attn.q_proj', x, { bias }))
  const k = net.rotate(net.linear('self_attn.k_proj', x, { bias }))
  const v = net.linear('self_attn.v_proj', x, { bias })
  return net.linear('self_attn.o_proj', net.attend(q, k, v), { bias })
}

function mlp(net: LayerNet, x: Value, bias: boolean): Value {
  const gate = net.linear('mlp.gate_proj', x, { bias })
  const up = net.linear('mlp.up_proj', x, { bias })
  return net.linear('mlp.down_proj', swiglu(net.tape, gate, up), { bias })
}
