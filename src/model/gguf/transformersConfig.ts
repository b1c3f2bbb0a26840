// config.json of a model that lies in GGUF, as transformers (4 and 5) reads it: what config.ts says in its terms, and what
// the file says by other means: the class, which biases there are, and Llama 3's rotary scaling, of which GGUF
// holds the factors of each frequency and transformers the parameters (convert_hf_to_gguf.py of llama.cpp makes the ones
// from the others).
import { UserError } from '../../util/errors.ts'
import { readValues } from '../rows.ts'
import { matrixShape, shapeOf } from '../shape.ts'
import type { Model } from '../tensor.ts'

const CLASSES: Readonly<Record<string, string>> = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gemma3_text: 'Gemma3ForCausalLM',
}

/** Of Llama 3.1 and 3.2, in its config; only these factors can be told back. */
const LLAMA3 = { low_freq_factor: 1, high_freq_factor: 4 }
const DEFAULT_THETA = 10_000
/** Relative difference of factors that are fp32 numbers. */
const SAME = 1e-4

type Config = Readonly<Record<string, unknown>>

/** An architecture or a rotary scaling that transformers' config cannot be told for is a UserError. */
export function transformersConfig(
  model: Pick<Model, 'spec' | 'config' | 'tensors' | 'rotaryFactors'>,
): Config {
  const { spec, config, tensors } = model
  const type = String(config.model_type)
  const architecture = Object.hasOwn(CLASSES, type) ? CLASSES[type] : undefined
  if (architecture === undefined) {
    throw new UserError(
      `${spec}: a config.json for transformers is written for ${Object.keys(CLASSES).join(', ')}, this is ${type}`,
      { hint: 'merge it into the safetensors model that the GGUF file was made from' },
    )
  }
  const { rope_scaling: scaling, ...rest } = config
  const embedding = tensors.get('model.embed_tokens.weight')
  const has = (end: string): boolean => [...tensors.keys()].some((name) => name.endsWith(end))
  return {
    architectures: [architecture],
    ...rest,
    ...(embedding ? { vocab_size: embedding.shape[0] } : {}),
    ...(type === 'llama' ? { attention_bias: has('q_proj.bias'), mlp_bias: has('gate_proj.bias') } : {}),
    ...(type === 'gemma3_text' && config.query_pre_attn_scalar === undefined
      ? { query_pre_attn_scalar: config.head_dim }
      : {}),
    ...rotary(model, scaling),
  }
}

function rotary(
  { spec, config, rotaryFactors }: Pick<Model, 'spec' | 'config' | 'rotaryFactors'>,
  scaling: unknown,
): Config {
  if (rotaryFactors) {
    const { columns } = matrixShape(shapeOf(rotaryFactors))
    const factors = readValues(rotaryFactors, 0, 1).subarray(0, columns)
    if (factors.every((factor) => factor === 1)) return {}
    const theta = typeof config.rope_theta === 'number' ? config.rope_theta : DEFAULT_THETA
    const found = llama3Of(factors, theta)
    if (found) return { rope_scaling: { rope_type: 'llama3', ...found } }
    throw new UserError(
      `${spec}: its rotary factors are not those of Llama 3, and transformers has no others`,
      {
        hint: 'merge it into the safetensors model that the GGUF file was made from',
      },
    )
  }
  const type = (scaling as { rope_type?: unknown } | undefined)?.rope_type
  return type === undefined || type === 'none' ? {} : { rope_scaling: scaling }
}

/** The parameters whose factors these are; the original length is a power of two. */
function llama3Of(factors: Float32Array, theta: number): Record<string, number> | undefined {
  const factor = Math.max(...factors)
  for (let original = 8; original <= 2 ** 20; original *= 2) {
    const made = llama3Factors({ factor, original, theta, pairs: factors.length })
    if (made.every((value, i) => Math.abs(value - factors[i]!) <= SAME * value)) {
      return { factor, ...LLAMA3, original_max_position_embeddings: original }
    }
  }
  return undefined
}

function llama3Factors(of: { factor: number; original: number; theta: number; pairs: number }): number[] {
  const { factor, original, theta, pairs } = of
  const { low_freq_factor: low, high_freq_factor: high } = LLAMA3
  return Array.from({ length: pairs }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** (i / pairs)
    if (wavelength < original / high) return 1
    if (wavelength > original / low) return factor
    const smooth = (original / wavelength - low) / (high - low)
    return 1 / ((1 - smooth) / factor + smooth)
  })
}
