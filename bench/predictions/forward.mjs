// Forward passes with full logits by tunediff's engine: CPU and wall milliseconds of each, and some logits.
//   node bench/predictions/forward.mjs MODEL THREADS TOKENS COUNT
import { engineModel, openEngine } from '../../dist/model/engine/index.js'
import { openModel } from '../../dist/model/open.js'
import { tokenIds } from './tokenIds.mjs'

const [folder, threads, tokens, count] = process.argv.slice(2)
const models = [engineModel(await openModel(folder))]
const engine = await openEngine({ models, threads: Number(threads) })
const { vocabulary } = engine.models[0].parameters
const ids = tokenIds(Number(tokens), vocabulary)
const step = engine.headRows(0)
const logits = new Float32Array(ids.length * vocabulary)
const [cpuMs, wallMs] = [[], []]
// The first is to warm up.
for (let pass = 0; pass <= Number(count); pass++) {
  const [started, cpuStarted] = [performance.now(), process.cpuUsage()]
  const [hidden] = await engine.hidden(0, [ids])
  for (let first = 0; first < ids.length; first += step) {
    const rows = { first, count: Math.min(step, ids.length - first) }
    await engine.logits(0, hidden, rows, logits.subarray(first * vocabulary))
  }
  const { user, system } = process.cpuUsage(cpuStarted)
  cpuMs.push((user + system) / 1e3)
  wallMs.push(performance.now() - started)
}
const some = [0, ids.length >> 1, ids.length - 1].flatMap((row) =>
  [0, vocabulary >> 1].map((column) => logits[row * vocabulary + column]),
)
process.stdout.write(JSON.stringify({ cpuMs: cpuMs.slice(1), wallMs: wallMs.slice(1), logits: some }))
await engine[Symbol.asyncDispose]()
