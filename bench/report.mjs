// A report of 100,000 answers: how long it takes to write, how large it is, what memory that takes, and how fast it is in a
// browser, with its rows in the page and beside it. Five recorded sides of 20,000 problems each, as logs of lm-eval
// (bench/report/logs.mjs). Prints Markdown tables. `node bench/report.mjs [PROBLEMS] [FOLDER]`; TUNEDIFF_CHROMIUM names another Chromium than /usr/bin/chromium.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { measured } from './measured.mjs'
import { measurePage, openBrowser } from './report/browser.mjs'
import { writeLogs } from './report/logs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { openReport } = await import(join(root, 'dist/report/page/read.js'))
const { buildReport } = await import(join(root, 'dist/report/page/build.js'))
const { writePage } = await import(join(root, 'dist/report/page/write.js'))
const { serveReport } = await import(join(root, 'dist/report/serve.js'))

const PROBLEMS = Number(process.argv[2] ?? 20_000)
const FLIPS = [0.03, 0.04, 0.05, 0.06]
const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'tunediff-report-'))
mkdirSync(folder, { recursive: true })

const mb = (bytes) => (bytes / 1e6).toFixed(1)
const row = (...cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`)

const sizeOf = (path) => {
  const found = statSync(path)
  return found.isFile()
    ? found.size
    : readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}

async function writeTable() {
  const logs = await writeLogs(folder, { problems: PROBLEMS, flips: FLIPS })
  const report = join(folder, 'report.html')
  const fromLogs = await measured(join(folder, 'cache'), 'report', ...logs, '-o', report)
  const [name] = readdirSync(join(folder, 'cache', 'diffs'))
  const study = join(folder, 'cache', 'diffs', name)
  const again = await measured(join(folder, 'cache'), 'report', study, '-o', report)
  const verified = await measured(join(folder, 'cache'), 'verify', report)
  const { report: summary } = await openReport(report)
  const raw = Object.values(summary.shards).reduce((sum, { bytes }) => sum + bytes, 0)
  process.stdout.write(
    `${PROBLEMS * (FLIPS.length + 1)} answers, ${mb(raw)} MB of rows and views in ${Object.keys(summary.shards).length} shards\n\n`,
  )
  row('step', 's', 'peak MB')
  row('---', '---:', '---:')
  for (const [step, { seconds, peakMb }] of [
    ['`report` of the logs: read, compared, written', fromLogs],
    ['`report` of the finished study: written alone', again],
    ['`verify` of the report', verified],
  ])
    row(step, seconds.toFixed(1), peakMb.toFixed(0))
  return study
}

async function pageTables(study) {
  const built = await buildReport([study], { cacheFolder: join(folder, 'cache'), env: process.env })
  const [{ name: task, problems }] = built.report.studies[0].tasks
  const browser = await openBrowser()
  try {
    for (const [form, maxBytes] of [
      ['one file, from disk', Number.POSITIVE_INFINITY],
      ['rows beside it, `tunediff view`', 0],
    ]) {
      const path = join(folder, maxBytes === 0 ? 'beside.html' : 'whole.html')
      const { shardFolder } = await writePage(path, built, maxBytes)
      const server = shardFolder === null ? null : await serveReport(path)
      const url = server?.address ?? pathToFileURL(path).href
      const found = await measurePage(browser, url, { task, problems })
      await server?.[Symbol.asyncDispose]()
      const beside = shardFolder === null ? '' : `, ${mb(sizeOf(shardFolder))} MB beside it`
      process.stdout.write(
        `\n**${form}**: page of ${mb(sizeOf(path))} MB${beside}, ${mb(found.memory)} MB of JavaScript heap\n\n`,
      )
      row('', 'first, ms', 'CPU ms', 'slowest later, ms', 'CPU ms')
      row('---', '---:', '---:', '---:', '---:')
      const cells = ({ ms, cpuMs }) => [ms.toFixed(0), cpuMs.toFixed(0)]
      row('finding shown', ...cells(found.shown), '', '')
      for (const { name, first, later } of found.rows) row(name, ...cells(first), ...cells(later))
    }
  } finally {
    await browser.close()
  }
}

try {
  await pageTables(await writeTable())
} finally {
  if (process.argv[3] === undefined) rmSync(folder, { recursive: true, force: true })
}
