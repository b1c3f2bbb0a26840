// Writes small GGUF files for tests, well-formed unless told otherwise.

export interface WrittenTensor {
  /** Number of the element type. */
  type: number
  /** Slowest dimension first. */
  shape: readonly number[]
  bytes: Uint8Array
  /** From the beginning of the data, instead of behind the tensor before it. */
  offset?: number | bigint
}

export type WrittenValue = string | number | boolean | readonly string[]

export interface WriteOptions {
  version?: number
  /** Instead of the counts that are true. */
  tensorCount?: bigint
  keyCount?: bigint
  /** Cuts the data off, or adds to it. */
  dataBytes?: number
}

export function float32Tensor(shape: readonly number[], values: readonly number[]): WrittenTensor {
  return { type: 0, shape, bytes: new Uint8Array(Float32Array.from(values).buffer) }
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
export const uint64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
export const string = (text: string): Buffer =>
  Buffer.concat([uint64(Buffer.byteLength(text)), Buffer.from(text)])

/** Numbers are uint32 where they are whole, else float32. */
function value(written: WrittenValue): Buffer {
  if (typeof written === 'string') return Buffer.concat([uint32(8), string(written)])
  if (typeof written === 'boolean') return Buffer.concat([uint32(7), Buffer.of(written ? 1 : 0)])
  if (typeof written === 'number' && Number.isInteger(written)) {
    return Buffer.concat([uint32(4), uint32(written)])
  }
  if (typeof written === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeFloatLE(written)
    return Buffer.concat([uint32(6), bytes])
  }
  return Buffer.concat([uint32(9), uint32(8), uint64(written.length), ...written.map(string)])
}

type Pairs = Readonly<Record<string, WrittenValue>> | readonly (readonly [string, WrittenValue])[]
type Tensors = Readonly<Record<string, WrittenTensor>> | readonly (readonly [string, WrittenTensor])[]

const listOf = <T>(entries: Readonly<Record<string, T>> | readonly (readonly [string, T])[]) =>
  (Array.isArray(entries) ? entries : Object.entries(entries)) as readonly (readonly [string, T])[]

const aligned = (bytes: number, alignment: number): number => Math.ceil(bytes / alignment) * alignment

export function writeGguf(pairs: Pairs, tensors: Tensors, options: WriteOptions = {}): Buffer {
  const keys = listOf<WrittenValue>(pairs)
  const entries = listOf<WrittenTensor>(tensors)
  const stated = keys.find(([key]) => key === 'general.alignment')?.[1]
  const alignment = typeof stated === 'number' && stated > 0 ? stated : 32
  let place = 0
  const infos = entries.map(([name, { type, shape, bytes, offset }]) => {
    const at = offset ?? place
    place = aligned(Number(at) + bytes.length, alignment)
    const sizes = [...shape].reverse().map(uint64)
    return Buffer.concat([string(name), uint32(shape.length), ...sizes, uint32(type), uint64(at)])
  })
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(options.version ?? 3),
    uint64(options.tensorCount ?? entries.length),
    uint64(options.keyCount ?? keys.length),
    ...keys.flatMap(([key, written]) => [string(key), value(written)]),
    ...infos,
  ])
  const dataStart = aligned(header.length, alignment)
  const file = Buffer.alloc(dataStart + (options.dataBytes ?? (place < 1 << 24 ? place : 0)))
  header.copy(file)
  let next = dataStart
  for (const [, { bytes, offset }] of entries) {
    const at = offset === undefined ? next : dataStart + Number(offset)
    if (at + bytes.length <= file.length) file.set(bytes, at)
    next = aligned(at - dataStart + bytes.length, alignment) + dataStart
  }
  return file
}
