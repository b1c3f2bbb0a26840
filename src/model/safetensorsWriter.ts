// Writes a safetensors file as a stream of rows: the header first, since all sizes are known, then tensor by tensor, so
// that no tensor is in memory as a whole. The file appears whole or not at all. Layout: the format's own README
// (huggingface/safetensors); wider types stand first, so that all begin at multiples of their size.
import { open, rename, rm } from 'node:fs/promises'
import { UserError } from '../util/errors.ts'
import { temporaryName } from '../util/files.ts'
import { encodeFloats, FLOAT_BYTES } from './encode.ts'
import { matrixShape } from './shape.ts'
import type { FloatType } from './tensor.ts'

export interface TensorToWrite {
  name: string
  dtype: FloatType
  shape: readonly number[]
  /** Values of rows [start, end), row-major; a row is as long as the last dimension. */
  rows(start: number, end: number): Float32Array
}

/** Values that are made, encoded and written at once. */
const PIECE_VALUES = 1 << 22
/** The data begins at a multiple of it. */
const ALIGNMENT = 8

/** A tensor that is in memory. */
export function tensorOf(
  name: string,
  { shape, values, dtype = 'F32' }: { shape: readonly number[]; values: Float32Array; dtype?: FloatType },
): TensorToWrite {
  const { columns } = matrixShape(shape)
  return { name, dtype, shape, rows: (start, end) => values.subarray(start * columns, end * columns) }
}

export const writtenBytes = ({ shape, dtype }: Pick<TensorToWrite, 'shape' | 'dtype'>): number =>
  shape.reduce((product, size) => product * size, FLOAT_BYTES[dtype])

/**
 * Writes the tensors, with the metadata that transformers and peft look for. A number that the type cannot hold is a
 * UserError that names the tensor. `onBytes` is told the bytes of each piece.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  const ordered = [...tensors].sort(inFile)
  const temporary = temporaryName(path)
  try {
    await using file = await open(temporary, 'wx')
    await file.writeFile(headerOf(ordered))
    for (const tensor of ordered) {
      const { rows, columns } = matrixShape(tensor.shape)
      const step = Math.max(1, Math.floor(PIECE_VALUES / Math.max(1, columns)))
      for (let start = 0; start < rows; start += step) {
        const bytes = encoded(tensor, tensor.rows(start, Math.min(rows, start + step)), path)
        await file.writeFile(bytes)
        onBytes(bytes.length)
      }
    }
    await file.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await rename(temporary, path)
}

const inFile = (x: TensorToWrite, y: TensorToWrite): number =>
  FLOAT_BYTES[y.dtype] - FLOAT_BYTES[x.dtype] || (x.name < y.name ? -1 : 1)

function headerOf(tensors: readonly TensorToWrite[]): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let begin = 0
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor
    if (Object.hasOwn(header, name)) throw new Error(`two tensors are called ${name}`)
    const end = begin + writtenBytes(tensor)
    header[name] = { dtype, shape, data_offsets: [begin, end] }
    begin = end
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT
  const bytes = Buffer.alloc(ALIGNMENT + padded, ' ')
  bytes.writeBigUInt64LE(BigInt(padded))
  text.copy(bytes, ALIGNMENT)
  return bytes
}

function encoded({ name, dtype }: TensorToWrite, values: Float32Array, path: string): Uint8Array {
  const { bytes, overflow } = encodeFloats(dtype, values)
  if (overflow === undefined) return bytes
  throw new UserError(`${path}: ${name} has the value ${overflow}, which ${dtype} cannot hold`, {
    hint: 'choose a type with more range: --dtype bf16 or --dtype fp32',
  })
}
