// `tunediff verify` of what is no report, or of one that a stranger wrote by hand: one clear error each.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { tunediff } from './support/cli.ts'
import { element, HandReport, pageOf, SUMMARY_BY_HAND } from './support/handReport.ts'

const hand = new HandReport()
afterAll(() => hand[Symbol.dispose]())

async function refused(path: string): Promise<string> {
  const { code, stdout, stderr } = await tunediff(['verify', path], { cache: join(hand.folder, 'cache') })
  expect([code, stdout], stderr).toEqual([2, ''])
  return stderr
}

test('each is one clear error', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => `${JSON.stringify({ i, x: Math.sin(i) })}\n`)
  hand.write({ 'rows-0': rows.join('') })
  const page = readFileSync(hand.path, 'utf8')
  const summaryAt = page.indexOf('id="summary"')
  const put = (text: string): string => {
    writeFileSync(hand.path, text)
    return hand.path
  }
  const summary = (value: unknown): string =>
    put(pageOf([element('summary', gzipSync(JSON.stringify(value)))]))
  const cases: [string, () => string][] = [
    ['does not exist', () => join(hand.folder, 'nowhere.html')],
    ['is not a report of tunediff', () => put('<html>\n<p>hello\n</html>\n')],
    ['is not a report of tunediff', () => put('')],
    ['is cut: it ends within its summary', () => put(page.slice(0, summaryAt + 200))],
    ['is cut: its last line', () => put(page.slice(0, -100))],
    ['is cut: its last line', () => put(page.slice(0, page.indexOf('id="rows-0"') + 500))],
    [
      'holds summary twice',
      () => put(pageOf([element('summary', gzipSync('{}')), element('summary', gzipSync('{}'))])),
    ],
    [
      'summary: not base64',
      () => put(pageOf(['<script type="application/octet-stream" id="summary">%%</script>'])),
    ],
    ['summary: damaged gzip data', () => put(pageOf([element('summary', Buffer.from('text'))]))],
    ['summary: not JSON', () => put(pageOf([element('summary', gzipSync('{'))]))],
    ['is a report of schema 99, this version reads 1', () => summary({ ...SUMMARY_BY_HAND, schema: 99 })],
    ['summary: studies', () => summary({ ...SUMMARY_BY_HAND, studies: [] })],
  ]
  for (const [says, make] of cases) expect(await refused(make())).toContain(says)
})

test('a summary without end', async () => {
  writeFileSync(hand.path, pageOf([element('summary', gzipSync(Buffer.alloc(257 << 20), { level: 1 }))]))
  expect(await refused(hand.path)).toContain('summary: longer than')
})

test('files that would lie elsewhere, or on each other, or in no shard', async () => {
  const outside = ['../x', '/x', 'cells/../../x', 'cells/..', 'cells/a/../../../x', 'cells//x', 'cells/./x']
  const odd = ['x', 'cells', 'cells/', 'cells\\..\\x', 'cells/a\\b', 'cells/a\0b', 'cells/C:x']
  for (const file of [...outside, ...odd]) {
    const files = JSON.parse(`{${JSON.stringify(file)}: [{"shard": "rows-0", "offset": 0, "bytes": 1}]}`)
    hand.write({ 'rows-0': 'x' }, { change: { studies: [{ ...SUMMARY_BY_HAND.studies[0], files }] } })
    expect(await refused(hand.path), file).toContain('which is no file of a study')
  }
  const piece = (offset: number, bytes: number, shard = 'rows-0') => [{ shard, offset, bytes }]
  const cases: [string, object][] = [
    ['cannot lie beside', { 'cells/a': piece(0, 1), 'cells/a/b': piece(0, 1) }],
    ['cannot lie beside', { [`cells/${'a'.repeat(300)}`]: piece(0, 1) }],
    ['goes beyond the end of rows-0', { 'cells/a': piece(0, 2) }],
    ['goes beyond the end of rows-0', { 'cells/a': piece(-1, 1) }],
    ['goes beyond the end of rows-0', { 'cells/a': piece(2, -1) }],
    ['goes beyond the end of none', { 'cells/a': piece(0, 1, 'none') }],
    ['goes beyond the end of constructor', { 'cells/a': piece(0, 1, 'constructor') }],
  ]
  for (const [says, files] of cases) {
    hand.write({ 'rows-0': 'x' }, { change: { studies: [{ ...SUMMARY_BY_HAND.studies[0], files }] } })
    expect(await refused(hand.path), says).toContain(says)
  }
})

test('files that would fill the disk', async () => {
  const pieces = Array.from({ length: 100 }, () => ({ shard: 'rows-0', offset: 0, bytes: 200_000_000 }))
  const studies = [{ ...SUMMARY_BY_HAND.studies[0], files: { 'cells/a': pieces } }]
  hand.write({}, { change: { studies, shards: { 'rows-0': { bytes: 200_000_000 } } } })
  expect(await refused(hand.path)).toContain('are unpacked')
})
