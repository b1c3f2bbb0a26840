// Mutated files: importers throw nothing but UserError, and lose no row silently. 10,000 files under `npm run soak`.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { FORMATS, openLog } from '../../src/logs/index.ts'
import { sampleSchema } from '../../src/schema/run.ts'
import { UserError } from '../../src/util/errors.ts'
import { cut, flip, mutated, mutationsOf } from '../attacks/mutate.ts'
import { soak } from '../support/soak.ts'

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'tunediff-mutated-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function* filesIn(path: string): Generator<string> {
  for (const name of readdirSync(path).sort()) {
    const inner = join(path, name)
    if (statSync(inner).isDirectory()) yield* filesIn(inner)
    else if (/\.(jsonl|json|csv)$/.test(name)) yield inner
  }
}

const originals = ['logs', 'evalplus', 'lm-eval'].flatMap((name) => [...filesIn(join(fixtures, name))])

const mutations = mutationsOf([
  ...['\n', '"', '{', ']', 'null', '\0', '\\', ',', '\ufeff', '\r\n', '[[[[', '1e999', '"__proto__":'],
])

/** Samples and skips of a file; null where it is refused. */
async function count(path: string, format: string | undefined): Promise<number | null> {
  let rows = 0
  try {
    for (const reading of await openLog(path, format === undefined ? {} : { format })) {
      for await (const row of reading.rows()) {
        rows++
        if ('sample' in row) sampleSchema.parse(row.sample)
        else expect(row.skipped.reason).not.toBe('')
      }
    }
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
  return rows
}

/** Lines that are rows: not blank, as a reader of UTF-8 sees them. */
const rowsOf = (bytes: Buffer): number =>
  bytes
    .toString('utf8')
    .split('\n')
    .filter((line) => line.replace(/^\ufeff/, '').trim() !== '').length

test('mutated logs: a UserError, or every row a sample or a skip', { timeout: 600_000 }, async () => {
  const outcomes = { read: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...originals),
      mutations,
      fc.option(fc.constantFrom(...FORMATS), { nil: undefined, freq: 4 }),
      fc.boolean(),
      async (original, changes, format, zip) => {
        const bytes = mutated(readFileSync(original), changes)
        const path = join(folder, `${basename(original)}${zip ? '.gz' : ''}`)
        writeFileSync(path, zip ? gzipSync(bytes, { level: 1 }) : bytes)
        const rows = await count(path, format)
        rmSync(path)
        outcomes[rows === null ? 'refused' : 'read']++
        // One row a line holds for JSONL whose rows hold one answer.
        const oneARow = original.endsWith('.jsonl') && !basename(original).startsWith('samples_tiny_code_3')
        if (rows !== null && oneARow) expect(rows).toBe(rowsOf(bytes))
      },
    ),
    { numRuns: soak(10_000) },
  )
  // Both must happen, or the mutations are too weak or too strong to tell anything.
  expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(soak(10_000) / 20)
})

test('damaged gzip: a UserError or the rows that are whole', { timeout: 600_000 }, async () => {
  const zipped = gzipSync(
    readFileSync(join(fixtures, 'logs', 'ldb.jsonl'))
      .toString('utf8')
      .repeat(20),
  )
  const path = join(folder, 'damaged.jsonl.gz')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(flip, cut), { minLength: 1, maxLength: 3 }), async (changes) => {
      writeFileSync(path, mutated(zipped, changes))
      await count(path, undefined)
    }),
    { numRuns: soak(1000) },
  )
})
