// What trained values are called: in the engine `layers.3.self_attn.q_proj.weight.lora.0.a`, in files as the base's own
// tensors are.
import type { LoadedModel } from '../../model/engine/index.ts'

/** Values that training changed, by the name of the engine's input. */
export interface TrainedValues {
  name: string
  shape: readonly number[]
  values: Float32Array
}

export interface Scaling {
  rank: number
  scale: number
}

export type TrainedPart =
  /** `weight` is the engine's name of what is adapted. */
  { kind: 'a' | 'b' | 'magnitude'; weight: string } | { kind: 'whole'; weight: string }

export function partOf(name: string): TrainedPart {
  const [, weight, factor, magnitude] = /^(.+)\.(?:lora\.\d+\.(a|b)|(magnitude))$/.exec(name) ?? []
  if (weight === undefined) return { kind: 'whole', weight: name }
  return { kind: magnitude ? 'magnitude' : (factor as 'a' | 'b'), weight }
}

/** Names of the base's tensors by the engine's names of weights. */
export function tensorNames({ tensors }: { tensors: ReadonlyMap<string, unknown> }): Map<string, string> {
  const names = new Map([['head.weight', 'lm_head.weight']])
  for (const name of tensors.keys()) {
    if (/vision|multi_modal/.test(name)) continue
    const [, layer, inner] = /^.*\blayers\.(\d+)\.(.+)$/.exec(name) ?? []
    if (layer !== undefined) names.set(`layers.${layer}.${inner}`, name)
    else if (/(^|\.)embed_tokens\.weight$/.test(name)) names.set('embedding', name)
    else if (/(^|\.)norm\.weight$/.test(name)) names.set('norm.weight', name)
    else if (/(^|\.)lm_head\.weight$/.test(name)) names.set('head.weight', name)
  }
  return names
}

/** Rank and scale of the outermost adapter of each weight, as the engine runs it. */
export function scalings({ parameters }: Pick<LoadedModel, 'parameters'>): Map<string, Scaling> {
  const found = new Map<string, Scaling>()
  const put = (name: string, lora: readonly Scaling[]): void => {
    const outermost = lora.at(-1)
    if (outermost) found.set(name, { rank: outermost.rank, scale: outermost.scale })
  }
  for (const [layer, weights] of parameters.layers.entries()) {
    for (const [name, { lora }] of weights) put(`layers.${layer}.${name}`, lora)
  }
  put('head.weight', parameters.head.lora)
  return found
}
