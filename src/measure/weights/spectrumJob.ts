// The spectrum of a pair's delta, and the edge below which singular values are rounding.
import { matrixShape, readValues } from '../../model/rows.ts'
import type { Spectrum } from '../../schema/weights.ts'
import { type Matmul, openMatmul } from '../../tensor/matmul.ts'
import { directionsAbove, noiseEdge } from '../../tensor/noise.ts'
import { exactSpectrum, type RowSource, randomisedSvd } from '../../tensor/svd.ts'
import type { SpectrumJob, SpectrumPart } from './jobs.ts'
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

export async function spectrumJob({ pair, isFull, bases }: SpectrumJob): Promise<SpectrumPart> {
  const { rows, columns } = matrixShape(pair.shape)
  const matmul = await threadMatmul()
  const delta: RowSource = { rows, columns, read: (start, end) => deltaRows(pair, start, end) }
  if (bases > 0) {
    const svd = await randomisedSvd(delta, { k: bases, seed: pair.name, matmul, vectors: true })
    const edge = 0
    const singularValues = [...svd.singularValues]
    return {
      spectrum: {
        singularValues,
        method: 'randomised',
        edge,
        directionsAbove: singularValues.length,
        isCut: true,
      },
      bases: { k: singularValues.length, left: svd.left!, right: svd.right! },
    }
  }
  const edge = await noiseEdge(
    { rows, columns, readSpacings: (start, end) => coarserSpacings(pair.base!, pair.variant!, start, end) },
    { seed: pair.name, matmul, kernels: kernelsFor(columns) },
  )
  return { spectrum: await spectrumAbove(delta, edge, { pair, isFull, matmul }), bases: null }
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

function deltaRows(pair: TensorPair, start: number, end: number): Float32Array {
  const delta = readValues(pair.variant!, start, end)
  const base = readValues(pair.base!, start, end)
  for (let i = 0; i < delta.length; i++) delta[i]! -= base[i]!
  return delta
}
