// Cost of comparing weights, beside torch, numpy, modeldelta and adaptersentry on the same files in the same run, one
// after the other. Prints Markdown for docs/benchmarks.md.
//   node bench/weights.mjs [--size small|full] [--parts pair,adapter,inspect,seven] [--threads N] [--rounds N]
//                          [--folder DIR] [--keep]
// pair: 0.5 G bf16 weights on either side (2 GB of disk). seven: a pair of 7B shape (26 GB of disk), its layers alike.
// Peers run in the Python that $TUNEDIFF_PYTHON names; those that it lacks are said. Uses dist/: `npm run build` first.
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cacheFolder } from '../dist/util/cache.js'
import { measured } from './weights/measured.mjs'
import { weightsOf, writeAdapter, writePair, writeSparse } from './weights/models.mjs'

const { values: args } = parseArgs({
  options: {
    size: { type: 'string', default: 'full' },
    parts: { type: 'string', default: 'pair,adapter,inspect' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: cacheFolder() },
    keep: { type: 'boolean', default: false },
  },
})
const SEVEN = { width: 4096, inner: 11008, layers: 32 }
const SIZES = {
  full: { pair: { width: 2048, inner: 5632, layers: 10 }, seven: SEVEN, adapter: SEVEN },
  small: {
    pair: { width: 256, inner: 704, layers: 4 },
    seven: { width: 512, inner: 1376, layers: 4 },
    adapter: { width: 512, inner: 1376, layers: 4 },
  },
}
const shapes = SIZES[args.size]
if (!shapes) throw new Error(`--size wants small or full, got ${args.size}`)
const parts = args.parts.split(',')
/** Made, and deleted, by this script alone. */
const work = join(args.folder, 'tunediff-bench-weights')
const python = process.env.TUNEDIFF_PYTHON
const tunediff = join(import.meta.dirname, '../dist/cli/main.js')
const script = (name) => join(import.meta.dirname, 'weights', name)
const say = (text) => process.stderr.write(`${text} (load ${loadavg()[0].toFixed(1)})\n`)

/** Threads for the BLAS of peers. Settings that slow a current OpenBLAS down are taken out. */
const peerEnv = {
  OMP_NUM_THREADS: args.threads,
  OPENBLAS_NUM_THREADS: args.threads,
  MKL_NUM_THREADS: args.threads,
  OPENBLAS_CORETYPE: undefined,
  OPENBLAS_L2_SIZE: undefined,
  HF_HUB_OFFLINE: '1',
}

/** A cache of its own each time: nothing is found from the run before. */
function ours(commandArgs) {
  const cache = join(work, 'cache')
  rmSync(cache, { recursive: true, force: true })
  return measured(process.execPath, [tunediff, ...commandArgs], { env: { TUNEDIFF_CACHE: cache } })
}

const peer = (peerArgs) => measured(python, peerArgs, { env: peerEnv })

function versionOf(name) {
  if (!python) return null
  const code = `import importlib.metadata as m; print(m.version(${JSON.stringify(name)}))`
  const { status, stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}
const versions = Object.fromEntries(
  ['torch', 'numpy', 'safetensors', 'modeldelta', 'adaptersentry'].map((name) => [name, versionOf(name)]),
)

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)]

/** Runs all rows in turn, `rounds` times; a row with `once` in the first round alone. Medians. */
function inTurns(rows) {
  const results = new Map(rows.map((row) => [row, []]))
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const row of rows) {
      if (row.once && round > 0) continue
      const result = row.run()
      if (!result.ok) throw new Error(`${row.name} failed: ${result.stderr.slice(-1500)}`)
      results.get(row).push(result)
      say(
        `round ${round + 1}: ${row.name}: ${result.cpuS.toFixed(2)} CPU s, ${result.wallS.toFixed(2)} s, ${result.peakMb.toFixed(0)} MB`,
      )
    }
  }
  return rows.map((row) => {
    const all = results.get(row)
    const pick = (key) => median(all.map((result) => result[key]))
    const cpu = all.map((result) => result.cpuS)
    return {
      name: row.name,
      cpuS: pick('cpuS'),
      wallS: pick('wallS'),
      peakMb: pick('peakMb'),
      spread: `${Math.min(...cpu).toFixed(1)} to ${Math.max(...cpu).toFixed(1)}`,
      last: all.at(-1),
    }
  })
}

