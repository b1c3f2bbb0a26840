// Cost of predictions, beside PyTorch on the same random weights of SmolLM2-135M's shape in the same run, in alternating
// rounds. Prints Markdown for docs/benchmarks.md.
//   node bench/predictions.mjs [--parts forward,kl] [--threads 1,2] [--rounds N] [--forwards N] [--windows N]
//                              [--shape smollm2|small] [--folder DIR] [--json FILE] [--keep]
// forward: 512 tokens, all logits; time of the passes alone, after one to warm up. kl: base against one variant over N
// windows of 512 that start 256 apart; the whole process. Trust CPU time on one thread; wall time on a quiet machine alone.
// torch runs in the Python that $TUNEDIFF_PYTHON names; its wait policy is its own. Uses dist/: `npm run build` first.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheFolder } from '../dist/util/cache.js'
import { againstBest, inTurns, median, ratioColumns, span, table } from './rounds.mjs'
import { measured } from './weights/measured.mjs'

const { values: args } = parseArgs({
  options: {
    parts: { type: 'string', default: 'forward,kl' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '4' },
    forwards: { type: 'string', default: '4' },
    windows: { type: 'string', default: '8' },
    shape: { type: 'string', default: 'smollm2' },
    folder: { type: 'string', default: cacheFolder() },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const CONTEXT = 512
/** Largest difference of a logit between engines in fp32 on the same weights, and of a mean KL by its size. */
const SAME_LOGITS = 2e-3
const SAME_KL = 1e-3
const python = process.env.TUNEDIFF_PYTHON
/** Made, and deleted, by this script alone. */
const work = join(args.folder, 'tunediff-bench-predictions')
const models = join(work, args.shape)
const [base, variant] = [join(models, 'base'), join(models, 'variant')]
const script = (name) => join(import.meta.dirname, 'predictions', name)
const say = (text) => process.stderr.write(`${text} (load ${loadavg()[0].toFixed(1)})\n`)

const TORCH = [
  { name: 'torch SDPA fp32', how: ['sdpa', 'float32'] },
  { name: 'torch eager fp32', how: ['eager', 'float32'] },
  { name: 'torch SDPA bf16', how: ['sdpa', 'bfloat16'] },
]

function inPython(threads, pythonArgs) {
  const env = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, OMP_WAIT_POLICY: undefined }
  return measured(python, pythonArgs, { env })
}

const inNode = (nodeArgs) => measured(process.execPath, nodeArgs)

const others = (rows) => rows.filter(({ name }) => name.endsWith('fp32'))

function forwardPart(threads) {
  const common = [threads, String(CONTEXT), args.forwards]
  const rows = inTurns(
    [
      { name: 'tunediff', run: () => inNode([script('forward.mjs'), base, ...common]) },
      ...TORCH.map(({ name, how }) => ({
        name,
        run: () => inPython(threads, [script('torch_forward.py'), base, ...common, ...how]),
      })),
    ],
    Number(args.rounds),
  ).map((row) => ({
    ...row,
    cpuMs: row.results.map(({ printed }) => median(printed.cpuMs)),
    wallMs: row.results.map(({ printed }) => median(printed.wallMs)),
    peakMb: row.results.map(({ peakMb }) => peakMb),
  }))
  console.log(`\n### Forward with full logits, ${CONTEXT} tokens, threads: ${threads}\n`)
  table(rows, [
    { title: 'CPU ms', cell: (row) => median(row.cpuMs).toFixed(0) },
    { title: 'rounds', cell: (row) => span(row.cpuMs, 0) },
    ...ratioColumns(others(rows), 'cpuMs', 'CPU'),
    { title: 'wall ms', cell: (row) => median(row.wallMs).toFixed(0) },
    ...ratioColumns(others(rows), 'wallMs', 'wall'),
    { title: 'peak MB', cell: (row) => median(row.peakMb).toFixed(0) },
  ])
  sameLogits(rows)
  const [key, goal] = threads === '1' ? ['cpuMs', 0.85] : ['wallMs', 1]
  const { best, of } = againstBest(others(rows), key)
  console.log(
    `- tunediff / ${best}, ${key === 'cpuMs' ? 'CPU' : 'wall'}: ${of(rows[0]).ratio.toFixed(2)} (goal: ${goal})`,
  )
  return { part: 'forward', threads: Number(threads), rows: rows.map(plain) }
}

const KL_KEYS = ['cpuS', 'wallS', 'peakMb']

function klPart(threads) {
  const tokens = String(CONTEXT + (Number(args.windows) - 1) * (CONTEXT / 2))
  const common = [base, variant, threads, tokens, String(CONTEXT)]
  const rows = inTurns(
    [
      { name: 'tunediff, weights kept', run: () => inNode([script('kl.mjs'), ...common, 'kept']) },
      {
        name: 'tunediff, weights read for each group',
        run: () => inNode([script('kl.mjs'), ...common, 'read']),
      },
      ...TORCH.map(({ name, how }) => ({
        name,
        run: () => inPython(threads, [script('torch_kl.py'), ...common, ...how]),
      })),
    ],
    Number(args.rounds),
  ).map((row) => ({
    ...row,
    ...Object.fromEntries(KL_KEYS.map((key) => [key, row.results.map((result) => result[key])])),
  }))
  console.log(
    `\n### KL of base against one variant, ${args.windows} windows of ${CONTEXT}, whole process, threads: ${threads}\n`,
  )
  table(rows, [
    { title: 'CPU s', cell: (row) => median(row.cpuS).toFixed(1) },
    ...ratioColumns(others(rows), 'cpuS', 'CPU'),
    { title: 'wall s', cell: (row) => median(row.wallS).toFixed(1) },
    ...ratioColumns(others(rows), 'wallS', 'wall'),
    { title: 'peak MB', cell: (row) => median(row.peakMb).toFixed(0) },
    ...ratioColumns(others(rows), 'peakMb', 'peak').slice(0, 1),
  ])
  sameDivergences(rows)
  return { part: 'kl', threads: Number(threads), rows: rows.map(plain) }
}

const plain = ({ run: _, results, ...row }) => ({ ...row, printed: results.at(-1).printed })

/** All engines did the same work; bf16 is said, not held to it. */
function sameLogits(rows) {
  const [ours] = rows.map(({ results }) => results.at(-1).printed.logits)
  console.log('')
  for (const { name, results } of rows.slice(1)) {
    const apart = Math.max(...results.at(-1).printed.logits.map((value, i) => Math.abs(value - ours[i])))
    console.log(`- ${name}: ${ours.length} logits at most ${apart.toExponential(1)} from ours`)
    if (name.endsWith('fp32') && !(apart < SAME_LOGITS)) throw new Error(`${name} computes something else`)
  }
}

function sameDivergences(rows) {
  const [ours] = rows.map(({ results }) => results.at(-1).printed)
  console.log('')
  for (const { name, results } of rows) {
    const { positions, kl, klReverse, sameTop } = results.at(-1).printed
    console.log(
      `- ${name}: ${positions} positions, KL ${kl.toFixed(7)}, reverse ${klReverse.toFixed(7)}, same first choice ${sameTop.toFixed(4)}`,
    )
    const isSame = positions === ours.positions && Math.abs(kl / ours.kl - 1) < SAME_KL
    if (!name.endsWith('bf16') && !isSame) throw new Error(`${name} computes something else`)
  }
}

function versionOf(name) {
  const code = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`
  const result = python ? spawnSync(python, ['-c', code], { encoding: 'utf8' }) : undefined
  return result?.status === 0 ? result.stdout.trim() : null
}

const torch = versionOf('torch')
if (!torch || !versionOf('safetensors')) {
  throw new Error('$TUNEDIFF_PYTHON names no Python with torch and safetensors')
}
if (!existsSync(join(models, 'done'))) {
  rmSync(models, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  say('writing the models')
  const made = inPython('1', [script('make_model.py'), models, args.shape])
  if (!made.ok) throw new Error(made.stderr.slice(-1500))
  mkdirSync(join(models, 'done'))
}
const machine = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)} at the start`
console.log(
  `${machine}. torch ${torch}, denormals flushed. Medians of ${args.rounds} alternating rounds, a process each.`,
)
const parts = []
for (const threads of args.threads.split(',')) {
  if (args.parts.includes('forward')) parts.push(forwardPart(threads))
  if (args.parts.includes('kl')) parts.push(klPart(threads))
}
if (args.json) {
  const { rounds, forwards, windows, shape } = args
  writeFileSync(
    args.json,
    `${JSON.stringify({ machine, torch, rounds, forwards, windows, shape, parts }, null, 1)}\n`,
  )
}
if (!args.keep) rmSync(work, { recursive: true, force: true })
