// How files of a study lie in shards: each file in one piece or, where it is larger than a shard, in several that end where
// its rows end. Sizes alone decide, but for where the lines of a large JSONL file end.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Piece } from '../../schema/report.ts'
import { TOKEN_ROW_BYTES } from '../../schema/tokenColumns.ts'
import { UserError } from '../../util/errors.ts'

/** Before compression. A longer row has a shard of its own. */
export const SHARD_BYTES = 256 * 1024

/** A shard of JSON, which is small enough to be held. */
export interface ViewShard {
  name: string
  value: unknown
}

export interface CarriedFile {
  /** Relative to the study folder. */
  path: string
  bytes: number
}

export interface Layout {
  /** By path, pieces in the order of the file. */
  files: Record<string, Piece[]>
  /** In order. */
  shards: readonly { name: string; bytes: number; parts: readonly Part[] }[]
}

/** A stretch of a file that lies in a shard. */
interface Part {
  path: string
  /** In the file. */
  start: number
  bytes: number
}

/** Files in the order in which they are to lie. `nameOf` gives the name of a shard by its number. */
export async function layOut(
  folder: string,
  files: readonly CarriedFile[],
  nameOf: (index: number) => string,
): Promise<Layout> {
  const laid: Layout['files'] = {}
  const shards: { name: string; bytes: number; parts: Part[] }[] = []
  for (const file of files) {
    laid[file.path] = []
    let start = 0
    for (const bytes of await pieceSizes(folder, file)) {
      if (shards.length === 0 || shards.at(-1)!.bytes + bytes > SHARD_BYTES)
        shards.push({ name: nameOf(shards.length), bytes: 0, parts: [] })
      const shard = shards.at(-1)!
      laid[file.path]!.push({ shard: shard.name, offset: shard.bytes, bytes })
      shard.parts.push({ path: file.path, start, bytes })
      shard.bytes += bytes
      start += bytes
    }
  }
  return { files: laid, shards }
}

async function pieceSizes(folder: string, { path, bytes }: CarriedFile): Promise<number[]> {
  if (bytes === 0) return []
  if (bytes <= SHARD_BYTES) return [bytes]
  if (path.endsWith('.jsonl')) return lineSizes(join(folder, path))
  if (!path.endsWith('.f32')) return [bytes]
  const whole = Math.floor(SHARD_BYTES / TOKEN_ROW_BYTES) * TOKEN_ROW_BYTES
  const sizes = new Array<number>(Math.floor(bytes / whole)).fill(whole)
  return bytes % whole === 0 ? sizes : [...sizes, bytes % whole]
}

/** As many whole lines as a shard holds, again and again. */
async function lineSizes(path: string): Promise<number[]> {
  const cuts = [0]
  let lastEnd = 0
  let offset = 0
  const endLine = (end: number): void => {
    const start = cuts.at(-1)!
    if (end - start > SHARD_BYTES && lastEnd > start) cuts.push(lastEnd)
    lastEnd = end
  }
  for await (const part of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) endLine(offset + at + 1)
    offset += part.length
  }
  if (lastEnd < offset) endLine(offset)
  if (cuts.at(-1)! < offset) cuts.push(offset)
  return cuts.slice(1).map((cut, i) => cut - cuts[i]!)
}

/** The contents of shards, one at a time in memory. */
export async function* readShards(
  folder: string,
  { shards }: Pick<Layout, 'shards'>,
): AsyncGenerator<{ name: string; bytes: Uint8Array }> {
  for (const { name, bytes, parts } of shards) {
    const content = Buffer.alloc(bytes)
    let at = 0
    for (const part of parts) {
      await readPart(folder, part, content.subarray(at, at + part.bytes))
      at += part.bytes
    }
    yield { name, bytes: content }
  }
}

async function readPart(folder: string, { path, start }: Part, into: Uint8Array): Promise<void> {
  const file = await open(join(folder, path))
  try {
    for (let filled = 0; filled < into.length; ) {
      const { bytesRead } = await file.read(into, filled, into.length - filled, start + filled)
      if (bytesRead === 0)
        throw new UserError(`${path} was cut while it was read`, { hint: 'write the report again' })
      filled += bytesRead
    }
  } finally {
    await file.close()
  }
}
