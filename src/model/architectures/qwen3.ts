// Qwen3, dense (arXiv 2505.09388, section 2): Llama's layer with a normalisation of each head of q and k before the rotary
// embedding, and no biases unless the config asks for them.
import { add } from '../../tensor/ops/add.ts'
import { swiglu } from '../../tensor/ops/swiglu.ts'
import type { Value } from '../../tensor/tape.ts'
import type { Family, LayerNet } from './architecture.ts'
import { checkActivation, decoderConfig, headsOf } from './config.ts'
import { slidingWindows } from './qwen2.ts'
import { rotaryOf } from './rotary.ts'

export const qwen3: Family = {
  modelTypes: ['qwen3'],
  read(raw) {
    const config = decoderConfig({ head_dim: 128, ...raw })
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
      layer: (net, x) => layer(net, x, config.attention_bias ?? false),
    }
  },
}

function layer(net: LayerNet, x: Value, bias: boolean): Value {
  const h = add(net.tape, x, attention(net, net.norm('input_layernorm', x), bias))
  return add(net.tape, h, mlp(net, net.norm('post_attention_layernorm', h)))
}

function attention(net: LayerNet, x: Value, bias: boolean): Value {
  const q = net.headNorm('self_attn.q_norm', net.linear('self_attn.q_proj', x, { bias }))
  const k = net.headNorm('self_attn.k_norm', net.linear('self_attn.k_proj', x, { bias }))
  const v = net.linear('self_attn.v_proj', x, { bias })
  return net.linear('self_attn.o_proj', net.attend(net.rotate(q), net.rotate(k), v), { bias })
}

function mlp(net: LayerNet, x: Value): Value {
  const gated = swiglu(net.tape, net.linear('mlp.gate_proj', x), net.linear('mlp.up_proj', x))
  return net.linear('mlp.down_proj', gated)
}
