// What a training pass has for one batch shape: programs, positions, rotary tables and masks. The last shapes are kept.
import type { Buffers as Feeds } from '../../../tensor/program.ts'
import { rotaryTables } from '../../architectures/rotary.ts'
import { type LoadedModel, reachOf } from '../index.ts'
import { type Batch, packedMask } from './batch.ts'
import type { Buffers } from './buffers.ts'
import { type LayerPrograms, openLayerPrograms, releasePrograms } from './layerPrograms.ts'
import type { TrainingPlan } from './plan.ts'

export interface Shape {
  layers: readonly LayerPrograms[]
  /** Positions, rotary tables and mask of each layer. */
  positional: readonly Feeds[]
  /** By the window of layers that have it. */
  masks: ReadonlyMap<number | null, Float32Array>
  positions: BigInt64Array
}

export interface ShapesOptions {
  loaded: LoadedModel
  plan: TrainingPlan
  threads: number
  checkpointing: boolean
  buffers: Buffers
}

/** Shapes whose programs are kept. */
const KEPT_SHAPES = 4

export class Shapes {
  readonly #options: ShapesOptions
  readonly #made = new Map<string, Shape>()

  constructor(options: ShapesOptions) {
    this.#options = options
  }

  /** With the batch's positions and masks. */
  async of(batch: Batch): Promise<Shape> {
    const shape = await this.#shape(batch)
    for (const [window, mask] of shape.masks) packedMask(mask, batch, window)
    for (const [i, position] of batch.positions.entries()) shape.positions[i] = BigInt(position)
    return shape
  }

  async release(): Promise<void> {
    for (const { layers } of this.#made.values()) await releasePrograms(layers)
    this.#made.clear()
  }

  async #shape({ rows, length }: Batch): Promise<Shape> {
    const key = `${rows} ${length}`
    const made = this.#made.get(key) ?? (await this.#open(rows, length))
    this.#made.delete(key)
    this.#made.set(key, made)
    const [oldest] = this.#made
    if (this.#made.size > KEPT_SHAPES && oldest) {
      this.#made.delete(oldest[0])
      await releasePrograms(oldest[1].layers)
    }
    return made
  }

  async #open(rows: number, length: number): Promise<Shape> {
    const { loaded, plan, buffers } = this.#options
    const { layers: attentions } = loaded.architecture
    const layers = await openLayerPrograms({ ...this.#options, layers: plan.layers, rows, length })
    const positions = new BigInt64Array(rows * length)
    const masks = new Map<number | null, Float32Array>()
    const tables = new Map(attentions.map(({ rotary }) => [rotary, rotaryTables(rotary, length)]))
    const positional = attentions.map((attention) => {
      const reach = reachOf(attention, length)
      const mask = masks.get(reach) ?? buffers.take(`mask ${reach}`, rows * length * length)
      masks.set(reach, mask)
      return { ...tables.get(attention.rotary)!, positions, mask }
    })
    return { layers, positional, masks, positions }
  }
}
