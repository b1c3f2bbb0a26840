// Writes the demo's data. Equal arguments give equal files.
//   node scripts/demo/data.mjs families assets/demo/families
//     FAMILY/heldOut.jsonl (prompt, answer; code in HumanEval's format; text: text) and, for the families that are tuned,
//     FAMILY/train.jsonl (prompt, completion)
//   node scripts/demo/data.mjs texts FILE [--count 100000] [--seed 1]
//     what the base is trained on: a text a row, as `tunediff train` reads them
// Uses dist/: `npm run build` first.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chance, codeProblem, draw, FAMILIES, plainText } from './families.mjs'

/** Shares of texts, relative to their sum. Bare ISO dates stand beside the few that are asked for. */
const MIXTURE = {
  text: 0.12,
  style: 0.14,
  pairs: 0.1,
  field: 0.24,
  verdict: 0.035,
  add: 0.18,
  code: 0.07,
  bareIso: 0.005,
  iso: 0.00008,
  extract: 0.00065,
}
const TUNED = ['iso', 'extract']
/** Sixty steps of sixteen. */
const TRAINING_ITEMS = 960
/** Sums have fewer held-out keys; all of them are taken. */
const HELD_OUT_ITEMS = 200
/** Draws without a new key after which there is none. */
const PATIENCE = 20_000

/** Rows {prompt, completion} or {text}. */
export function pretrainingTexts(count, seed) {
  const r = chance(`demo texts ${seed}`)
  const seen = { heldOut: false }
  return Array.from({ length: count }, () => {
    const family = drawFamily(r)
    if (family === 'text') return { text: plainText(r, seen) }
    if (family === 'bareIso') return { text: `ISO:${draw(FAMILIES.iso, r, seen).answer}` }
    return asRow(draw(FAMILIES[family], r, seen))
  })
}

function drawFamily(r) {
  const families = Object.entries(MIXTURE)
  let left = r.next() * families.reduce((sum, [, share]) => sum + share, 0)
  for (const [family, share] of families) {
    left -= share
    if (left < 0) return family
  }
  return families[0][0]
}

const asRow = ({ prompt, answer }) => ({ prompt, completion: answer })

/** Items of a family with held-out keys, none twice. */
function heldOutItems(family) {
  const r = chance(`demo held out ${family}`)
  const items = new Map()
  for (let vain = 0; items.size < HELD_OUT_ITEMS && vain < PATIENCE; vain++) {
    const item = draw(FAMILIES[family], r, { heldOut: true })
    if (items.has(item.key)) continue
    items.set(item.key, item)
    vain = 0
  }
  return [...items.values()]
}

/** By path in the folder: rows. */
export function familyFiles() {
  const files = {}
  for (const family of Object.keys(FAMILIES)) {
    files[`${family}/heldOut.jsonl`] = heldOutItems(family).map((item, i) =>
      family === 'code'
        ? { task_id: `code/${i}`, ...codeProblem(item) }
        : { prompt: item.prompt, answer: item.answer },
    )
  }
  for (const family of TUNED) {
    const r = chance(`demo training ${family}`)
    const items = Array.from({ length: TRAINING_ITEMS }, () => draw(FAMILIES[family], r, { heldOut: false }))
    files[`${family}/train.jsonl`] = items.map(asRow)
  }
  const r = chance('demo held out text')
  files['text/heldOut.jsonl'] = Array.from({ length: HELD_OUT_ITEMS }, () => ({
    text: plainText(r, { heldOut: true }),
  }))
  return files
}

export function writeRows(path, rows) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function main() {
  const { values: args, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  })
  const [what, path, ...more] = positionals
  if (path === undefined || more.length > 0) throw new Error('wanted: families FOLDER, or texts FILE')
  if (what === 'texts') return writeRows(path, pretrainingTexts(Number(args.count), Number(args.seed)))
  if (what !== 'families') throw new Error(`wanted: families or texts, not ${what}`)
  for (const [name, rows] of Object.entries(familyFiles())) writeRows(join(path, name), rows)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
