// Loss of one window and its gradients, layer by layer: forward programs keep what each layer was given, backward
// programs walk back. What training and the tests of every architecture's backward pass stand on.
import { crossEntropy } from '../../tensor/ops/crossEntropy.ts'
import { rmsNorm } from '../../tensor/ops/rmsNorm.ts'
import { type Buffers, openProgram, type Program, sizeOf } from '../../tensor/program.ts'
import { backwardGraph, type Describe, forwardGraph } from '../../tensor/tape.ts'
import { embed, type LoadedModel, layerFeeds, Positional } from './index.ts'
import { describeLayer } from './programs.ts'
import { WeightStore } from './weightStore.ts'

export interface GradientOptions {
  loaded: LoadedModel
  ids: Int32Array
  threads: number
  /** By the name of an input: `layers.3.self_attn.q_proj.weight`, `.lora.0.a` behind it, `norm.weight`, `head.weight`, `embedding`. */
  isTrained: (name: string) => boolean
  /** Values of a layer that are kept for the way back instead of computed again: Q, K, V, O. */
  saved?: readonly string[]
}

export interface LossAndGradients {
  /** Mean cross entropy of each token but the first, in nats. */
  loss: number
  /** Of each trained input, in its shape. */
  gradients: Map<string, Float32Array>
}

export async function lossAndGradients(options: GradientOptions): Promise<LossAndGradients> {
  const { loaded, ids, isTrained, threads, saved = [] } = options
  const { model, architecture, parameters } = loaded
  const shape = { batch: 1, length: ids.length }
  const store = new WeightStore({ isKept: true })
  const positional = new Positional()
  const gradients = new Map<string, Float32Array>()
  const layers: { feeds: Buffers; kept: Buffers; describe: Describe }[] = []
  let x = embed(loaded, ids, shape)
  for (const [i, weights] of parameters.layers.entries()) {
    const feeds = {
      ...layerFeeds(store, weights),
      ...positional.feeds(architecture.layers[i]!, shape),
      ...positional.mask(architecture, architecture.layers[i]!, shape.length),
      x,
    }
    const describe = describeLayer({
      model,
      architecture,
      shape,
      parameters: weights,
      isTrained: (name) => name === 'x' || isTrained(`layers.${i}.${name}`),
    })
    const { y, ...kept } = await runOnce(forwardGraph(describe, saved), feeds, threads)
    layers.push({ feeds, kept, describe })
    x = y as Float32Array
  }
  const head = await headGradients(options, store, x)
  for (const [name, values] of head.gradients) gradients.set(name, values)
  let back = head.back
  for (const [i, { feeds, kept, describe }] of [...layers.entries()].reverse()) {
    const found = await runOnce(backwardGraph(describe, saved), { ...feeds, ...kept, 'd:y': back }, threads)
    for (const [name, values] of Object.entries(found)) {
      if (name === 'd:x') back = values as Float32Array
      else gradients.set(`layers.${i}.${name.slice(2)}`, values as Float32Array)
    }
  }
  if (isTrained('embedding')) gradients.set('embedding', embeddingGradient(loaded, ids, back))
  return { loss: head.loss, gradients }
}

async function headGradients(
  { loaded: { architecture, parameters }, ids, isTrained, threads }: GradientOptions,
  store: WeightStore,
  x: Float32Array,
): Promise<{ loss: number; gradients: Map<string, Float32Array>; back: Float32Array }> {
  const describe: Describe = (tape) => {
    const rows = ids.length
    const value = tape.input('x', [rows, architecture.hidden], { isTrained: true })
    const of = (name: string, dims: readonly number[]) =>
      tape.input(name, dims, { isTrained: isTrained(name) })
    const h = rmsNorm(tape, value, of('norm.weight', parameters.norm.shape), architecture.epsilon)
    const loss = crossEntropy(tape, h, of('head.weight', parameters.head.shape), {
      targets: tape.input('targets', [rows], { type: 'int64' }),
      weights: tape.input('weights', [rows, 1]),
      chunkRows: 128,
    })
    return { loss }
  }
  const feeds = {
    x,
    ...store.feeds('norm.weight', parameters.norm),
    ...store.feeds('head.weight', parameters.head),
    targets: BigInt64Array.from(ids, (_, i) => BigInt(ids[i + 1] ?? 0)),
    weights: Float32Array.from(ids, (_, i) => (i + 1 < ids.length ? 1 / (ids.length - 1) : 0)),
    'd:loss': Float32Array.of(1),
  }
  const { loss } = await runOnce(forwardGraph(describe), feeds, threads)
  const { 'd:x': back, ...rest } = await runOnce(backwardGraph(describe), feeds, threads)
  const gradients = new Map(
    Object.entries(rest).map(([name, values]) => [name.slice(2), values as Float32Array]),
  )
  return { loss: Number(loss![0]), gradients, back: back as Float32Array }
}

/** Rows of tokens that occur sum up; all others are zero. */
function embeddingGradient(
  { architecture, parameters }: LoadedModel,
  ids: Int32Array,
  back: Float32Array,
): Float32Array {
  const { hidden, embeddingScale } = architecture
  const gradient = new Float32Array(parameters.vocabulary * hidden)
  for (const [i, id] of ids.entries()) {
    for (let j = 0; j < hidden; j++) gradient[id * hidden + j]! += back[i * hidden + j]! * embeddingScale
  }
  return gradient
}

async function runOnce(
  graph: Parameters<typeof openProgram>[0],
  feeds: Buffers,
  threads: number,
): Promise<Record<string, Float32Array>> {
  const program: Program = await openProgram(graph, { threads })
  const fetches = Object.fromEntries(
    [...program.outputs].map(([name, { shape }]) => [name, new Float32Array(sizeOf(shape))]),
  )
  await program.run(feeds, fetches)
  await program.release()
  return fetches
}
