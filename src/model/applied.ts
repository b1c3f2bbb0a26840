// A model's tensors with something done to them in memory: quantised on load, an adapter on top. Nothing is computed
// here; sources are wrapped.
import { UserError } from '../util/errors.ts'
import { shapeOf } from './shape.ts'
import type { Adapter, AdapterPart, LeftOut, ModelTensor, QuantScheme } from './tensor.ts'

type Tensors = ReadonlyMap<string, ModelTensor>

// What bitsandbytes leaves as it is: it replaces linear layers, and not the output layer.
const NOT_LINEAR = /(embed|wte|wpe|lm_head|embed_out|norm|\bln_)/

/** Quantises the linear weights, as bitsandbytes does on load; all else stays. */
export function quantiseLinear(tensors: Tensors, scheme: QuantScheme): Map<string, ModelTensor> {
  return new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      isLinear(tensor) ? { ...tensor, source: { kind: 'quantised', of: tensor.source, scheme } } : tensor,
    ]),
  )
}

export function isLinear({ name, shape }: ModelTensor): boolean {
  return shape.length === 2 && name.endsWith('.weight') && !NOT_LINEAR.test(name)
}

/** The tensors with the parts of an adapter applied. `baseName` stands in errors. */
export function applyAdapter(
  tensors: Tensors,
  adapter: Adapter,
  { baseName, leftOut }: { baseName: string; leftOut: readonly LeftOut[] },
): Map<string, ModelTensor> {
  const applied = new Map(tensors)
  for (const part of adapter.parts) {
    const tensor = applied.get(part.tensor) ?? tiedOutput(applied, part)
    if (!tensor && part.isOptional) continue
    if (!tensor) throw missing(part, adapter, { baseName, leftOut })
    const source = part.apply(tensor.source)
    const dtype = source.kind === 'stored' ? source.dtype : tensor.dtype
    applied.set(part.tensor, { ...tensor, name: part.tensor, shape: shapeOf(source), dtype, source })
  }
  return applied
}

/** Where output and embedding are one tensor, the files hold it once: an adapter of the output starts from it. */
function tiedOutput(tensors: Tensors, part: AdapterPart): ModelTensor | undefined {
  if (part.tensor !== 'lm_head.weight') return undefined
  return [...tensors.values()].find(({ name }) => /(^|\.)(embed_tokens|wte)\.weight$/.test(name))
}

function missing(
  part: AdapterPart,
  adapter: Adapter,
  base: { baseName: string; leftOut: readonly LeftOut[] },
): UserError {
  const left = base.leftOut.find(({ name }) => name === part.tensor)
  const what = left ? `is left out of ${base.baseName}: ${left.reason}` : `is not in ${base.baseName}`
  const belongs = adapter.baseName
    ? `the adapter was made for ${adapter.baseName}`
    : 'the adapter is of another model'
  return new UserError(`${adapter.folder} changes ${part.tensor}, which ${what}`, {
    hint: `${belongs}: name that model as base`,
  })
}
