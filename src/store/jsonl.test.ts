import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { collect } from '../../test/support/collect.ts'
import { JsonlWriter, readRows } from './jsonl.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-jsonl-'))
afterAll(() => rmSync(folder, { recursive: true }))
const schema = z.strictObject({ n: z.number() })
const rows = (path: string): Promise<{ n: number }[]> => collect(readRows(path, schema))

test('rows keep their order; a cut last line is dropped, then written again', async () => {
  const path = join(folder, 'rows.jsonl')
  {
    await using writer = await JsonlWriter.open(path)
    await Promise.all([1, 2, 3].map((n) => writer.append({ n })))
  }
  appendFileSync(path, '{"n": 4')
  expect(await rows(path)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  {
    await using writer = await JsonlWriter.open(path)
    await writer.append({ n: 4 })
  }
  expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n')
})

test('a file that is one cut line is emptied; a missing file has no rows', async () => {
  const path = join(folder, 'cut.jsonl')
  writeFileSync(path, '{"n": 1, "long": "'.padEnd(200_000, 'x'))
  const writer = await JsonlWriter.open(path)
  await writer[Symbol.asyncDispose]()
  expect(readFileSync(path, 'utf8')).toBe('')
  expect(await rows(join(folder, 'missing.jsonl'))).toEqual([])
})

test('a damaged row is an error that names file, line and key', async () => {
  const path = join(folder, 'damaged.jsonl')
  writeFileSync(path, '{"n":1}\n{"n":"two"}\n')
  await expect(rows(path)).rejects.toThrow(/damaged\.jsonl, line 2 n: /)
  writeFileSync(path, '{"n":1}\n\0\0\0\n')
  await expect(rows(path)).rejects.toThrow('line 2 is not JSON')
})
