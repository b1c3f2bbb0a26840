// The numbers of docs/how-much.md: rewrites what stands between its markers from `reference --json` and from
// docs/how-much.audited.json and docs/how-much.demo.json. Prose outside the markers holds no number that was measured.
//   node scripts/how-much.mjs            rewrite the page
//   node scripts/how-much.mjs --check    fail if the page is stale, or if the logs (where present) give other figures
//   node scripts/how-much.mjs --audit    judge the logs in $TUNEDIFF_DATA/humaneval/logs and rewrite the audited figures
//   node scripts/how-much.mjs --demo [FOLDER]  take the demo's figures from its study (default: demo.study), of npm start
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { demoFigures, demoSection } from './how-much-demo.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const PAGE = join(root, 'docs/how-much.md')
const AUDITED = join(root, 'docs/how-much.audited.json')
const DEMO = join(root, 'docs/how-much.demo.json')
const AUDITS = [
  ['gpt-3.5-plain.ldb-seed.jsonl', 'gpt-3.5-ldb.ldb.jsonl'],
  ['gpt-4-plain.reflexion.jsonl', 'gpt-4-reflexion.reflexion.jsonl'],
  ['gpt-4-reflexion.reflexion.jsonl', 'gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl'],
]
const NAMES = {
  'gpt-3.5-plain.ldb-seed.jsonl': 'GPT-3.5',
  'gpt-3.5-ldb.ldb.jsonl': 'GPT-3.5 with LDB',
  'gpt-4-plain.reflexion.jsonl': 'GPT-4',
  'gpt-4-reflexion.reflexion.jsonl': 'GPT-4 with Reflexion',
  'gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl': "LDB with GPT-3.5 on Reflexion's programs",
}

function tunediff(...args) {
  const main = join(root, 'dist/cli/main.js')
  const stdio = ['ignore', 'pipe', 'inherit']
  return JSON.parse(execFileSync(process.execPath, [main, ...args, '--json'], { stdio, maxBuffer: 1 << 28 }))
}

// Audited figures ------------------------------------------------------------------------------------------------

/** Folder of the recorded logs, or null. */
function logFolder() {
  const folder = process.env.TUNEDIFF_DATA && join(process.env.TUNEDIFF_DATA, 'humaneval/logs')
  return folder && existsSync(folder) ? folder : null
}

function audit(folder) {
  return AUDITS.map(([base, variant]) => {
    const { comparisons } = tunediff('compare', join(folder, base), join(folder, variant))
    const [comparison] = comparisons
    const [v] = comparison.variants
    const side = (file, s) => ({
      file,
      name: NAMES[file],
      passed: s.passed,
      n: s.n,
      claimed: s.claimed?.passed ?? null,
    })
    return {
      command: `tunediff compare ${base} ${variant} --json`,
      base: side(base, comparison.base),
      variant: side(variant, v),
      delta: { value: round(v.delta.value), low: round(v.delta.low), high: round(v.delta.high) },
      gained: v.gained.length,
      lost: v.lost.length,
      p: round(v.p),
      finding: v.finding,
    }
  })
}

const round = (x) => (x === null ? null : Number(x.toPrecision(6)))

// The page -------------------------------------------------------------------------------------------------------

const signed = (fraction) => {
  const text = (100 * fraction).toFixed(1)
  return fraction > 0 ? `+${text}` : text
}
const mean = ({ value, low, high }) =>
  `${signed(value)} points${low == null ? '' : ` [${signed(low)}, ${signed(high)}]`}`
