// A model with trained values on it that do not come from an adapter's config: factors from one safetensors file under the
// engine's names, scales as the engine ran them. What exports are checked against.
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import type { LoraFactors, Model, ModelTensor, StoredTensor, TensorSource } from '../../src/model/tensor.ts'
import { partOf, type Scaling, tensorNames } from '../../src/train/export/names.ts'

export interface LiveOptions {
  base: Model
  /** A safetensors file with the values of `trained`, by their names. */
  path: string
  scalings: ReadonlyMap<string, Scaling>
}

/** The base with the trained values in it. */
export async function liveModel({ base, path, scalings }: LiveOptions): Promise<Model> {
  const { tensors: stored } = await readSafetensorsHeader(path)
  const names = tensorNames(base)
  const byWeight = new Map<string, Map<string, StoredTensor>>()
  for (const [name, source] of stored) {
    const { kind, weight } = partOf(name)
    const parts = byWeight.get(weight) ?? new Map<string, StoredTensor>()
    byWeight.set(weight, parts.set(kind, source))
  }
  const tensors = new Map(base.tensors)
  for (const [weight, parts] of byWeight) {
    const name = names.get(weight)!
    const tensor = tensors.get(name)
    if (!tensor) throw new Error(`${path} holds ${weight}, and ${base.spec} has no such weight`)
    const source = parts.get('whole') ?? adapted(tensor, parts, scalings.get(weight)!)
    tensors.set(name, { ...tensor, source })
  }
  return { ...base, tensors }
}

function adapted(
  { source, name }: ModelTensor,
  parts: ReadonlyMap<string, StoredTensor>,
  { scale }: Scaling,
): TensorSource {
  const [a, b, magnitude] = [parts.get('a'), parts.get('b'), parts.get('magnitude')]
  if (!a || !b) throw new Error(`${name} has one factor, ${a ? 'A without B' : 'B without A'}`)
  const factors: LoraFactors = { a, b, scale }
  return { kind: 'lora', of: source, factors, transposed: false, ...(magnitude ? { magnitude } : {}) }
}
