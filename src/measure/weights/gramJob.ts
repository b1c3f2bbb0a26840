// Dot products among the deltas of several variants, over rows of one tensor.
import { matrixShape, readValues, shapeOf } from '../../model/rows.ts'
import type { GramJob } from './jobs.ts'
import { kernelsFor } from './passJob.ts'

export function gramJob({ base, variants, start, end }: GramJob): Float64Array {
  const { columns } = matrixShape(shapeOf(base))
  const kernels = kernelsFor(columns)
  const gram = new Float64Array(variants.length ** 2)
  const step = Math.max(1, Math.floor(kernels.chunkElements / Math.max(1, columns)))
  for (let at = start; at < end; at += step) {
    const last = Math.min(end, at + step)
    const values = readValues(base, at, last)
    const deltas = variants.map((variant) => {
      const delta = readValues(variant, at, last)
      for (let i = 0; i < delta.length; i++) delta[i]! -= values[i]!
      return delta
    })
    deltas.forEach((one, i) => {
      kernels.base.set(one)
      for (let j = i; j < deltas.length; j++) {
        kernels.variant.set(deltas[j]!)
        const dot = kernels.dot(one.length)
        gram[i * deltas.length + j]! += dot
        if (i !== j) gram[j * deltas.length + i]! += dot
      }
    })
  }
  return gram
}