const pText = (p) => (p < 0.0001 ? '< 0.0001' : p.toPrecision(2))
const table = (head, align, rows) =>
  [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

function short(lora, humaneval, audited) {
  const gains = audited.map((row) => row.delta.value)
  const [low, high] = lora.gainRange
  return [
    `- **Changed weights, narrow tasks: a lot.** Over LoRA Land's ${lora.tasks} tasks and ${lora.models} small bases, fine-tuning moves the score by ${mean(lora.gain)} on average, and by ${signed(low)} to ${signed(high)} in single cases. ${lora.worse} of ${lora.pairs} get worse.`,
    `- **Part of that may be format.** In ${lora.lowBase.pairs} pairs the base scores below ${100 * lora.lowBase.below} %, as a model does whose answers come in another format. Without those pairs the mean is ${mean(lora.lowBase.others)}; part of that drop is the choosing by base score.`,
    `- **Scores move without any training.** Scaffolds, with no weights changed, gave ${signed(Math.min(...gains))} to ${signed(Math.max(...gains))} points on HumanEval in the logs below. A better score alone does not show that anything was fine-tuned.`,
    `- **The HumanEval rows from ${humaneval.span.lowPercent} to ${humaneval.span.highPercent} % show no fine-tuning.** Of the ${humaneval.rows.length} published rows that \`tunediff reference humaneval\` lists with their sources, ${humaneval.rowsWithChangedWeights || 'none'} had weights changed.`,
  ].join('\n')
}

function quoted(lora, humaneval) {
  const { span, spanPairs, fewestFlips } = humaneval
  const { gpt4 } = lora
  return table(
    ['what is quoted', 'what holds'],
    ['---', '---'],
    [
      [
        `fine-tuned variants of GPT-4 score ${span.lowPercent} to ${span.highPercent} % on HumanEval`,
        `These are LDB runs, each with another unchanged model, on programs that Reflexion had written. They solve ${span.lowSolved} to ${span.highSolved} of ${humaneval.problems}: ${span.problems} problems apart. ${spanPairs.tooClose} of their ${spanPairs.pairs} pairs are fewer than ${fewestFlips} apart and cannot differ at p < 0.05, however their problems pair.`,
      ],
      [
        `fine-tuned models beat their base by ${100 * lora.quoted.overBase} points (${lora.quoted.source})`,
        `The paper's own table gives ${mean(lora.gain)}: ${lora.improved} of ${lora.pairs} improve. On HumanEval, ${lora.elsewhere.model} starts from ${(100 * lora.elsewhere.impliedBase).toFixed(1)} % in this table and from ${(100 * lora.elsewhere.base).toFixed(1)} % in another harness, which leaves ${signed(lora.elsewhere.gainLeft)} of ${signed(lora.elsewhere.gain)} points.`,
      ],
      [
        `they beat GPT-4 by ${100 * lora.quoted.overGpt4} points on average (same source)`,
        `The best of ${lora.models} models a task, chosen after seeing the scores: ${mean(gpt4.bestOfTask)}. One base chosen on the other tasks: ${mean(gpt4.chosenOnOtherTasks)}. The mean model: ${mean(gpt4.meanTuned)}. ${gpt4.lose} of ${lora.pairs} lose to GPT-4.`,
      ],
    ],
  )
}

function loraTable(lora) {
  const cell = (m) => signed(m.value)
  const range = (m) => (m.low == null ? 'too few tasks' : `[${signed(m.low)}, ${signed(m.high)}]`)
  const row = (name, r) => [
    name,
    r.tasks,
    cell(r.gain),
    range(r.gain),
    cell(r.againstGpt4),
    range(r.againstGpt4),
  ]
  return table(
    ['kind of task', 'tasks', 'variant - base', '95 % interval', 'variant - GPT-4', '95 % interval'],
    ['---', '---:', '---:', '---', '---:', '---'],
    [
      ...lora.byCategory.map((r) => row(r.name, r)),
      row('all', { tasks: lora.tasks, gain: lora.gain, againstGpt4: lora.gpt4.meanTuned }),
    ],
  )
}

function auditedTable(audited, holmP) {
  const passed = (s) =>
    s.claimed === null || s.claimed === s.passed ? s.passed : `${s.passed} (claims ${s.claimed})`
  return table(
    ['base', 'passed', 'variant', 'passed', 'delta, points', 'gained', 'lost', 'p', 'p, Holm', 'finding'],
    ['---', '---:', '---', '---:', '---:', '---:', '---:', '---:', '---:', '---'],
    audited.map((row, i) => [
      row.base.name,
      passed(row.base),
      row.variant.name,
      passed(row.variant),
      `${signed(row.delta.value)} [${signed(row.delta.low)}, ${signed(row.delta.high)}]`,
      row.gained,
      row.lost,
      pText(row.p),
      pText(holmP[i]),
      // As in a report of all three: better and worse need p < 0.05 after Holm.
      holmP[i] < 0.05 ? row.finding : 'cannot tell',
    ]),
  )
}

/** Replaces what stands between <!-- name --> and <!-- /name -->. */
function fill(page, name, text) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [page.indexOf(open), page.indexOf(close)]
  if (from < 0 || to < from) throw new Error(`docs/how-much.md has no markers ${open} and ${close}`)
  return `${page.slice(0, from + open.length)}\n${text}\n${page.slice(to)}`
}

function fail(message) {
  console.error(message)
  process.exitCode = 1
}

const folder = logFolder()
if (process.argv.includes('--audit')) {
  if (!folder)
    throw new Error('--audit needs the logs: set TUNEDIFF_DATA to the folder that holds humaneval/logs')
  writeFileSync(AUDITED, `${JSON.stringify(audit(folder), null, 2)}\n`)
}
const demoAt = process.argv.indexOf('--demo')
if (demoAt > 0) {
  const figures = demoFigures(process.argv[demoAt + 1] ?? 'demo.study', 'npm start')
  writeFileSync(DEMO, `${JSON.stringify(figures, null, 2)}\n`)
}
const { nats } = await import(join(root, 'dist/report/predictionsNumbers.js'))
const { holm } = await import(join(root, 'dist/stats/index.js'))
const audited = JSON.parse(readFileSync(AUDITED, 'utf8'))
const lora = tunediff('reference', 'lora-land')
const humaneval = tunediff('reference', 'humaneval')
const before = readFileSync(PAGE, 'utf8')
let page = fill(before, 'short', short(lora, humaneval, audited))
page = fill(page, 'quoted', quoted(lora, humaneval))
page = fill(page, 'lora-land', loraTable(lora))
page = fill(page, 'audited', auditedTable(audited, holm(audited.map((row) => row.p))))
page = fill(page, 'demo', demoSection(JSON.parse(readFileSync(DEMO, 'utf8')), { nats, table }))
if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
else {
  if (page !== before) fail('docs/how-much.md is stale: node scripts/how-much.mjs')
  if (!folder) console.error('audited figures not checked again: no logs under TUNEDIFF_DATA')
  else if (!isDeepStrictEqual(audit(folder), audited)) {
    fail('docs/how-much.audited.json is stale: node scripts/how-much.mjs --audit')
  }
}
