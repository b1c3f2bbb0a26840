// A base, or base + adapter, quantised in memory tensor by tensor as a merged model is: what a merge of it would be. Without
// it quantisation stands between the merged model and both, and hides adapters that do less (four bits do more than most).
import { shapeOf } from '../../model/shape.ts'
import type { Model, ModelTensor, QuantScheme, TensorSource } from '../../model/tensor.ts'

/** Whose rounding is defined; K-quants search their scales. */
const DEFINED: readonly string[] = ['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'NF4', 'NF4_DQ']
const BLOCK_TYPE = /^(I?Q\d|NF4)/

/** The model with the merged model's quantisation. What is in its scheme already stays, with adapters live. */
export function quantisedAlike(model: Model, merged: Model): Model {
  const tensors = new Map<string, ModelTensor>()
  for (const [name, tensor] of model.tensors) {
    const scheme = schemeOf(merged.tensors.get(name))
    const isWanted = scheme !== null && isDefined(scheme) && schemeOf(tensor) !== scheme
    const source: TensorSource = isWanted ? { kind: 'quantised', of: saved(tensor), scheme } : tensor.source
    tensors.set(name, { ...tensor, source })
  }
  return { ...model, tensors }
}

/** A merge is saved in its base's format before it is quantised: an adapter below that rounding is in no merge. */
function saved({ source, dtype }: ModelTensor): TensorSource {
  return dtype === 'BF16' || dtype === 'F16' ? { kind: 'rounded', of: source, dtype } : source
}

/** Schemes of a merged model's tensors, by whether they can be made here. */
export function schemesOf({ tensors }: Model): { defined: string[]; others: string[] } {
  const all = [...new Set([...tensors.values()].map(schemeOf))].filter((scheme) => scheme !== null).sort()
  return { defined: all.filter(isDefined), others: all.filter((scheme) => !isDefined(scheme)) }
}

const isDefined = (scheme: string): scheme is QuantScheme => DEFINED.includes(scheme)

function schemeOf(tensor: ModelTensor | undefined): string | null {
  if (!tensor || shapeOf(tensor.source).length !== 2) return null
  const scheme = schemeUnder(tensor.source)
  return BLOCK_TYPE.test(scheme) ? scheme : null
}

/** Under adapters. */
function schemeUnder(source: TensorSource): string {
  if (source.kind === 'quantised') return source.scheme
  return source.kind === 'stored' ? source.dtype : schemeUnder(source.of)
}
