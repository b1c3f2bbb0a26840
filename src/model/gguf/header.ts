// The header of one GGUF file, version 2 or 3: metadata and the tensors' names, shapes, types and places. Nothing in it
// is trusted before it was checked against the size of the file, and no weights are read. Layout: docs/gguf.md of ggml.
import { oneLine } from '../../util/text.ts'
import type { Dtype } from '../tensor.ts'
import { MAX_KEYS, type Metadata, readMetadata } from './metadata.ts'
import { digits, GgufReader, refuse } from './reader.ts'
import { GGML_TYPES } from './types.ts'

/** More than the tensors of the largest models whose experts are not stacked. */
export const MAX_TENSORS = 131_072
/** ggml holds 64 bytes of name; some builds hold more. */
export const MAX_NAME_BYTES = 256
export const MAX_DIMENSIONS = 4
export const MAX_ALIGNMENT = 1 << 20
const DEFAULT_ALIGNMENT = 32
/** Of a pair: length of the key, a type and one byte. */
const MIN_PAIR_BYTES = 13
/** Of a tensor: length of the name, number of dimensions, type, place. */
const MIN_TENSOR_BYTES = 24

export interface GgufTensor {
  /** In the file. */
  name: string
  /** Slowest dimension first, as Hugging Face has it; the file has it the other way round. */
  shape: readonly number[]
  /** Name of the element type, or its number. */
  type: string
  /** Absent where the type is not read. */
  dtype?: Dtype
  /** Of the first byte in the file. */
  offset: number
  /** 0 where the type is not known. */
  bytes: number
}

export interface GgufHeader {
  path: string
  version: number
  metadata: Metadata
  tensors: readonly GgufTensor[]
}

/** Reads and checks the header. A file that is not whole and well-formed is a UserError that says why. */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  const reader = new GgufReader(path)
  try {
    const version = readVersion(reader)
    const tensorCount = readCount(reader, { what: 'tensors', most: MAX_TENSORS, bytesEach: MIN_TENSOR_BYTES })
    const keyCount = readCount(reader, { what: 'keys', most: MAX_KEYS, bytesEach: MIN_PAIR_BYTES })
    const metadata = readMetadata(reader, keyCount)
    const alignment = alignmentOf(path, metadata)
    const infos = Array.from({ length: tensorCount }, (_, i) => readInfo(reader, i, tensorCount))
    const dataStart = Math.ceil(reader.position / alignment) * alignment
    const tensors = infos.map((info) => ({ ...info, offset: dataStart + info.offset }))
    checkPlaces({ path, tensors, alignment, dataStart, fileBytes: reader.fileBytes })
    return { path, version, metadata, tensors }
  } finally {
    reader.close()
  }
}

function readVersion(reader: GgufReader): number {
  const { path } = reader
  if (reader.fileBytes < 24) throw refuse(path, `${reader.fileBytes} bytes are too few for a GGUF file`)
  const magic = reader.view(4, 'its first bytes').toString('latin1')
  if (magic !== 'GGUF') throw refuse(path, `it begins with ${oneLine(JSON.stringify(magic))}, not with GGUF`)
  const version = reader.uint32('its version')
  if (version === 2 || version === 3) return version
  if (version === 0x0200_0000 || version === 0x0300_0000) {
    throw refuse(path, 'it is big-endian', 'convert it on a little-endian machine')
  }
  throw refuse(path, `it is GGUF version ${version}, read are 2 and 3`, 'convert the model again')
}

function readCount(
  reader: GgufReader,
  { what, most, bytesEach }: { what: string; most: number; bytesEach: number },
): number {
  const count = reader.uint64(`its number of ${what}`)
  if (count > most) throw refuse(reader.path, `it claims ${digits(count)} ${what}, at most ${most} are read`)
  if (count * bytesEach > reader.left) {
    throw refuse(
      reader.path,
      `it claims ${count} ${what} of ${bytesEach} bytes or more, the file has ${reader.left} bytes left`,
    )
  }
  return count
}

function alignmentOf(path: string, metadata: Metadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT
  const isPower = typeof alignment === 'number' && Number.isInteger(Math.log2(alignment))
  if (isPower && alignment >= 1 && alignment <= MAX_ALIGNMENT) return alignment
  const found = typeof alignment === 'object' ? 'an array' : String(alignment)
  throw refuse(
    path,
    `general.alignment is ${oneLine(found)}, wanted is a power of two up to ${MAX_ALIGNMENT}`,
  )
}

/** One tensor; its offset is still that from the beginning of the data. */
function readInfo(reader: GgufReader, index: number, count: number): GgufTensor {
  const ordinal = `tensor ${index + 1} of ${count}`
  const name = reader.string(`the name of ${ordinal}`, { maxBytes: MAX_NAME_BYTES, isStrict: true })
  const what = `tensor ${quoted(name)}`
  const dimensions = reader.uint32(what)
  if (dimensions > MAX_DIMENSIONS) {
    throw refuse(reader.path, `${what} has ${dimensions} dimensions, at most ${MAX_DIMENSIONS} are read`)
  }
  const shape = Array.from({ length: dimensions }, () => reader.uint64(what)).reverse()
  const number = reader.uint32(what)
  const offset = reader.uint64(what)
  const elements = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(elements * 8) || !shape.every(Number.isSafeInteger)) {
    throw refuse(
      reader.path,
      `${what}: shape [${shape.map(digits).join(', ')}] has more elements than a file can hold`,
    )
  }
  const type = GGML_TYPES.get(number)
  if (!type) return { name, shape, type: String(number), offset, bytes: 0 }
  const columns = shape.at(-1) ?? 1
  if (columns % type.block !== 0) {
    throw refuse(
      reader.path,
      `${what}: rows of ${columns} elements are no whole blocks of ${type.name}, which hold ${type.block}`,
    )
  }
  const bytes = (elements / type.block) * type.bytes
  return { name, shape, type: type.name, ...(type.dtype ? { dtype: type.dtype } : {}), offset, bytes }
}

interface Places {
  path: string
  tensors: readonly GgufTensor[]
  alignment: number
  dataStart: number
  fileBytes: number
}

/** Each tensor lies in the file, aligned, on no other tensor, and has a name of its own. */
function checkPlaces({ path, tensors, alignment, dataStart, fileBytes }: Places): void {
  const names = new Set<string>()
  for (const { name, offset, bytes } of tensors) {
    const fault = (what: string): Error => refuse(path, `tensor ${quoted(name)} ${what}`)
    if (names.has(name)) throw fault('stands twice in it')
    names.add(name)
    if ((offset - dataStart) % alignment !== 0) {
      throw fault(
        `begins at byte ${digits(offset - dataStart)} of the data, which is no multiple of ${alignment}`,
      )
    }
    if (offset + bytes > fileBytes) {
      throw fault(`ends at byte ${digits(offset + bytes)}, the file at byte ${fileBytes}`)
    }
  }
  let last: GgufTensor | undefined
  for (const tensor of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (last && tensor.offset < last.offset + last.bytes) {
      throw refuse(
        path,
        `tensor ${quoted(tensor.name)} begins at byte ${tensor.offset} and overlaps ${quoted(last.name)}, which ends at ${last.offset + last.bytes}`,
      )
    }
    last = tensor
  }
}

const quoted = (name: string): string => oneLine(JSON.stringify(name), 120)
