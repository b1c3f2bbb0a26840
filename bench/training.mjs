// Cost of training, beside PyTorch from the same random weights in the same run, in alternating rounds; a process each.
// Prints Markdown for docs/benchmarks.md.
//   node bench/training.mjs [--parts adapters,full] [--threads 1,2] [--rounds N] [--steps N] [--only NAME,NAME]
//                           [--folder DIR] [--json FILE] [--keep]
// adapters: rank 8 on all linear layers of SmolLM2-135M's shape, 4 rows of 128 tokens. full: 3.0M parameters (4 layers of
// 192, 6 heads over 3, 768 inside, 4,096 tokens), 8 rows of 128. Times are those of a step, optimiser included, after one
// to warm up; memory is the peak of the whole process. Trust CPU time on one thread; wall time on a quiet machine alone.
// torch runs in the Python that $TUNEDIFF_PYTHON names (torch, transformers, peft); its wait policy is its own. Uses dist/:
// `npm run build` first.
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
    parts: { type: 'string', default: 'adapters,full' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '4' },
    steps: { type: 'string', default: '3' },
    only: { type: 'string' },
    folder: { type: 'string', default: cacheFolder() },
    json: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const RANK = '8'
/** What src/cli/main.ts sets first. */
const AS_COMMAND = '--no-incremental-marking'
/** Largest difference of a step's loss between engines in fp32. */
const SAME_LOSS = 2e-4
const python = process.env.TUNEDIFF_PYTHON
/** Made, and deleted, by this script alone. */
const work = join(args.folder, 'tunediff-bench-training')
const script = (name) => join(import.meta.dirname, 'training', name)

const TORCH = [
  { name: 'torch by hand, SDPA, fp32', how: ['hand', 'sdpa', 'float32'] },
  { name: 'torch by hand, eager, fp32', how: ['hand', 'eager', 'float32'] },
  { name: 'transformers + peft, SDPA, fp32', how: ['transformers', 'sdpa', 'float32'] },
  { name: 'transformers + peft, eager, fp32', how: ['transformers', 'eager', 'float32'] },
  { name: 'torch by hand, SDPA, bf16', how: ['hand', 'sdpa', 'bfloat16'] },
  { name: 'transformers + peft, SDPA, bf16', how: ['transformers', 'sdpa', 'bfloat16'] },
]

/** Rows of ours; `goals` by the number of threads: what their ratios to the best of torch in fp32 may be at most. */
const PARTS = {
  adapters: {
    title: 'LoRA, rank 8 on all linear layers of SmolLM2-135M, 4 x 128 tokens',
    shape: 'smollm2',
    batch: ['4', '128'],
    torchMethod: 'lora',
    ours: [
      { name: 'tunediff LoRA', how: ['lora'], goals: { 1: { cpuMs: 0.85, peakMb: 0.6 } } },
      {
        name: 'tunediff LoRA, checkpointing',
        how: ['lora', 'checkpointing'],
        goals: { 1: { peakMb: 0.5 } },
      },
      { name: 'tunediff QLoRA', how: ['qlora'], goals: { 1: { peakMb: 0.4 } } },
      { name: 'tunediff QLoRA, checkpointing', how: ['qlora', 'checkpointing'], goals: {} },
    ],
  },
  full: {
    title: 'Full fine-tuning of 3.0M parameters, 8 x 128 tokens',
    shape: '3m',
    batch: ['8', '128'],
    torchMethod: 'full',
    ours: [
      {
        name: 'tunediff full',
        how: ['full'],
        goals: { 1: { cpuMs: 1, peakMb: 0.65 }, 2: { wallMs: 1 } },
      },
    ],
  },
}

function inPython(threads, pythonArgs) {
  const env = { OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, OMP_WAIT_POLICY: undefined }
  return measured(python, pythonArgs, { env })
}

function rowsOf({ shape, batch, torchMethod, ours }, threads) {
  const folder = join(work, shape)
  const common = [RANK, threads, ...batch, args.steps]
  const rows = [
    ...ours.map(({ name, how: [method, ...flags], goals }) => ({
      name,
      goals: goals[threads] ?? {},
      run: () =>
        measured(process.execPath, [AS_COMMAND, script('ours.mjs'), folder, method, ...common, ...flags]),
    })),
    ...TORCH.map(({ name, how }) => ({
      name,
      run: () => inPython(threads, [script('torch_train.py'), folder, torchMethod, ...common, ...how]),
    })),
  ]
  const only = args.only?.split(',')
  return only ? rows.filter(({ name }) => only.some((part) => name.includes(part))) : rows
}

