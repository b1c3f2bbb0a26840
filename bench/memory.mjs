// Peak memory of `judge` on 10,000 and on 100,000 answers of the same 500 distinct programs, under one rule. Everything
// runs in one process (wall none), whose peak resident set is read from /proc (Linux). Prints a Markdown table.
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measured } from './measured.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const problems = join(root, 'test/fixtures/humanlike/problems.jsonl')
const DISTINCT = 500
const folder = mkdtempSync(join(tmpdir(), 'tunediff-memory-'))

const rows = readFileSync(join(root, 'test/fixtures/humanlike/variant.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

/** `count` answers that are `DISTINCT` programs in turn: those of test/fixtures/humanlike, told apart by a comment. */
async function writeAnswers(path, count) {
  const file = createWriteStream(path)
  for (let i = 0; i < count; i++) {
    const which = i % DISTINCT
    const { task_id, completion } = rows[which % rows.length]
    const row = { task_id, completion: `${completion}    # ${Math.floor(which / rows.length)}\n` }
    if (!file.write(`${JSON.stringify(row)}\n`)) await new Promise((resolve) => file.once('drain', resolve))
  }
  await new Promise((resolve) => file.end(resolve))
}

try {
  const results = []
  for (const count of [10_000, 100_000]) {
    const log = join(folder, `answers-${count}.jsonl`)
    await writeAnswers(log, count)
    const run = join(folder, `run-${count}`)
    const imported = await measured(join(folder, 'cache'), 'import', log, '--task', problems, '-o', run)
    const judge = () =>
      measured(join(folder, 'cache'), 'judge', run, '--rule', 'prompt+body', '--wall', 'none')
    const judged = await judge()
    const again = await judge()
    results.push({ count, imported, judged, again })
  }
  const cell = ({ peakMb, seconds }) => `${peakMb.toFixed(0)} MB, ${seconds.toFixed(1)} s`
  console.log('| answers | import | judge | judge again, nothing missing |\n| ---: | ---: | ---: | ---: |')
  for (const row of results) {
    console.log(`| ${row.count} | ${cell(row.imported)} | ${cell(row.judged)} | ${cell(row.again)} |`)
  }
  const [small, large] = results
  const ratio = (key) => (large[key].peakMb / small[key].peakMb).toFixed(2)
  console.log(`| peak, ratio | ${ratio('imported')} | ${ratio('judged')} | ${ratio('again')} |`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
