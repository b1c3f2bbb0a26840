// A report that is too large for one file: its shards lie beside the page, and a report that is written again leaves nothing of
// the one before.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { BuiltReport } from '../src/report/page/build.ts'
import { openReport } from '../src/report/page/read.ts'
import { MAX_PAGE_BYTES, writePage } from '../src/report/page/write.ts'
import { SUMMARY_BY_HAND } from './support/handReport.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-beside-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folder: string
let path: string
let shards: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'of-'))
  path = join(folder, 'my report.html')
  shards = join(folder, 'my report.shards')
})

const BESIDE = 0

function built(texts: Readonly<Record<string, string>>): BuiltReport {
  const entries = Object.entries(texts).map(([name, text]) => ({ name, bytes: Buffer.from(text) }))
  const sizes = entries.map(({ name, bytes }) => [name, { bytes: bytes.length }])
  return {
    report: { ...SUMMARY_BY_HAND, shards: Object.fromEntries(sizes) },
    views: entries,
    async *shards() {
      yield* entries
    },
  }
}

const ROWS = { 'rows-0': 'a row\n', 'weights-0': '{"tensors":[]}' }

test('beside the page: files that are the shards, and a page that may ask for them', async () => {
  const written = await writePage(path, built(ROWS), BESIDE)
  expect(readdirSync(folder).sort()).toEqual(['my report.html', 'my report.shards'])
  expect(readdirSync(shards).sort()).toEqual(['rows-0.gz', 'weights-0.gz'])
  expect(gunzipSync(readFileSync(join(shards, 'rows-0.gz'))).toString()).toBe(ROWS['rows-0'])
  const sizes = [path, join(shards, 'rows-0.gz'), join(shards, 'weights-0.gz')].map(
    (one) => statSync(one).size,
  )
  expect(written).toEqual({ bytes: sizes.reduce((a, b) => a + b), shardFolder: shards })
  const { report, shard } = await openReport(path)
  expect(report.shardFolder).toBe('my report.shards')
  expect((await shard('weights-0')).toString()).toBe(ROWS['weights-0'])
  expect(policyOf(path)).toContain("connect-src 'self'")
})

test('in the page, which then may ask for nothing', async () => {
  expect(await writePage(path, built(ROWS))).toMatchObject({ shardFolder: null })
  expect(readdirSync(folder)).toEqual(['my report.html'])
  expect((await (await openReport(path)).shard('rows-0')).toString()).toBe(ROWS['rows-0'])
  expect(policyOf(path)).not.toContain('connect-src')
})

const policyOf = (page: string): string =>
  /Content-Security-Policy" content="([^"]*)"/.exec(readFileSync(page, 'utf8'))![1]!

test('what decides is how much room the shards take in the page', async () => {
  expect(MAX_PAGE_BYTES).toBe(20_000_000)
  await writePage(path, built(ROWS), BESIDE)
  const inPage = readdirSync(shards)
    .map((name) => readFileSync(join(shards, name)).toString('base64').length)
    .reduce((a, b) => a + b)
  expect((await writePage(path, built(ROWS), inPage)).shardFolder).toBeNull()
  expect((await writePage(path, built(ROWS), inPage - 1)).shardFolder).toBe(shards)
})

test('written again, larger and smaller: nothing of the one before is left', async () => {
  await writePage(path, built(ROWS), BESIDE)
  await writePage(path, built({ 'rows-1': 'other' }), BESIDE)
  expect(readdirSync(shards)).toEqual(['rows-1.gz'])
  await writePage(path, built({ 'rows-1': 'other' }))
  expect(readdirSync(folder)).toEqual(['my report.html'])
})

test('a folder with anything else in it is no folder of a report: nothing is written, nothing removed', async () => {
  mkdirSync(shards)
  for (const name of ['notes.txt', 'backup.gz', 'rows-0']) {
    writeFileSync(join(shards, name), 'mine')
    await expect(writePage(path, built(ROWS), BESIDE)).rejects.toThrow(`holds ${name}`)
    await expect(writePage(path, built(ROWS))).rejects.toThrow(`holds ${name}`)
    expect(readFileSync(join(shards, name), 'utf8')).toBe('mine')
    rmSync(join(shards, name))
  }
  expect(readdirSync(folder)).toEqual(['my report.shards'])
})

test('a report that cannot be written whole leaves the one before as it was', async () => {
  await writePage(path, built(ROWS), BESIDE)
  const before = readFileSync(path)
  const failing: BuiltReport = {
    ...built(ROWS),
    // biome-ignore lint/correctness/useYield: it fails before the first
    async *shards() {
      throw new Error('a file is gone')
    },
  }
  await expect(writePage(path, failing, BESIDE)).rejects.toThrow('a file is gone')
  expect(readFileSync(path)).toEqual(before)
  expect(readdirSync(shards).sort()).toEqual(['rows-0.gz', 'weights-0.gz'])
  expect(readdirSync(folder).sort()).toEqual(['my report.html', 'my report.shards'])
})