function part(name, threads) {
  const rows = inTurns(rowsOf(PARTS[name], threads), Number(args.rounds)).map((row) => ({
    ...row,
    cpuMs: row.results.map(({ printed }) => median(printed.cpuMs)),
    wallMs: row.results.map(({ printed }) => median(printed.wallMs)),
    peakMb: row.results.map(({ peakMb }) => peakMb),
  }))
  console.log(`\n### ${PARTS[name].title}, threads: ${threads}\n`)
  const torch = rows.filter((row) => row.name.endsWith('fp32'))
  const ratio = (key, title) => (torch.length > 0 ? ratioColumns(torch, key, title) : [])
  table(rows, [
    { title: 'CPU ms of a step', cell: (row) => median(row.cpuMs).toFixed(0) },
    { title: 'rounds', cell: (row) => span(row.cpuMs, 0) },
    ...ratio('cpuMs', 'CPU'),
    { title: 'wall ms', cell: (row) => median(row.wallMs).toFixed(0) },
    ...ratio('wallMs', 'wall'),
    { title: 'peak MB', cell: (row) => median(row.peakMb).toFixed(0) },
    ...ratio('peakMb', 'peak').slice(0, 1),
  ])
  sameLosses(rows)
  if (torch.length > 0) sayGoals(rows, torch)
  return { part: name, threads: Number(threads), rows: rows.map(plain) }
}

const plain = ({ run: _, results, goals: __, ...row }) => ({ ...row, printed: results.at(-1).printed })

const KEYS = { cpuMs: 'CPU', wallMs: 'wall', peakMb: 'peak' }

function sayGoals(rows, torch) {
  for (const row of rows) {
    for (const [key, goal] of Object.entries(row.goals ?? {})) {
      const { best, of } = againstBest(torch, key)
      const { ratio } = of(row)
      const verdict = ratio <= goal ? 'reached' : 'not reached'
      console.log(
        `- ${row.name} / ${best}, ${KEYS[key]}: ${ratio.toFixed(2)} (goal: at most ${goal}, ${verdict})`,
      )
    }
  }
}

/** All engines did the same work; bf16 is said, not held to it. */
function sameLosses(rows) {
  const losses = rows.map(({ results }) => results.at(-1).printed.losses)
  console.log('')
  for (const [i, { name }] of rows.entries()) {
    const apart = Math.max(...losses[i].map((loss, step) => Math.abs(loss - losses[0][step])))
    const [first, last] = [losses[i][0], losses[i].at(-1)]
    console.log(
      `- ${name}: losses of ${losses[i].length} steps ${first.toFixed(5)} to ${last.toFixed(5)}, at most ${apart.toExponential(1)} from the first row's`,
    )
    if (!name.endsWith('bf16') && !(apart < SAME_LOSS)) throw new Error(`${name} computes something else`)
  }
}

function versionOf(name) {
  // What is imported, whatever else is installed beside it.
  const code = `import ${name}; print(${name}.__version__)`
  const result = python ? spawnSync(python, ['-c', code], { encoding: 'utf8' }) : undefined
  return result?.status === 0 ? result.stdout.trim() : null
}

function makeModel(shape) {
  const folder = join(work, shape)
  if (existsSync(join(folder, 'done'))) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const made = inPython('1', [script('make_model.py'), folder, shape, RANK])
  if (!made.ok) throw new Error(made.stderr.slice(-1500))
  mkdirSync(join(folder, 'done'))
}

const versions = Object.fromEntries(
  ['torch', 'transformers', 'peft', 'safetensors'].map((name) => [name, versionOf(name)]),
)
const absent = Object.keys(versions).filter((name) => versions[name] === null)
if (absent.length > 0) throw new Error(`the Python that $TUNEDIFF_PYTHON names has no ${absent.join(', ')}`)
const machine = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)} at the start`
const { torch, transformers, peft } = versions
console.log(
  `${machine}. torch ${torch}, transformers ${transformers}, peft ${peft}; denormals flushed, fused AdamW. Medians of ${args.rounds} alternating rounds, a process each.`,
)
const parts = []
for (const name of args.parts.split(',')) {
  makeModel(PARTS[name].shape)
  for (const threads of args.threads.split(',')) parts.push(part(name, threads))
}
if (args.json) {
  const { rounds, steps } = args
  writeFileSync(args.json, `${JSON.stringify({ machine, versions, rounds, steps, parts }, null, 1)}\n`)
}
if (!args.keep) rmSync(work, { recursive: true, force: true })
