// A model as the engine takes it: plain data that a worker thread can be handed, and its weights sorted by layer, each
// with what adapters do to it while it runs.
import { UserError } from '../../util/errors.ts'
import { plural } from '../../util/text.ts'
import type { Architecture } from '../architectures/architecture.ts'
import { readValues } from '../rows.ts'
import { matrixShape, shapeOf } from '../shape.ts'
import type { Model, TensorSource } from '../tensor.ts'

export interface EngineModel {
  spec: string
  name: string
  config: Readonly<Record<string, unknown>>
  tensors: ReadonlyMap<string, TensorSource>
}

/** Without what a thread cannot be handed. */
export function engineModel({ spec, name, config, tensors, rotaryFactors }: Model): EngineModel {
  return {
    spec,
    name,
    config: rotaryFactors ? { ...config, rope_parameters: divided(config, rotaryFactors) } : config,
    tensors: new Map([...tensors].map(([key, { source }]) => [key, source])),
  }
}

function divided(config: Model['config'], factors: TensorSource): Record<string, unknown> {
  return {
    ...(config.rope_scaling as Record<string, unknown> | undefined),
    rope_type: 'frequency-factors',
    rope_theta: config.rope_theta,
    factors: [...readValues(factors, 0, 1)],
  }
}

export interface LoraParameter {
  /** Null where the factors are being trained: a training pass feeds them. */
  a: TensorSource | null
  b: TensorSource | null
  rank: number
  scale: number
}

/** A weight as a program is fed with it: dense values, and adapters beside them that are not merged. */
export interface Parameter {
  shape: readonly number[]
  dense: TensorSource
  /** fp16 is storage: programs widen it. Only a training pass has nf4: 4-bit codes and scales in memory. */
  type: 'float32' | 'float16' | 'nf4'
  /** Added to every value: normalisations whose weight stands for 1 + w. */
  offset: number
  lora: readonly LoraParameter[]
  /**
   * Multiplies what comes out: a vector (IA3), or DoRA's magnitudes over the norms of the rows of a source. Magnitudes are
   * null where they are being trained; the rows are then those of this weight with its adapters.
   */
  outputScale?:
    | { vector: TensorSource }
    | { magnitude: TensorSource; rowsOf: TensorSource }
    | { magnitude: null }
  /** Multiplies what goes in (IA3). */
  inputScale?: TensorSource
}

export interface Parameters {
  /** By the weight's name behind `layers.N.`. */
  layers: readonly ReadonlyMap<string, Parameter>[]
  /** (vocabulary, hidden); rows are read as they are needed. */
  embedding: TensorSource
  norm: Parameter
  head: Parameter
  vocabulary: number
}

const LAYER = /^(.*\blayers\.)(\d+)\.(.+)$/
/** Buffers that older files carry along: computed here. */
const IGNORED = /rotary_emb\.inv_freq$|masked_bias$|attn\.bias$/

/** Sorts the weights of a decoder. What is missing or of no use to it is a UserError. */
export function parametersOf(
  model: EngineModel,
  { layers: { length: layers }, hidden, normOffset }: Pick<Architecture, 'layers' | 'hidden' | 'normOffset'>,
): Parameters {
  const sorted = Array.from({ length: layers }, () => new Map<string, Parameter>())
  const rest = new Map<string, TensorSource>()
  for (const [name, source] of model.tensors) {
    const [, prefix, layer, inner] = LAYER.exec(name) ?? []
    if (IGNORED.test(name) || /vision|multi_modal/.test(name)) continue
    if (prefix === undefined) rest.set(name, source)
    else if (Number(layer) < layers) {
      const isNorm = inner!.endsWith('norm.weight')
      sorted[Number(layer)]!.set(inner!, parameterOf(source, isNorm ? normOffset : 0))
    } else throw refusal(model, `has ${name}, and its config says ${plural(layers, 'layer')}`)
  }
  const gap = sorted.findIndex(({ size }) => size === 0)
  if (gap >= 0) throw refusal(model, `has no layer ${gap}, and its config says ${plural(layers, 'layer')}`)
  const find = (end: string): TensorSource | undefined =>
    [...rest].find(([name]) => name === end || name.endsWith(`.${end}`))?.[1]
  const embedding = find('embed_tokens.weight')
  const norm = find('norm.weight')
  if (!embedding || !norm) throw refusal(model, `has no ${embedding ? 'norm' : 'embed_tokens'}.weight`)
  const { columns } = matrixShape(shapeOf(embedding))
  if (columns !== hidden)
    throw refusal(model, `has an embedding of ${columns} numbers a token, and its config says ${hidden}`)
  // An adapter on the embedding is not on an output layer that is tied to it.
  const tied = embedding.kind === 'lora' ? embedding.of : embedding
  const head = parameterOf(find('lm_head.weight') ?? tied, 0)
  return {
    layers: sorted,
    embedding,
    norm: parameterOf(norm, normOffset),
    head: { ...head, type: 'float32' },
    vocabulary: matrixShape(shapeOf(head.dense)).rows,
  }
}

function refusal(model: EngineModel, what: string): UserError {
  return new UserError(`${model.spec} ${what}`, {
    hint: "its files do not belong together: 'tunediff inspect PATH' shows what is there",
  })
}

/** Takes adapters off a source as far as they can be applied live; what is left is loaded as dense values. */
function parameterOf(source: TensorSource, offset: number): Parameter {
  const shape = shapeOf(source)
  const peeled = shape.length === 2 && offset === 0 ? peel(source) : undefined
  const { dense, ...live } = peeled ?? { dense: source, lora: [] }
  const isHalf = dense.kind === 'stored' && dense.dtype === 'F16' && shape.length === 2
  return { shape, dense, type: isHalf ? 'float16' : 'float32', offset, ...live }
}

type Peeled = Pick<Parameter, 'dense' | 'lora' | 'outputScale' | 'inputScale'>

function peel(source: TensorSource): Peeled {
  const whole: Peeled = { dense: source, lora: [] }
  if (source.kind === 'lora' && !source.transposed) {
    const inner = peel(source.of)
    if (inner.outputScale || inner.inputScale) return whole
    const { a, b, scale } = source.factors
    const lora = [...inner.lora, { a, b, scale, rank: matrixShape(shapeOf(a)).rows }]
    if (!source.magnitude) return { ...inner, lora }
    const { magnitude, ...rowsOf } = source
    return { ...inner, lora, outputScale: { magnitude, rowsOf } }
  }
  if (source.kind === 'scaled') {
    const inner = peel(source.of)
    if (source.axis === 'rows')
      return inner.outputScale ? whole : { ...inner, outputScale: { vector: source.by } }
    return inner.inputScale ? whole : { ...inner, inputScale: source.by }
  }
  return whole
}
