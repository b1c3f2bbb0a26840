// Key-value pairs of a GGUF header. Long arrays (tokens, merges, scores) are passed over and kept as their place in the
// file: a vocabulary of 262,144 is wanted only where tokens are named.

import { oneLine } from '../../util/text.ts'
import { GgufReader, refuse } from './reader.ts'

/** Longest key, as the format's description has it. */
export const MAX_KEY_BYTES = 65_535
export const MAX_KEYS = 65_536
/** Arrays up to this length are read at once. */
const SHORT_ARRAY = 1024

/** An array that was not read: `readArray` does it. */
export interface LongArray {
  kind: 'long-array'
  type: number
  count: number
  /** Place of the first element in the file. */
  offset: number
}

type Scalar = string | number | bigint | boolean
export type MetadataValue = Scalar | readonly Scalar[] | LongArray
export type Metadata = ReadonlyMap<string, MetadataValue>

const STRING = 8
const ARRAY = 9

type ScalarReader = { size: number; read: (bytes: Buffer) => Scalar }

/** By type number. 64-bit integers are bigint only where a number would not be exact. */
const SCALARS: Readonly<Record<number, ScalarReader>> = {
  0: { size: 1, read: (bytes) => bytes.readUInt8() },
  1: { size: 1, read: (bytes) => bytes.readInt8() },
  2: { size: 2, read: (bytes) => bytes.readUInt16LE() },
  3: { size: 2, read: (bytes) => bytes.readInt16LE() },
  4: { size: 4, read: (bytes) => bytes.readUInt32LE() },
  5: { size: 4, read: (bytes) => bytes.readInt32LE() },
  6: { size: 4, read: (bytes) => bytes.readFloatLE() },
  7: { size: 1, read: (bytes) => bytes[0] !== 0 },
  10: { size: 8, read: (bytes) => exactNumber(bytes.readBigUInt64LE()) },
  11: { size: 8, read: (bytes) => exactNumber(bytes.readBigInt64LE()) },
  12: { size: 8, read: (bytes) => bytes.readDoubleLE() },
}

const exactNumber = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value

/** Reads `count` pairs. A key that stands twice is refused: readers would take different ones of its values. */
export function readMetadata(reader: GgufReader, count: number): Map<string, MetadataValue> {
  const metadata = new Map<string, MetadataValue>()
  for (let i = 0; i < count; i++) {
    const key = reader.string(`key ${i + 1} of ${count}`, { maxBytes: MAX_KEY_BYTES, isStrict: true })
    const what = `the value of ${oneLine(key)}`
    if (metadata.has(key)) throw refuse(reader.path, `the key ${oneLine(key)} stands twice in it`)
    const type = reader.uint32(what)
    metadata.set(key, type === ARRAY ? arrayValue(reader, what) : scalarValue(reader, type, what))
  }
  return metadata
}

function scalarValue(reader: GgufReader, type: number, what: string): Scalar {
  if (type === STRING) return reader.string(what)
  const scalar = scalarOf(reader, type, what)
  return scalar.read(reader.view(scalar.size, what))
}

function scalarOf(reader: GgufReader, type: number, what: string): ScalarReader {
  const scalar = SCALARS[type]
  if (scalar) return scalar
  throw refuse(reader.path, `${what} has type ${type}, which is none of the format`)
}

function arrayValue(reader: GgufReader, what: string): readonly Scalar[] | LongArray {
  const type = reader.uint32(what)
  if (type === ARRAY) throw refuse(reader.path, `${what} is an array of arrays, which is not read`)
  const count = reader.uint64(what)
  if (count <= SHORT_ARRAY) return Array.from({ length: count }, () => scalarValue(reader, type, what))
  const offset = reader.position
  if (type === STRING) reader.skipStrings(count, what)
  else reader.skipElements(count, scalarOf(reader, type, what).size, what)
  return { kind: 'long-array', type, count, offset }
}

/** The elements of an array, read from the file if they were not. */
export function readArray(path: string, value: readonly Scalar[] | LongArray): readonly Scalar[] {
  if (!('kind' in value)) return value
  const reader = new GgufReader(path)
  try {
    reader.skipElements(value.offset, 1, 'an array')
    return Array.from({ length: value.count }, () => scalarValue(reader, value.type, 'an array'))
  } finally {
    reader.close()
  }
}

export const isArray = (value: MetadataValue | undefined): value is readonly Scalar[] | LongArray =>
  typeof value === 'object'
