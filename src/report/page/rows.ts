// Rows of a JSONL file with the piece of the report that each lies in.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Piece } from '../../schema/report.ts'
import { parseRow } from '../../store/jsonl.ts'
import type { Layout } from './pieces.ts'

/** A study folder and how its files lie in shards. */
export interface Carried {
  folder: string
  files: Layout['files']
}

export interface PlacedRow<T> {
  row: T
  /** Index among the pieces of the file. */
  piece: number
}

/** Streams the rows; none where the report does not carry the file. A cut last line is left out, as everywhere. */
export async function* placedRows<T>(
  { folder, files }: Carried,
  path: string,
  schema: z.ZodType<T>,
): AsyncGenerator<PlacedRow<T>> {
  const pieces = files[path]
  if (!pieces) return
  const pieceAt = pieceFinder(pieces)
  const place = join(folder, path)
  let [offset, number] = [0, 0]
  let rest: Buffer[] = []
  for await (const part of createReadStream(place, {
    highWaterMark: 1 << 18,
  }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = part.indexOf(10); end >= 0; end = part.indexOf(10, start)) {
      const line = Buffer.concat([...rest, part.subarray(start, end)])
      rest = []
      const row = parseRow(place, ++number, line.toString('utf8'), schema)
      yield { row, piece: pieceAt(offset) }
      offset += line.length + 1
      start = end + 1
    }
    if (start < part.length) rest.push(part.subarray(start))
  }
}

/** For offsets that rise. */
function pieceFinder(pieces: readonly Piece[]): (offset: number) => number {
  let index = 0
  let end = pieces[0]?.bytes ?? 0
  return (offset) => {
    while (offset >= end && index < pieces.length - 1) end += pieces[++index]!.bytes
    return index
  }
}