function table(rows, weights, unit = 'M weights per CPU s') {
  console.log(`| | CPU s | of ${args.rounds} rounds | ${unit} | wall s | peak MB |`)
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |')
  for (const { name, cpuS, spread, wallS, peakMb } of rows) {
    const rate = weights === null ? '' : (weights / cpuS / 1e6).toFixed(1)
    console.log(
      `| ${name} | ${cpuS.toFixed(2)} | ${spread} | ${rate} | ${wallS.toFixed(2)} | ${peakMb.toFixed(0)} |`,
    )
  }
}

/** Into the page cache, as far as it fits. */
async function readThrough(folder) {
  for (const name of readdirSync(folder))
    for await (const _ of createReadStream(join(folder, name), { highWaterMark: 1 << 22 }));
}

async function makePair(name, shape, options) {
  const folder = join(work, name)
  const sides = { base: join(folder, 'base'), variant: join(folder, 'variant') }
  if (!existsSync(join(folder, 'done'))) {
    rmSync(folder, { recursive: true, force: true })
    say(`writing ${name}: ${(weightsOf(shape) / 1e6).toFixed(1)} M weights a side`)
    writePair(folder, shape, { ...options, onLayer: (layer) => say(`layer ${layer} of ${shape.layers}`) })
    mkdirSync(join(folder, 'done'))
  }
  for (const side of Object.values(sides)) await readThrough(side)
  return sides
}

const absent = []
/** The row of a peer, or a note that it is absent. */
function peerRow(name, needs, row) {
  if (versions[needs] !== null) return [{ name, ...row }]
  absent.push(`${needs} is absent from ${python || '$TUNEDIFF_PYTHON, which is not set'}`)
  return []
}

async function pairPart() {
  const shape = shapes.pair
  const { base, variant } = await makePair(`pair-${args.size}`, shape, { rank: 16, relative: 0.003 })
  const { threads } = args
  const elementwise = [
    {
      name: 'tunediff, pass over elements',
      run: () => measured(process.execPath, [script('pass.mjs'), base, variant, threads]),
    },
    ...peerRow('torch, one pass', 'torch', {
      run: () => peer([script('torch_pass.py'), base, variant, threads]),
    }),
    ...peerRow('numpy, one pass', 'numpy', { run: () => peer([script('numpy_pass.py'), base, variant]) }),
    ...peerRow('torch, all that our pass measures', 'torch', {
      run: () => peer([script('torch_pass.py'), base, variant, threads, 'all']),
    }),
    ...peerRow('numpy, all that our pass measures', 'numpy', {
      run: () => peer([script('numpy_pass.py'), base, variant, 'all']),
    }),
  ]
  const whole = [
    { name: 'tunediff weights', run: () => ours(['weights', base, variant, '--threads', threads, '--json']) },
    ...peerRow('modeldelta', 'modeldelta', {
      once: true,
      run: () => peer(['-m', 'modeldelta', base, variant, '--quiet']),
    }),
  ]
  const rows = inTurns([...elementwise, ...whole])
  const weights = weightsOf(shape)
  console.log(
    `\n### ${(weights / 1e6).toFixed(1)} M bf16 weights, ${shape.layers * 7} matrices, rank 16, relative 0.003, ${threads} thread\n`,
  )
  table(rows, weights)
  compareRates(rows)
  sameNumbers(rows.slice(0, elementwise.length))
  directions(rows.find(({ name }) => name === 'tunediff weights').last.stdout)
}

function compareRates(rows) {
  const cpuOf = (name) => rows.find((row) => row.name.startsWith(name))?.cpuS
  const best = (what) =>
    ['torch', 'numpy'].flatMap((tool) => cpuOf(`${tool}, ${what}`) ?? []).toSorted((a, b) => a - b)[0]
  const lines = []
  const times = (cpuS) => (cpuS / cpuOf('tunediff, pass')).toFixed(2)
  if (best('one pass'))
    lines.push(`pass over elements: ${times(best('one pass'))} times the best of torch and numpy (goal: 3)`)
  if (best('all that'))
    lines.push(
      `at equal work (steps, flips and histogram too): ${times(best('all that'))} times the best of them`,
    )
  if (cpuOf('modeldelta')) {
    const share = cpuOf('tunediff weights') / cpuOf('modeldelta')
    lines.push(`the whole command: ${share.toFixed(3)} of modeldelta's CPU time (goal: 0.2)`)
  }
  console.log(`\n${lines.map((line) => `- ${line}\n`).join('')}`.trimEnd())
}

