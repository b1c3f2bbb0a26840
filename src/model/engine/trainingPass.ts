// Forward and backward passes over batches for training, layer by layer: loss, and gradients of what is trained added to
// the caller's arrays. Weights are fed, activations lie in buffers that are made once, and nothing is computed that no
// gradient needs. Not the optimiser, and not the data.
import { checkContribOps } from '../../tensor/ops/selfTest.ts'
import { type Buffers as Feeds, sizeOf } from '../../tensor/program.ts'
import type { LoadedModel } from './index.ts'
import { type Batch, checkBatch } from './training/batch.ts'
import { Buffers } from './training/buffers.ts'
import { DoraScales } from './training/doraScales.ts'
import { addEmbeddingGradient, embedBatch } from './training/embeddings.ts'
import { Head, type Loss } from './training/head.ts'
import { type TrainingPlan, trainingPlan } from './training/plan.ts'
import { type Shape, Shapes } from './training/shapes.ts'
import { TrainingWeights } from './training/weights.ts'

export type { Batch } from './training/batch.ts'
export { foreseenBytes } from './training/foreseen.ts'
export type { Loss } from './training/head.ts'

export interface TrainingPassOptions {
  loaded: LoadedModel
  /**
   * Values by name (`layers.3.self_attn.q_proj.weight`, `.lora.0.a` and `.b` behind it, `.magnitude` in place of
   * `.lora...`; `norm.weight`, `head.weight`, `embedding`), as files have them. Read at each pass: the optimiser changes them
   * in place.
   */
  trained: ReadonlyMap<string, Float32Array>
  threads: number
  /** Only inputs of layers are kept for the way back; the rest is computed again. */
  checkpointing: boolean
  /** Called before each program runs; what it throws ends the pass. */
  onStep?: () => void
}

type Gradients = ReadonlyMap<string, Float32Array>

export interface TrainingPass extends AsyncDisposable {
  /** Adds to `gradients`, which has an array for each trained one. */
  run(batch: Batch, gradients: Gradients): Promise<Loss>
  /** The loss alone. */
  loss(batch: Batch): Promise<Loss>
  /** What it holds, beside the caller's arrays and what programs need while they run. Grows with the first batch of a shape. */
  readonly bytes: number
}

export async function openTrainingPass(options: TrainingPassOptions): Promise<TrainingPass> {
  await checkContribOps()
  const plan = trainingPlan(options.loaded, options.trained.keys())
  const dora = await DoraScales.open(plan.layers, options.trained, options.threads)
  return new Pass(options, plan, dora)
}

interface LayerBack {
  shape: Shape
  gradients: Gradients
  /** Of what the layer gives, and of what it was given. */
  dy: Float32Array
  dx: Float32Array
}

class Pass implements TrainingPass {
  readonly #options: TrainingPassOptions
  readonly #plan: TrainingPlan
  readonly #dora: DoraScales
  readonly #weights: TrainingWeights
  readonly #head: Head
  readonly #buffers = new Buffers()
  readonly #shapes: Shapes

  constructor(options: TrainingPassOptions, plan: TrainingPlan, dora: DoraScales) {
    this.#options = options
    this.#plan = plan
    this.#dora = dora
    this.#weights = new TrainingWeights(options.loaded, plan, options.trained)
    this.#head = new Head({ ...options, plan, buffers: this.#buffers })
    this.#shapes = new Shapes({ ...options, plan, buffers: this.#buffers })
  }

  get bytes(): number {
    return this.#weights.bytes + this.#dora.bytes + this.#buffers.bytes
  }

  async loss(batch: Batch): Promise<Loss> {
    const { x } = await this.#forward(batch)
    return this.#head.run({ batch, x, weights: this.#headFeeds(), back: null })
  }

