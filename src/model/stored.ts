// Reads rows of a tensor that lies in a file: only their bytes, synchronously, through file descriptors that each
// thread keeps open. Not for sources that are computed: rows.ts.
import { closeSync, openSync, readSync } from 'node:fs'
import { UserError } from '../util/errors.ts'
import { fileError } from '../util/textFile.ts'
import { decode, spacings } from './decode.ts'
import { matrixShape } from './shape.ts'
import { DTYPES, type StoredTensor } from './tensor.ts'

/** Files kept open at once: more than the shards of a model have on common machines, less than systems allow. */
const MAX_OPEN_FILES = 64
/** Most that is asked of the operating system in one call; Node refuses 2 GiB and more. */
const MAX_READ_BYTES = 1 << 30

const MAX_SCRATCH_BYTES = 16 << 20

let scratch: Uint8Array = new Uint8Array(0)
/** Insertion order is order of use: the first was used longest ago. */
const openFiles = new Map<string, number>()

/** Values of rows [rowStart, rowEnd), row-major, as fp32. A row is as long as the last dimension. */
export function readStored(tensor: StoredTensor, rowStart: number, rowEnd: number): Float32Array {
  const values = new Float32Array((rowEnd - rowStart) * columnsOf(tensor))
  if (tensor.dtype === 'F32') {
    readRows(tensor, rowStart, new Uint8Array(values.buffer))
    return values
  }
  decode(tensor.dtype, readScratch(tensor, rowStart, rowEnd), values)
  return values
}

/** Bytes of rows [rowStart, rowEnd) as they lie in the file. */
export function readStoredBytes(tensor: StoredTensor, rowStart: number, rowEnd: number): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow((rowEnd - rowStart) * rowBytesOf(tensor))
  readRows(tensor, rowStart, bytes)
  return bytes
}

/** The same into the start of memory that is there. */
export function readStoredInto(
  tensor: StoredTensor,
  rowStart: number,
  rowEnd: number,
  into: Uint8Array,
): void {
  readRows(tensor, rowStart, into.subarray(0, (rowEnd - rowStart) * rowBytesOf(tensor)))
}

/**
 * Per element of rows [rowStart, rowEnd), the spacing of the stored format at that value: the unit in the last place;
 * for block types the step of the block, for a codebook half the distance between the value's neighbours in it.
 */
export function storedSpacings(tensor: StoredTensor, rowStart: number, rowEnd: number): Float32Array {
  const out = new Float32Array((rowEnd - rowStart) * columnsOf(tensor))
  spacings(tensor.dtype, readScratch(tensor, rowStart, rowEnd), out)
  return out
}

/** Closes this thread's files. Call it after files were replaced, and before they are removed on Windows. */
export function closeFiles(): void {
  for (const file of openFiles.values()) closeSync(file)
  openFiles.clear()
}

/** As readStoredBytes, into memory that the next call uses again: fresh pages for each read cost more than the read. */
function readScratch(tensor: StoredTensor, rowStart: number, rowEnd: number): Uint8Array {
  const bytes = (rowEnd - rowStart) * rowBytesOf(tensor)
  if (bytes > MAX_SCRATCH_BYTES) return readStoredBytes(tensor, rowStart, rowEnd)
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(bytes)
  const rows = scratch.subarray(0, bytes)
  readRows(tensor, rowStart, rows)
  return rows
}

const columnsOf = (tensor: StoredTensor): number => matrixShape(tensor.shape).columns

function rowBytesOf(tensor: StoredTensor): number {
  const { block, bytes } = DTYPES[tensor.dtype]
  const columns = columnsOf(tensor)
  if (columns % block !== 0) {
    throw new UserError(
      `${tensor.path}: rows of ${columns} elements are no whole blocks of ${tensor.dtype}, which hold ${block}`,
      { hint: 'the file is damaged: download or convert it again' },
    )
  }
  return (columns / block) * bytes
}

function readRows(tensor: StoredTensor, rowStart: number, into: Uint8Array): void {
  const start = rowStart * rowBytesOf(tensor)
  if (rowStart < 0 || start + into.length > tensor.bytes) {
    throw new Error(`${tensor.path}: bytes ${start} to ${start + into.length} of a tensor of ${tensor.bytes}`)
  }
  const file = openFile(tensor.path)
  for (let done = 0; done < into.length; ) {
    const wanted = Math.min(MAX_READ_BYTES, into.length - done)
    const got = readAt(tensor.path, file, into, { done, wanted, position: tensor.offset + start + done })
    if (got === 0) throw cutOff(tensor, tensor.offset + start + done)
    done += got
  }
}

function readAt(
  path: string,
  file: number,
  into: Uint8Array,
  { done, wanted, position }: { done: number; wanted: number; position: number },
): number {
  try {
    return readSync(file, into, done, wanted, position)
  } catch (error) {
    throw fileError(path, error)
  }
}

function openFile(path: string): number {
  const known = openFiles.get(path)
  if (known !== undefined) {
    openFiles.delete(path)
    openFiles.set(path, known)
    return known
  }
  const [oldest] = openFiles
  if (oldest && openFiles.size >= MAX_OPEN_FILES) {
    openFiles.delete(oldest[0])
    closeSync(oldest[1])
  }
  try {
    const file = openSync(path, 'r')
    openFiles.set(path, file)
    return file
  } catch (error) {
    throw fileError(path, error)
  }
}

function cutOff(tensor: StoredTensor, position: number): UserError {
  const end = tensor.offset + tensor.bytes
  return new UserError(`${tensor.path} ends at byte ${position}, a tensor in it at byte ${end}`, {
    hint: 'the file was cut off while it was read: download or copy it again',
  })
}