/** All passes did the same work: their numbers, side by side. */
function sameNumbers(rows) {
  const numbers = rows.map(({ name, last }) => ({
    name,
    ...JSON.parse(last.stdout.trim().split('\n').at(-1)),
  }))
  for (const { name, weights, changed, largest, relative, kernels } of numbers) {
    const which = kernels ? `; BLAS: ${kernels}` : ''
    console.log(
      `- ${name}: ${weights} weights, relative change ${relative.toFixed(7)}, changed ${changed}, largest ${largest.toExponential(3)}${which}`,
    )
  }
  sameCounts(numbers, 'changed')
  // Only those that measured them.
  const all = numbers.filter(({ name }) => !name.includes('one pass'))
  for (const key of ['aboveOneUlp', 'signFlips']) sameCounts(all, key)
}

function sameCounts(numbers, key) {
  const counts = new Set(numbers.map((row) => row[key]))
  if (counts.size > 1) throw new Error(`the passes disagree on ${key}: ${[...counts].join(', ')}`)
}

function directions(stdout) {
  const above = JSON.parse(stdout).variants[0].tensors.flatMap(({ spectrum }) =>
    'directionsAbove' in spectrum ? [spectrum.directionsAbove] : [],
  )
  console.log(
    `- directions above rounding in ${above.length} measured matrices (truth 16): ${Math.min(...above)} to ${Math.max(...above)}`,
  )
}

function adapterPart() {
  const shape = shapes.adapter
  const folder = join(work, `adapter-${args.size}`)
  rmSync(folder, { recursive: true, force: true })
  const { values } = writeAdapter(folder, shape, 64)
  const base = writeSparse(join(work, `sparse-${args.size}`), shape)
  const rows = inTurns([
    {
      name: 'tunediff, factors',
      run: () => measured(process.execPath, [script('factors.mjs'), base, folder, args.threads]),
    },
    ...peerRow('adaptersentry scan', 'adaptersentry', {
      run: () => {
        const result = peer(['-m', 'adaptersentry', 'scan', join(folder, 'adapter_model.safetensors')])
        return { ...result, ok: result.stdout.length > 0 } // its exit code is its verdict
      },
    }),
  ])
  console.log(
    `\n### Adapter of rank 64, ${shape.layers} layers of width ${shape.width}: ${(values / 1e6).toFixed(1)} M values in bf16\n`,
  )
  table(rows, values, 'M values per CPU s')
  console.log(`\n- ${rows[0].last.stdout.trim()}`)
}

function inspectPart() {
  const folder = join(work, 'sparse')
  rmSync(folder, { recursive: true, force: true })
  writeSparse(folder, { ...SEVEN, layers: 37 })
  const rows = inTurns([{ name: 'tunediff inspect', run: () => ours(['inspect', folder]) }])
  const gigabytes = (2 * weightsOf({ ...SEVEN, layers: 37 })) / 1e9
  console.log(`\n### inspect of a sparse folder of ${gigabytes.toFixed(1)} GB, 37 shards (goal: 1 s)\n`)
  table(rows, null)
}

async function sevenPart() {
  const shape = shapes.seven
  const { base, variant } = await makePair(`seven-${args.size}`, shape, {
    rank: 16,
    relative: 0.003,
    repeat: true,
  })
  const rows = inTurns([
    {
      name: 'tunediff, pass over elements',
      once: true,
      run: () => measured(process.execPath, [script('pass.mjs'), base, variant, args.threads]),
    },
    {
      name: 'tunediff weights',
      once: true,
      run: () => ours(['weights', base, variant, '--threads', args.threads, '--json']),
    },
  ])
  console.log(
    `\n### A pair of ${(weightsOf(shape) / 1e9).toFixed(2)} G bf16 weights streamed from disk once, ${args.threads} thread\n`,
  )
  table(rows, weightsOf(shape))
}

mkdirSync(work, { recursive: true })
const started = `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0].model.trim()}, load ${loadavg()[0].toFixed(1)} at the start. `
const known = Object.entries(versions).flatMap(([name, version]) => (version ? [`${name} ${version}`] : []))
console.log(`${started}Peers: ${known.join(', ') || 'none'}. Medians.`)
if (parts.includes('pair')) await pairPart()
if (parts.includes('adapter')) adapterPart()
if (parts.includes('inspect')) inspectPart()
if (parts.includes('seven')) await sevenPart()
if (absent.length > 0) console.log(`\nNot measured: ${absent.join('; ')}.`)
if (!args.keep) rmSync(work, { recursive: true, force: true })
