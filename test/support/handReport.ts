// A report that is written by hand: a page of a few lines, a study without numbers, shards as one wishes. Not a test itself.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { REPORT_SCHEMA, type Report } from '../../src/schema/report.ts'
import { RESULTS_SCHEMA, type Results } from '../../src/schema/results.ts'

const RESULTS: Results = {
  schema: RESULTS_SCHEMA,
  tunediff: '0.1.0',
  asked: { name: 'by hand', margin: null, sides: [], tasks: [], cells: [] },
  ...{ trainings: [], weights: [], predictions: [], zeroLines: [], live: [], scores: [], pairs: [] },
  ...{ effects: [], changes: [], warnings: [], files: {} },
  findings: { headline: { text: 'Nothing was measured.', figures: [] }, variants: [], study: [] },
}

export const SUMMARY_BY_HAND: Report = {
  schema: REPORT_SCHEMA,
  tunediff: '0.1.0',
  title: 'by hand',
  studies: [
    {
      results: RESULTS,
      ...{ finding: [], keyFigures: [], runs: [], tasks: [], leaderboards: [] },
      tables: { tasks: null, weights: null, predictions: null, trainings: null },
      ...{ weights: [], predictions: [], trainings: [] },
      tokens: { absent: 'no tokenizer' },
      files: {},
    },
  ],
  shards: {},
  shardFolder: null,
}

export const element = (id: string, packed: Uint8Array): string =>
  `<script type="application/octet-stream" id="${id}">${Buffer.from(packed).toString('base64')}</script>`

/** A page around lines of data. */
export const pageOf = (lines: readonly string[]): string =>
  [
    '<!doctype html>',
    '<html lang="en"><head><title>by hand</title></head><body>',
    ...lines,
    '</body></html>',
    '',
  ].join('\n')

export class HandReport implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tunediff-report-'))
  readonly path = join(this.folder, 'report.html')

  /** Writes the page with the shards in it, or beside it in `shardFolder`; `change` alters the summary. */
  write(
    shards: Readonly<Record<string, string>>,
    { shardFolder = null, change = {} }: { shardFolder?: string | null; change?: object } = {},
  ): void {
    const sizes = Object.entries(shards).map(([name, text]) => [name, { bytes: Buffer.byteLength(text) }])
    const report = { ...SUMMARY_BY_HAND, shards: Object.fromEntries(sizes), shardFolder, ...change }
    const packed = Object.entries(shards).map(([name, text]) => [name, gzipSync(text)] as const)
    const inside = shardFolder === null ? packed : []
    const summary = element('summary', gzipSync(JSON.stringify(report)))
    writeFileSync(this.path, pageOf([summary, ...inside.map(([name, bytes]) => element(name, bytes))]))
    if (shardFolder === null) return
    mkdirSync(join(this.folder, shardFolder), { recursive: true })
    for (const [name, bytes] of packed) writeFileSync(join(this.folder, shardFolder, `${name}.gz`), bytes)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
