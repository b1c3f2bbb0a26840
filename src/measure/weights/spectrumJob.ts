// The spectrum of a pair's delta, and the edge below which singular values are rounding.
import { matrixShape, readValues } from '../../model/rows.ts'
import type { Spectrum } from '../../schema/weights.ts'
import { type Matmul, openMatmul } from '../../tensor/matmul.ts'
import { directionsAbove, noiseEdge } from '../../tensor/noise.ts'
import { exactSpectrum, type RowSource, randomisedSvd } from '../../tensor/svd.ts'
import type { SpectrumJob } from './jobs.ts'
import type { TensorPair } from './pairing.ts'
import { coarserSpacings, kernelsFor } from './passJob.ts'

/** More than the ranks that adapters commonly have, so that a rank of 64 is seen to end. */
const DIRECTIONS = 72
/** Smaller side up to which --full-spectrum is exact: its Gram matrix in fp64 is 134 MB. */
const MAX_EXACT = 4096

let opened: Promise<Matmul> | undefined

/** The thread's matrix product. */
export function threadMatmul(): Promise<Matmul> {
  opened ??= openMatmul({ threads: 1 })
  return opened
}

export async function spectrumJob({ pair, isFull }: SpectrumJob): Promise<Spectrum> {
  const { rows, columns } = matrixShape(pair.shape)
  const matmul = await threadMatmul()
  const edge = await noiseEdge(
    { rows, columns, readSpacings: (start, end) => coarserSpacings(pair.base!, pair.variant!, start, end) },
    { seed: pair.name, matmul, kernels: kernelsFor(columns) },
  )
  return spectrumAbove(deltaOf(pair), edge, { pair, isFull, matmul })
}

async function spectrumAbove(
  delta: RowSource,
  edge: number,
  { pair, isFull, matmul }: { pair: TensorPair; isFull: boolean; matmul: Matmul },
): Promise<Spectrum> {
  const isExact = isFull && Math.min(delta.rows, delta.columns) <= MAX_EXACT
  const values = isExact
    ? await exactSpectrum(delta, { matmul })
    : (await randomisedSvd(delta, { k: DIRECTIONS, seed: pair.name, matmul })).singularValues
  const above = directionsAbove(values, edge)
  return {
    singularValues: [...values.slice(0, DIRECTIONS)],
    method: isExact ? 'exact' : 'randomised',
    edge,
    directionsAbove: above,
    isCut: !isExact && above === values.length && values.length < Math.min(delta.rows, delta.columns),
  }
}

/** The delta as rows on demand. */
export function deltaOf({ shape, base, variant }: TensorPair): RowSource {
  return {
    ...matrixShape(shape),
    read(start, end) {
      const delta = readValues(variant!, start, end)
      const before = readValues(base!, start, end)
      for (let i = 0; i < delta.length; i++) delta[i]! -= before[i]!
      return delta
    },
  }
}
