// Reads a written adapter back as any adapter is read, and compares what it does to the base with what was trained: every
// factor bit for bit, every scale. That peft reads the same is for the goldens to show.
import { applyAdapter } from '../../model/applied.ts'
import { readAdapter } from '../../model/peft/index.ts'
import { readValues } from '../../model/rows.ts'
import { matrixShape, shapeOf } from '../../model/shape.ts'
import type { TensorSource } from '../../model/tensor.ts'
import type { AdapterExport } from './adapter.ts'
import { partOf, tensorNames } from './names.ts'

/** Scales go through a decimal alpha. */
const SAME_SCALE = 1e-9

/** What differs is a bug: an Error that names it. */
export async function verifyAdapter({ folder, base, trained, scalings }: AdapterExport): Promise<void> {
  const adapter = await readAdapter(folder)
  const applied = applyAdapter(base.tensors, adapter, { baseName: base.name, leftOut: base.leftOut })
  const names = tensorNames(base)
  for (const { name, values } of trained) {
    const { kind, weight } = partOf(name)
    const source = applied.get(names.get(weight)!)?.source
    if (source?.kind !== 'lora') throw wrong(folder, `it does nothing to ${weight}`)
    const { a, b, scale } = source.factors
    const wanted = scalings.get(weight)!.scale
    if (!(Math.abs(scale - wanted) <= SAME_SCALE * Math.abs(wanted))) {
      throw wrong(folder, `the scale of ${weight} is ${scale} there, ${wanted} in training`)
    }
    const written = kind === 'a' ? a : kind === 'b' ? b : source.magnitude
    if (!written || !isEqual(written, values)) throw wrong(folder, `${name} differs from what was trained`)
  }
}

function isEqual(source: TensorSource, values: Float32Array): boolean {
  const read = readValues(source, 0, matrixShape(shapeOf(source)).rows)
  return read.length === values.length && read.every((value, i) => Object.is(value, values[i]))
}

const wrong = (folder: string, what: string): Error => new Error(`${folder} was not written right: ${what}`)
