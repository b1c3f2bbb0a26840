// Frequencies of the rotary position embedding (RoFormer, arXiv 2104.09864, section 3.2.2) and their scalings: linear
// (position interpolation, arXiv 2306.15595), llama3 (Llama 3.1), yarn (arXiv 2309.00071, sections 3.2 to 3.4), and
// factors as GGUF files hold them. Numbers are rounded to fp32 where transformers does it.
import { z } from 'zod'
import { UserError } from '../../util/errors.ts'
import { notBuilt } from './config.ts'

export interface Rotary {
  /** Angle a position of each pair of dimensions: headDim / 2 numbers. */
  frequencies: Float32Array
  /** cos and sin are multiplied with it. */
  scale: number
}

const parametersSchema = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().positive().nullish(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().nullish(),
  high_freq_factor: z.number().positive().nullish(),
  original_max_position_embeddings: z.number().positive().nullish(),
  attention_factor: z.number().positive().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  partial_rotary_factor: z.number().nullish(),
  factors: z.array(z.number().positive()).nullish(),
  attn_factor: z.number().nullish(),
  yarn_attn_factor: z.number().nullish(),
  yarn_ext_factor: z.number().nullish(),
  yarn_log_multiplier: z.number().nullish(),
})
type Parameters = z.infer<typeof parametersSchema>

/** Corrections that GGUF files may have, with the values at which they do nothing. */
const CORRECTIONS = {
  attn_factor: [1],
  yarn_attn_factor: [1],
  yarn_ext_factor: [-1, 1],
  yarn_log_multiplier: [0],
} satisfies Partial<Record<keyof Parameters, readonly number[]>>

const { fround } = Math
const DEFAULT_THETA = 10_000

export interface RotaryConfig {
  /** config.json: rope_parameters of transformers 5, or rope_theta and rope_scaling of 4. */
  config: Readonly<Record<string, unknown>>
  headDim: number
  /** Type of layers whose parameters are wanted, where the config tells them apart. */
  layerType?: string
  /** Goes before what the config says, for layers that are not scaled. */
  own?: { theta: number; isScaled: boolean }
}

/** The rotary embedding that a config asks for. */
export function rotaryOf({ config, headDim, layerType, own }: RotaryConfig): Rotary {
  const parameters = parametersOf(config, layerType, own)
  const { partial_rotary_factor: part } = parameters
  const modelType = String(config.model_type)
  if (part != null && part !== 1) throw notBuilt(modelType, `a rotary embedding of ${part} of each head`)
  for (const [key, neutral] of Object.entries(CORRECTIONS)) {
    const value = parameters[key as keyof typeof CORRECTIONS]
    if (value != null && !neutral.includes(value))
      throw notBuilt(modelType, `rotary scaling with ${key} ${value}`)
  }
  const theta = parameters.rope_theta ?? DEFAULT_THETA
  const plain = Float32Array.from(
    { length: headDim / 2 },
    (_, i) => 1 / fround(theta ** fround((2 * i) / headDim)),
  )
  const type = parameters.rope_type ?? parameters.type ?? 'default'
  switch (type) {
    case 'default':
    case 'none':
      return { frequencies: plain, scale: 1 }
    case 'linear':
      return { frequencies: plain.map((f) => f / needed(parameters, 'factor')), scale: 1 }
    case 'llama3':
      return { frequencies: llama3(plain, parameters), scale: 1 }
    case 'yarn':
      return yarn(plain, { parameters, theta, headDim })
    case 'frequency-factors':
      return { frequencies: plain.map((f, i) => f / (parameters.factors?.[i] ?? 1)), scale: 1 }
    default:
      throw notBuilt(modelType, `rotary scaling ${type}`)
  }
}

function parametersOf(
  config: Readonly<Record<string, unknown>>,
  layerType: string | undefined,
  own: RotaryConfig['own'],
): Parameters {
  const nested = isRecord(config.rope_parameters) ? config.rope_parameters : undefined
  const ofLayers = layerType !== undefined && isRecord(nested?.[layerType]) ? nested[layerType] : undefined
  if (ofLayers) return withOutside(parse(ofLayers), config)
  if (nested && !Object.values(nested).some(isRecord)) return withOutside(parse(nested), config)
  if (!own) return withOutside(scaling(config), config)
  return withOutside({ ...(own.isScaled ? scaling(config) : {}), rope_theta: own.theta }, config)
}

