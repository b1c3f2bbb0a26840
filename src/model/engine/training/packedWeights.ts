// Weights that are held in NF4: quantised piece by piece as they are read, so that a whole matrix in fp32 is never there.
import { NF4_BLOCK } from '../../../tensor/nf4.ts'
import type { PackedNf4 } from '../../../tensor/nf4Decoder.ts'
import { blockMaxima, doubleQuantise, nf4Codes } from '../../quantise/nf4.ts'
import { readValues } from '../../rows.ts'
import { matrixShape, shapeOf } from '../../shape.ts'
import type { TensorSource } from '../../tensor.ts'

/** Values that are read at once. */
const PIECE_VALUES = 1 << 20

/** Codes and scales of a `quantised` source of scheme NF4 or NF4_DQ. */
export function packNf4(source: TensorSource & { kind: 'quantised' }): PackedNf4 {
  const { rows, columns } = matrixShape(shapeOf(source.of))
  if (columns % NF4_BLOCK !== 0)
    throw new RangeError(`rows of ${columns} numbers are no whole blocks of ${NF4_BLOCK}`)
  const codes = new Uint8Array((rows * columns) / 2)
  const maxima = new Float32Array((rows * columns) / NF4_BLOCK)
  const step = Math.max(1, Math.floor(PIECE_VALUES / columns))
  for (let start = 0; start < rows; start += step) {
    const values = readValues(source.of, start, Math.min(rows, start + step))
    const own = blockMaxima(values)
    maxima.set(own, (start * columns) / NF4_BLOCK)
    const ofValues = nf4Codes(values, own)
    const at = (start * columns) / 2
    for (let i = 0; i < ofValues.length / 2; i++) {
      codes[at + i] = (ofValues[2 * i]! << 4) | ofValues[2 * i + 1]!
    }
  }
  return { codes, scales: source.scheme === 'NF4_DQ' ? doubleQuantise(maxima) : maxima }
}
