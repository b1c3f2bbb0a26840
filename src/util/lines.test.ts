import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { collect } from '../../test/support/collect.ts'
import { type Line, readLines } from './lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(bytes: Uint8Array | string, name = 'file.jsonl', maxLineBytes?: number): Promise<Line[]> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return collect(readLines(path, maxLineBytes === undefined ? {} : { maxLineBytes }))
}

test('lines lose their LF or CRLF and know whether a newline ended them', async () => {
  expect(await read('one\r\ntwo\n\nlast')).toEqual([
    { number: 1, text: 'one', terminated: true },
    { number: 2, text: 'two', terminated: true },
    { number: 3, text: '', terminated: true },
    { number: 4, text: 'last', terminated: false },
  ])
  expect(await read('')).toEqual([])
})

test('a byte order mark is dropped, gzip is read', async () => {
  expect((await read('\ufeff{"a":1}\n'))[0]!.text).toBe('{"a":1}')
  expect((await read(gzipSync('zipped\n'), 'file.jsonl.gz'))[0]!.text).toBe('zipped')
})

test('a line beyond the limit and a line that is not UTF-8 are named, the others are read', async () => {
  expect(await read(`short\n${'x'.repeat(1000)}\nafter\n`, 'long.jsonl', 100)).toEqual([
    { number: 1, text: 'short', terminated: true },
    { number: 2, text: '', terminated: true, fault: 'too-long' },
    { number: 3, text: 'after', terminated: true },
  ])
  const faults = (await read(Buffer.from([0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a]))).map((line) => line.fault)
  expect(faults).toEqual([undefined, 'not-utf8', undefined])
})

test('a cut gzip file is an error, not a short file', async () => {
  const zipped = gzipSync('row\n'.repeat(10_000))
  await expect(read(zipped.subarray(0, zipped.length - 20), 'cut.jsonl.gz')).rejects.toThrow()
})

test('any text comes back line by line', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), async (raw) => {
      const texts = raw.map((text) => text.replace(/[\r\n\ufeff]/g, ''))
      const lines = await read(texts.map((text) => `${text}\n`).join(''))
      expect(lines.map((line) => line.text)).toEqual(texts)
    }),
    { numRuns: 50 },
  )
})
