// Files of any size in shards: in pieces that give them back, cut where rows end, and a row is found in its piece.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { layOut, readShards, SHARD_BYTES } from '../src/report/page/pieces.ts'
import { placedRows } from '../src/report/page/rows.ts'
import { TOKEN_COLUMNS } from '../src/schema/tokenColumns.ts'

const scratch = mkdtempSync(join(tmpdir(), 'tunediff-pieces-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('large files are cut where rows end, and a row that is longer than a shard has one of its own', async () => {
  const row = (i: number, length: number): string => `${JSON.stringify({ i, text: 'ä'.repeat(length) })}\n`
  const lengths = Array.from({ length: 120 }, (_, i) => (i === 60 ? SHARD_BYTES : (i * 977) % 9000))
  writeFileSync(join(scratch, 'rows.jsonl'), lengths.map((length, i) => row(i, length)).join(''))
  const numbers = Float32Array.from({ length: TOKEN_COLUMNS.length * 12_345 }, (_, i) => i)
  writeFileSync(join(scratch, 'tokens.f32'), new Uint8Array(numbers.buffer))
  writeFileSync(join(scratch, 'empty.jsonl'), '')
  const files = ['empty.jsonl', 'rows.jsonl', 'tokens.f32'].map((path) => ({
    path,
    bytes: statSync(join(scratch, path)).size,
  }))
  const layout = await layOut(scratch, files, (i) => `rows-${i}`)
  const contents = new Map<string, Uint8Array>()
  for await (const { name, bytes } of readShards(scratch, layout)) contents.set(name, bytes)
  const piecesOf = (path: string): Uint8Array[] =>
    layout.files[path]!.map(({ shard, offset, bytes }) =>
      contents.get(shard)!.subarray(offset, offset + bytes),
    )
  for (const { path } of files)
    expect(Buffer.concat(piecesOf(path)).equals(readFileSync(join(scratch, path))), path).toBe(true)
  expect(piecesOf('rows.jsonl').every((piece) => piece.at(-1) === 10)).toBe(true)
  expect(piecesOf('tokens.f32').every(({ length }) => length % (TOKEN_COLUMNS.length * 4) === 0)).toBe(true)
  expect(layout.shards.filter(({ bytes }) => bytes > SHARD_BYTES).map(({ parts }) => parts.length)).toEqual([
    1,
  ])
  const rows = placedRows(
    { folder: scratch, files: layout.files },
    'rows.jsonl',
    z.strictObject({ i: z.number(), text: z.string() }),
  )
  let seen = 0
  for await (const { row: found, piece } of rows) {
    expect(found.i).toBe(seen++)
    expect(Buffer.from(piecesOf('rows.jsonl')[piece]!).toString('utf8')).toContain(`{"i":${found.i},`)
  }
  expect(seen).toBe(lengths.length)
})
