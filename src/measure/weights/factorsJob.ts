// A low-rank delta on its base, from its factors: the dense delta is never built. One pass over the base gives its norm,
// its spacings (what merging would round) and its inner product with the delta.
import { matrixShape, readSpacings, readValues, shapeOf } from '../../model/rows.ts'
import { readStoredInto } from '../../model/stored.ts'
import type { TensorSource } from '../../model/tensor.ts'
import {
  type FactorSpectrum,
  factorScratch,
  factorSpectrum,
  innerProductWithRows,
} from '../../tensor/factors.ts'
import { type DeltaSums, emptySums, type Kernels } from '../../tensor/kernels.ts'
import { type Matrix, matrixOf } from '../../tensor/matmul.ts'
import { directionsAbove } from '../../tensor/noise.ts'
import { UserError } from '../../util/errors.ts'
import type { FactorsJob, JobResults } from './jobs.ts'
import type { TensorPair } from './pairing.ts'
import { isRaw, kernelsFor, partOf } from './passJob.ts'
import { threadMatmul } from './spectrumJob.ts'

const scratch = factorScratch()

export async function factorsJob({ pair }: FactorsJob): Promise<JobResults['factors']> {
  const factors = factorsOf(pair)
  const { singularValues, squares } = await spectrumOfFactors(factors)
  const values = [...singularValues]
  const { sums, baseDelta } = await overBase(pair.base!, factors)
  return {
    ...partOf(sums, null),
    delta: squares,
    baseDelta,
    spectrum: {
      singularValues: values,
      method: 'factors',
      edge: 0,
      directionsAbove: directionsAbove(values, 0),
      isCut: false,
    },
  }
}

interface WholeFactors {
  a: Matrix
  b: Matrix
  scale: number
}

/** delta = scale * b * a as (out, in); of a weight stored as (in, out) it is scale * a' * b'. */
export function factorsOf({ name, factors: found }: TensorPair): WholeFactors {
  const { factors, transposed } = found!
  const [a, b] = [wholeOf(factors.a), wholeOf(factors.b)]
  refuseNonFinite(name, a, b)
  return { ...(transposed ? { a: flipped(b), b: flipped(a) } : { a, b }), scale: factors.scale }
}

/** With `bases`, that many singular vectors of both sides. */
export async function spectrumOfFactors({ a, b, scale }: WholeFactors, bases = 0): Promise<FactorSpectrum> {
  const matmul = await threadMatmul()
  return factorSpectrum({ a: rowsOf(a), b: rowsOf(b), scale }, { matmul, bases, scratch })
}

/** One NaN in a factor makes a row, a column or all of the delta NaN: no number could be said of it. */
function refuseNonFinite(name: string, ...factors: readonly Matrix[]): void {
  for (const { values } of factors) {
    if (values.every(Number.isFinite)) continue
    throw new UserError(`the adapter's factors for ${name} hold NaN or infinity`, {
      hint: 'the adapter was saved after its training diverged: take an earlier checkpoint',
    })
  }
}

async function overBase(
  base: TensorSource,
  { a, b, scale }: WholeFactors,
): Promise<{ sums: DeltaSums; baseDelta: number }> {
  const { rows, columns } = matrixShape(shapeOf(base))
  const matmul = await threadMatmul()
  const kernels = kernelsFor(columns)
  const sums = emptySums()
  let baseDelta = 0
  const step = Math.max(1, Math.floor(kernels.chunkElements / columns))
  for (let start = 0; start < rows; start += step) {
    const end = Math.min(rows, start + step)
    const values = readValues(base, start, end)
    addBase(kernels, sums, { base, start, end, values })
    const bRows = matrixOf(end - start, b.columns, b.values.subarray(start * b.columns, end * b.columns))
    baseDelta += await innerProductWithRows(
      matrixOf(end - start, columns, values),
      { a, bRows, scale },
      matmul,
    )
  }
  return { sums, baseDelta }
}

/** Squares and spacings of the base's rows. */
function addBase(
  kernels: Kernels,
  sums: DeltaSums,
  { base, start, end, values }: { base: TensorSource; start: number; end: number; values: Float32Array },
): void {
  if (isRaw(base)) {
    readStoredInto(base, start, end, kernels.baseBytes)
    kernels.sumsOf(sums, base.dtype, values.length)
    return
  }
  kernels.base.set(values)
  kernels.variant.set(values)
  kernels.spacings.set(readSpacings(base, start, end))
  kernels.compareValues(sums, values.length)
}

function wholeOf(source: TensorSource): Matrix {
  const { rows, columns } = matrixShape(shapeOf(source))
  return matrixOf(rows, columns, readValues(source, 0, rows))
}

const rowsOf = ({ rows, columns, values }: Matrix) => ({
  rows,
  columns,
  read: (start: number, end: number) => values.subarray(start * columns, end * columns),
})

function flipped({ rows, columns, values }: Matrix): Matrix {
  const out = matrixOf(columns, rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out.values[j * rows + i] = values[i * columns + j]!
  }
  return out
}
