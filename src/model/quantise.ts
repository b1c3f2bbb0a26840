// Quantises and dequantises in memory, as the tools do whose schemes these are: the quantised base that a quantised
// variant is compared with, and nf4: models. What each scheme does is in quantise/; here is what a tensor needs.

import { NF4_BLOCK } from '../tensor/nf4.ts'
import { UserError } from '../util/errors.ts'
import { type Quantised, quantiseQ8_0, quantiseSymmetric, quantiseWithMinimum } from './quantise/legacy.ts'
import { blockMaxima, doubleQuantise, quantiseNf4 } from './quantise/nf4.ts'
import { matrixShape, shapeOf } from './shape.ts'
import type { QuantScheme, TensorSource } from './tensor.ts'

export type { Quantised } from './quantise/legacy.ts'

type QuantisedSource = TensorSource & { kind: 'quantised' }
type ReadRows = (source: TensorSource, start: number, end: number) => Float32Array

/** Tensors whose scales are kept for the next range of rows. */
const KEPT_SCALES = 8
/** Values read at once while the scales of a whole tensor are found. */
const PIECE_VALUES = 1 << 22

/** Quantises and dequantises a whole tensor in row-major order; its length is a multiple of the scheme's block. */
export function quantise(values: Float32Array, scheme: QuantScheme): Quantised {
  const block = blockOf(scheme)
  if (values.length % block !== 0) {
    throw new UserError(`${values.length} values are no whole blocks of ${scheme}, which hold ${block}`, {
      hint: 'choose another scheme',
    })
  }
  switch (scheme) {
    case 'Q8_0':
      return quantiseQ8_0(values)
    case 'Q4_0':
      return quantiseSymmetric(values, 8)
    case 'Q5_0':
      return quantiseSymmetric(values, 16)
    case 'Q4_1':
      return quantiseWithMinimum(values, 15)
    case 'Q5_1':
      return quantiseWithMinimum(values, 31)
    case 'NF4':
      return quantiseNf4(values, blockMaxima(values))
    case 'NF4_DQ': {
      const maxima = blockMaxima(values)
      return quantiseNf4(values, maxima, doubleQuantise(maxima))
    }
  }
}

/** Rows [start, end) of a tensor that is quantised as a whole. Refuses rows that are no whole blocks. */
export function quantisedRows(
  source: QuantisedSource,
  start: number,
  end: number,
  read: ReadRows,
): Quantised {
  const { scheme, of } = source
  const { columns } = matrixShape(shapeOf(of))
  const block = blockOf(scheme)
  if (columns % block !== 0) {
    throw new UserError(
      `a tensor of shape (${shapeOf(of).join(', ')}) cannot be quantised as ${scheme}: its rows of ${columns} are no whole blocks of ${block}`,
      { hint: 'leave it out with --tensors, or compare with a base that is quantised by the same tool' },
    )
  }
  const values = read(of, start, end)
  if (scheme !== 'NF4_DQ') return quantise(values, scheme)
  const scales = tensorScales(of, read)
  const perRow = columns / NF4_BLOCK
  return quantiseNf4(values, blockMaxima(values), scales.subarray(start * perRow, end * perRow))
}

const blockOf = (scheme: QuantScheme): number => (scheme.startsWith('NF4') ? NF4_BLOCK : 32)

/** By the source as text, because a worker thread gets its own copy with each job; the last ones used are last. */
const keptScales = new Map<string, Float32Array>()

// The mean of the scales is that of the whole tensor, so it is read once before its first rows are. What is kept is a
// sixteenth of a byte a value.
function tensorScales(source: TensorSource, read: ReadRows): Float32Array {
  const key = JSON.stringify(source)
  const scales = keptScales.get(key) ?? doubleQuantise(tensorMaxima(source, read))
  keptScales.delete(key)
  keptScales.set(key, scales)
  if (keptScales.size > KEPT_SCALES) keptScales.delete(keptScales.keys().next().value!)
  return scales
}

function tensorMaxima(source: TensorSource, read: ReadRows): Float32Array {
  const { rows, columns } = matrixShape(shapeOf(source))
  const maxima = new Float32Array((rows * columns) / NF4_BLOCK)
  const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
  for (let start = 0; start < rows; start += step) {
    const piece = read(source, start, Math.min(rows, start + step))
    maxima.set(blockMaxima(piece), (start * columns) / NF4_BLOCK)
  }
  return maxima
}