  async run(batch: Batch, gradients: Gradients): Promise<Loss> {
    const { loaded } = this.#options
    const { x, shape } = await this.#forward(batch)
    const hasBackward = this.#plan.layers.some((layer) => layer.hasBackward)
    let [dy, dx] = ['dx 0', 'dx 1'].map((name) => this.#buffers.take(name, x.length)) as [
      Float32Array,
      Float32Array,
    ]
    const loss = await this.#head.run({
      batch,
      x,
      weights: this.#headFeeds(),
      back: { dx: hasBackward ? dy : null, gradients },
    })
    for (const [i, { hasBackward: isReached, hasInputGradient }] of [
      ...this.#plan.layers.entries(),
    ].reverse()) {
      if (!isReached) break
      await this.#backward(i, { shape, gradients, dy, dx })
      if (hasInputGradient) [dy, dx] = [dx, dy]
    }
    if (this.#plan.isEmbeddingTrained)
      addEmbeddingGradient(gradients.get('embedding')!, batch, { dx: dy, loaded })
    return loss
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shapes.release()
    await this.#head.release()
    await this.#dora.release()
  }

  async #forward(batch: Batch): Promise<{ x: Float32Array; shape: Shape }> {
    const { loaded, onStep } = this.#options
    const { architecture, parameters } = loaded
    checkBatch(batch, parameters.vocabulary)
    const shape = await this.#shapes.of(batch)
    this.#weights.refresh()
    const size = batch.rows * batch.length * architecture.hidden
    let x = this.#input(0, size)
    embedBatch(x, batch, { loaded, table: this.#table() })
    for (const [i, { forward, saved }] of shape.layers.entries()) {
      onStep?.()
      if (this.#dora.layers[i]!.size > 0) {
        this.#weights.decode(i, this.#dora.names(i))
        await this.#dora.refresh(i, this.#weights.layer(i))
      }
      const y = this.#input(i + 1, size)
      await forward.run({ ...this.#feeds(i, shape), x }, { y, ...this.#saved(i, saved) })
      x = y
    }
    return { x, shape }
  }

  async #backward(layer: number, { shape, gradients, dy, dx }: LayerBack): Promise<void> {
    const { backward, saved } = shape.layers[layer]!
    const { trained } = this.#plan.layers[layer]!
    const feeds: Record<string, Feeds[string]> = {
      ...this.#feeds(layer, shape),
      ...this.#saved(layer, saved),
      x: this.#input(layer, dy.length),
      'd:y': dy,
    }
    const fetches: Record<string, Float32Array> = { 'd:x': dx }
    for (const { input, name, shape: own, isMagnitude } of trained) {
      const gradient = isMagnitude ? this.#buffers.take(`scale ${input}`, sizeOf(own)) : gradients.get(name)!
      fetches[`d:${input}`] = gradient
      if (!isMagnitude) feeds[`g:${input}`] = gradient
    }
    this.#options.onStep?.()
    this.#weights.decode(layer)
    await backward!.run(feeds, fetches)
    for (const { input, name, isMagnitude } of trained) {
      if (!isMagnitude) continue
      const ofScale = fetches[`d:${input}`]!
      this.#dora.addGradient(gradients.get(name)!, {
        layer,
        name: input.replace(/\.outputScale$/, ''),
        ofScale,
      })
    }
  }

  #feeds(layer: number, shape: Shape): Feeds {
    return { ...this.#weights.layer(layer), ...this.#dora.feeds(layer), ...shape.positional[layer]! }
  }

  #headFeeds(): Feeds {
    return { ...this.#weights.norm, 'head.weight': this.#weights.head }
  }

  /** Of the layer, or what comes out of the last one. Layers that are not gone back to take turns with two buffers. */
  #input(layer: number, size: number): Float32Array {
    const { layers } = this.#plan
    const isKept = layers[layer]?.hasBackward ?? false
    return this.#buffers.take(
      isKept || layer === layers.length ? `x ${layer}` : `x ${layer % 2} in turn`,
      size,
    )
  }

  #saved(layer: number, saved: ReadonlyMap<string, number>): Record<string, Float32Array> {
    return Object.fromEntries(
      [...saved].map(([name, size]) => [name, this.#buffers.take(`${layer} ${name}`, size)]),
    )
  }

  /** Embeddings that are in memory. */
  #table(): Float32Array | null {
    if (this.#plan.isEmbeddingTrained) return this.#options.trained.get('embedding')!
    return this.#plan.isTied ? this.#weights.head : null
  }
}
