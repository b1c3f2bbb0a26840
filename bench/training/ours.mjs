// Steps of training by tunediff: CPU and wall milliseconds of each, and its loss.
//   node bench/training/ours.mjs FOLDER full|lora|qlora RANK THREADS ROWS LENGTH STEPS [checkpointing]
// The same batch each step, the same first adapter as torch_train.py, AdamW, norms clipped to 1.
import { join } from 'node:path'
import { engineModel, loadModel } from '../../dist/model/engine/index.js'
import { openTrainingPass } from '../../dist/model/engine/trainingPass.js'
import { openModel } from '../../dist/model/open.js'
import { readValues } from '../../dist/model/rows.js'
import { readSafetensorsHeader } from '../../dist/model/safetensors.js'
import { matrixShape } from '../../dist/model/shape.js'
import { recipeSchema } from '../../dist/schema/training.js'
import { openAdamW } from '../../dist/train/adamw.js'
import { clipFactor } from '../../dist/train/clip.js'
import { prepare } from '../../dist/train/methods/index.js'

const [folder, method, rank, threads, ...numbers] = process.argv.slice(2)
const [rows, length, steps] = numbers.map(Number)
const recipe = recipeSchema.parse({
  method,
  rank: Number(rank),
  alpha: 16,
  learningRate: 1e-3,
  steps: steps + 1,
  checkpointing: numbers[3] === 'checkpointing',
})
const source = loadModel(engineModel(await openModel(folder)))
const { vocabulary } = source.parameters
const { loaded, trained } = prepare(source, recipe, 1)
if (method !== 'full') {
  const { tensors } = await readSafetensorsHeader(join(folder, 'start', 'adapter.safetensors'))
  for (const { name, values } of trained) {
    const tensor = tensors.get(name)
    values.set(readValues(tensor, 0, matrixShape(tensor.shape).rows))
  }
}
const values = new Map(trained.map((part) => [part.name, part.values]))
const pass = await openTrainingPass({
  loaded,
  trained: values,
  threads: Number(threads),
  checkpointing: recipe.checkpointing,
})
const optimiser = openAdamW({ trained, recipe })
const gradients = new Map([...values].map(([name, part]) => [name, new Float32Array(part.length)]))
const batch = batchOf()
const [cpuMs, wallMs, losses] = [[], [], []]
// The first is to warm up.
for (let step = 0; step <= steps; step++) {
  const [started, cpuStarted] = [performance.now(), process.cpuUsage()]
  for (const gradient of gradients.values()) gradient.fill(0)
  const { lossSum } = await pass.run(batch, gradients)
  const { factor } = clipFactor(gradients, recipe.clip)
  optimiser.step(gradients, recipe.learningRate, factor)
  losses.push(lossSum)
  const { user, system } = process.cpuUsage(cpuStarted)
  cpuMs.push((user + system) / 1e3)
  wallMs.push(performance.now() - started)
}
process.stdout.write(
  JSON.stringify({ cpuMs: cpuMs.slice(1), wallMs: wallMs.slice(1), losses, bytes: pass.bytes }),
)
await pass[Symbol.asyncDispose]()

/** The same in torch_train.py. */
function batchOf() {
  const count = rows * length
  const ids = Int32Array.from({ length: count }, (_, i) => (i * i * 31 + i * 7919 + 11) % vocabulary)
  const isLast = (i) => i % length === length - 1
  return {
    ids,
    positions: ids.map((_, i) => i % length),
    segments: new Int32Array(count),
    targets: ids.map((_, i) => (isLast(i) ? -1 : ids[i + 1])),
    weights: Float32Array.from(ids, (_, i) => (isLast(i) ? 0 : 1 / (rows * (length - 1)))),
    rows,
    length,
  }
}
