// SHA-256 of bytes, files and plain values.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Hex SHA-256 of the parts, each preceded by its length so that no two lists of parts collide. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  if (parts.length === 1) return hash.update(parts[0]!).digest('hex')
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part
    hash.update(`${bytes.length}:`).update(bytes)
  }
  return hash.digest('hex')
}

/** Hex SHA-256 of a file's bytes, streamed. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

export interface FileSum {
  sha256: string
  bytes: number
}

/** What a file holds, and how much. */
export type SumOf = (path: string) => Promise<FileSum>

export const fileSum: SumOf = async (path) => ({
  sha256: await sha256File(path),
  bytes: (await stat(path)).size,
})

/** Reads each file once, however often it is asked for. */
export function sumsOnce(): SumOf {
  const known = new Map<string, Promise<FileSum>>()
  return (path) => {
    const place = resolve(path)
    const sum = known.get(place) ?? fileSum(place)
    known.set(place, sum)
    return sum
  }
}

/** Hex SHA-256 of a JSON value; the order of keys does not matter. */
export function sha256Value(value: unknown): string {
  return sha256(JSON.stringify(sortKeys(value)))
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]))
}