/** What the parameters do not say stands beside them in the config; an original length there even goes before theirs. */
function withOutside(parameters: Parameters, config: Readonly<Record<string, unknown>>): Parameters {
  const filled = { ...parameters }
  const numberOf = (key: string): number | undefined =>
    typeof config[key] === 'number' ? config[key] : undefined
  filled.rope_theta ??= numberOf('rope_theta')
  filled.partial_rotary_factor ??= numberOf('partial_rotary_factor')
  filled.original_max_position_embeddings =
    numberOf('original_max_position_embeddings') ??
    parameters.original_max_position_embeddings ??
    numberOf('max_position_embeddings')
  return filled
}

const scaling = (config: Readonly<Record<string, unknown>>): Parameters =>
  isRecord(config.rope_scaling) ? parse(config.rope_scaling) : {}

function parse(value: unknown): Parameters {
  const parsed = parametersSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new UserError(`config.json, rotary parameters, ${issue.path.join('.')}: ${issue.message}`, {
    hint: 'the file is damaged: download it again',
  })
}

/** Long wavelengths are interpolated, short ones kept, those between blended. */
function llama3(plain: Float32Array, parameters: Parameters): Float32Array {
  const factor = needed(parameters, 'factor')
  const low = needed(parameters, 'low_freq_factor')
  const high = needed(parameters, 'high_freq_factor')
  const original = needed(parameters, 'original_max_position_embeddings')
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency
    if (wavelength < original / high) return frequency
    if (wavelength > original / low) return frequency / factor
    const smooth = (original / wavelength - low) / (high - low)
    return ((1 - smooth) * frequency) / factor + smooth * frequency
  })
}

interface Yarn {
  parameters: Parameters
  theta: number
  headDim: number
}

function yarn(plain: Float32Array, { parameters, theta, headDim }: Yarn): Rotary {
  const factor = needed(parameters, 'factor')
  const original = needed(parameters, 'original_max_position_embeddings')
  const dimensionOf = (rotations: number): number =>
    (headDim * Math.log(original / (rotations * 2 * Math.PI))) / (2 * Math.log(theta))
  const whole = parameters.truncate ?? true
  const first = dimensionOf(parameters.beta_fast ?? 32)
  const last = dimensionOf(parameters.beta_slow ?? 1)
  const low = Math.max(whole ? Math.floor(first) : first, 0)
  const high = Math.min(whole ? Math.ceil(last) : last, headDim - 1)
  const width = high === low ? 0.001 : high - low
  const frequencies = plain.map((frequency, i) => {
    const kept = 1 - Math.min(1, Math.max(0, (i - low) / width))
    return (frequency / factor) * (1 - kept) + frequency * kept
  })
  return { frequencies, scale: yarnScale(parameters, factor) }
}

function yarnScale(
  { attention_factor: given, mscale, mscale_all_dim: all }: Parameters,
  factor: number,
): number {
  if (given != null) return given
  const magnitude = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1)
  return mscale != null && all != null && mscale !== 0 && all !== 0
    ? magnitude(mscale) / magnitude(all)
    : magnitude(1)
}

function needed(parameters: Parameters, key: keyof Parameters & string): number {
  const value = parameters[key]
  if (typeof value === 'number') return value
  throw new UserError(`config.json: the rotary scaling has no ${key}`, {
    hint: 'the file is damaged: download it again',
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** cos and sin of every angle: [positions, headDim / 2], and -sin for the way back. */
export function rotaryTables(
  { frequencies, scale }: Rotary,
  positions: number,
): { cos: Float32Array; sin: Float32Array; negSin: Float32Array } {
  const half = frequencies.length
  const [cos, sin, negSin] = [0, 1, 2].map(() => new Float32Array(positions * half)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = fround(position * frequencies[i]!)
      const at = position * half + i
      cos[at] = Math.cos(angle) * scale
      sin[at] = Math.sin(angle) * scale
      negSin[at] = -sin[at]!
    }
  }
  return { cos, sin, negSin }
}
