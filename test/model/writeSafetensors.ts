// Writes small safetensors files for tests: well-formed ones, and any header over any data.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

export interface WrittenTensor {
  dtype: string
  shape: readonly number[]
  bytes: Uint8Array
}

/** An F32 tensor; values count up from `first` where none are given. */
export function f32(shape: readonly number[], values?: readonly number[], first = 0): WrittenTensor {
  const n = shape.reduce((product, size) => product * size, 1)
  const data = Float32Array.from({ length: n }, (_, i) => values?.[i] ?? first + i)
  return { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) }
}

/** A BF16 tensor of values that bf16 holds exactly, or their truncation. */
export function bf16(shape: readonly number[], values?: readonly number[]): WrittenTensor {
  const bits = new Uint32Array(f32(shape, values).bytes.buffer)
  const codes = Uint16Array.from(bits, (word) => word >>> 16)
  return { dtype: 'BF16', shape, bytes: new Uint8Array(codes.buffer) }
}

/** A tensor of any type with zero bytes. */
export function zeros(dtype: string, shape: readonly number[], bytes: number): WrittenTensor {
  return { dtype, shape, bytes: new Uint8Array(bytes) }
}

export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WrittenTensor>>,
  metadata?: Readonly<Record<string, string>>,
): void {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {}
  let at = 0
  for (const [name, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] }
    at += bytes.length
  }
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, withHeader(JSON.stringify(header), ...Object.values(tensors).map(({ bytes }) => bytes)))
}

/** A file with this header, true length before it, and this data. */
export function withHeader(header: string | Uint8Array, ...data: Uint8Array[]): Buffer {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([length, text, ...data])
}

/** An index over shards, as transformers writes it. */
export function indexOf(shards: Readonly<Record<string, readonly string[]>>): string {
  const entries = Object.entries(shards).flatMap(([shard, names]) => names.map((name) => [name, shard]))
  return JSON.stringify({ metadata: { total_size: 0 }, weight_map: Object.fromEntries(entries) })
}
