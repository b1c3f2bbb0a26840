// Texts that grow token by token: keys and values of what came before are kept, so that a step is one position of each
// text. Weights and programs are the engine's. The tokens before a text's last one go through the layers at once,
// each text by itself; the last one is the first step's, together with those of all other texts.
//
// A text's logits do not depend on which texts are beside it, except for the rounding of sums whose blocks depend on
// the number of rows and slots: some 1e-6 of a logit.
import type { Buffers, Program } from '../../tensor/program.ts'
import { rotaryTables } from '../architectures/rotary.ts'
import { type Engine, embed, type LoadedModel, layerFeeds, Positional, reachOf } from './index.ts'
import { KeyCache, type LayerCache, type Prefix, powerOfTwo } from './keyCache.ts'
import type { BatchShape } from './layerNet.ts'
import { stepMask } from './mask.ts'
import type { WeightStore } from './weightStore.ts'

/** Keys and values leave a layer's program under these names. */
const SAVED = ['K', 'V']
const MIN_PREFIX = 8
const PREFIX_STEP = 64

/** What a step needs beside weights, of one number of rows and slots. */
interface StepParts {
  rows: number
  slots: number
  layers: readonly Program[]
  head: Program
  /** Rotary tables of each layer. */
  tables: readonly Buffers[]
  x: [Float32Array, Float32Array]
  fresh: LayerCache
  logits: Float32Array
}

export class Decoder {
  readonly #engine: Engine
  readonly #loaded: LoadedModel
  readonly #layerWeights: WeightStore
  readonly #cache: KeyCache
  readonly #feeds: Buffers[] = []
  #lastPrefix: { key: string; prefix: Prefix } | undefined
  #parts: StepParts | undefined

  /**
   * Of one of the engine's models; it has nothing to dispose, because its programs are the engine's. Layers come from the
   * engine's weights, or from `layerWeights` where that one reads them anew each time.
   */
  constructor(engine: Engine, model: number, layerWeights: WeightStore = engine.parts.layerWeights) {
    this.#engine = engine
    this.#layerWeights = layerWeights
    this.#loaded = engine.models[model]!
    this.#cache = new KeyCache(this.#loaded.architecture)
  }

  /** Texts there are. */
  get texts(): number {
    return this.#cache.lengths.length
  }

  /** Bytes of weights that the first step reads into memory. */
  get missingBytes(): number {
    const { layers, head } = this.#loaded.parameters
    const ofLayers = layers.flatMap((layer) => [...layer.values()])
    return ofLayers.reduce(
      (sum, parameter) => sum + this.#layerWeights.missingBytes(parameter),
      this.#engine.parts.headWeights.missingBytes(head),
    )
  }

  /** A text more, which becomes the last one. `before` are all its tokens but the last one, which is left to `step`. */
  async add(before: Int32Array): Promise<void> {
    this.#cache.add(before.length === 0 ? null : await this.#prefixOf(before))
  }

  /** The last text moves to the place of the one that goes. */
  remove(text: number): void {
    this.#cache.remove(text)
  }

  /** Feeds one token of each text and gives logits [vocabulary] of what follows: views that the next step overwrites. */
  async step(tokens: Int32Array): Promise<Float32Array[]> {
    const cache = this.#cache
    if (tokens.length !== cache.lengths.length)
      throw new RangeError(`${tokens.length} tokens for ${cache.lengths.length} texts`)
    cache.fit()
    const { rows, layers, tables, fresh, x: states } = await this.#partsFor(cache.rows, cache.slots)
    const masks = this.#masks()
    const positions = BigInt64Array.from({ length: rows }, (_, row) => BigInt(cache.lengths[row] ?? 0))
    let [x, y] = states
    x.set(embed(this.#loaded, tokens, { batch: 1, length: rows }))
    for (const [i, program] of layers.entries()) {
      const { k: pastK, v: pastV } = cache.layers[i]!
      const feeds = { ...this.#weights(i), ...tables[i]!, positions, mask: masks[i]!, pastK, pastV, x }
      this.#engine.parts.onStep?.()
      await program.run(feeds, { y, 's:K': fresh.k, 's:V': fresh.v })
      cache.append(i, fresh)
      ;[x, y] = [y, x]
    }
    cache.advance()
    return this.#logits(x)
  }

  async #logits(x: Float32Array): Promise<Float32Array[]> {
    const { headWeights } = this.#engine.parts
    const { norm, head, vocabulary } = this.#loaded.parameters
    const { head: program, logits } = this.#parts!
    const weights = {
      ...headWeights.feeds('norm.weight', norm),
      ...headWeights.feeds('head.weight', head),
    }
    await program.run({ ...weights, x }, { logits })
    return Array.from({ length: this.texts }, (_, row) =>
      logits.subarray(row * vocabulary, (row + 1) * vocabulary),
    )
  }

  /** Texts that begin alike are often asked for one after the other: samples of one prompt. */
  async #prefixOf(before: Int32Array): Promise<Prefix> {
    const key = before.join()
    if (this.#lastPrefix?.key !== key) this.#lastPrefix = { key, prefix: await this.#prefill(before) }
    return this.#lastPrefix.prefix
  }

  async #prefill(before: Int32Array): Promise<Prefix> {
    const { kvHeads, headDim, layers: attentions } = this.#loaded.architecture
    const length = prefixLength(before.length)
    const shape = { batch: 1, length }
    const positional = new Positional()
    const programs = await this.#layerPrograms((i) => ({ ...shape, window: reachOf(attentions[i]!, length) }))
    const layers: LayerCache[] = []
    let x = embed(this.#loaded, before, shape)
    let y: Float32Array = new Float32Array(x.length)
    for (const [i, program] of programs.entries()) {
      const made = emptyCache(kvHeads * length * headDim)
      const feeds = { ...this.#weights(i), ...positional.feeds(attentions[i]!, shape), x }
      this.#engine.parts.onStep?.()
      await program.run(feeds, { y, 's:K': made.k, 's:V': made.v })
      layers.push(made)
      ;[x, y] = [y, x]
    }
    return { layers, count: before.length, stride: length }
  }

  async #partsFor(rows: number, slots: number): Promise<StepParts> {
    if (this.#parts?.rows === rows && this.#parts.slots === slots) return this.#parts
    const { model, architecture, parameters } = this.#loaded
    const { hidden, kvHeads, headDim, layers: attentions } = architecture
    const shape = { batch: rows, length: 1, past: slots, hasOwnMasks: true, positions: slots }
    const tables = new Map(attentions.map(({ rotary }) => [rotary, rotaryTables(rotary, slots)]))
    this.#parts = {
      rows,
      slots,
      layers: await this.#layerPrograms(() => shape),
      head: await this.#engine.parts.programs.head(model, architecture, parameters, rows),
      tables: attentions.map(({ rotary }) => ({ ...tables.get(rotary)! })),
      x: [new Float32Array(rows * hidden), new Float32Array(rows * hidden)],
      fresh: emptyCache(rows * kvHeads * headDim),
      logits: new Float32Array(rows * parameters.vocabulary),
    }
    return this.#parts
  }

  #layerPrograms(shapeOf: (layer: number) => BatchShape): Promise<Program[]> {
    const { model, architecture, parameters } = this.#loaded
    const { programs } = this.#engine.parts
    return Promise.all(
      parameters.layers.map((weights, i) =>
        programs.layer({ model, architecture, shape: shapeOf(i), parameters: weights }, SAVED),
      ),
    )
  }

  /** Of each layer; layers with one window have one mask. */
  #masks(): Float32Array[] {
    const { heads, kvHeads, layers } = this.#loaded.architecture
    const { lengths, rows, slots } = this.#cache
    const byWindow = new Map(
      [...new Set(layers.map(({ window }) => window))].map((window) => [
        window,
        stepMask(lengths, { rows, slots, group: heads / kvHeads, window }),
      ]),
    )
    return layers.map(({ window }) => byWindow.get(window)!)
  }

  /** What a layer's program is fed with, found once where weights stay in memory. */
  #weights(layer: number): Buffers {
    const weights = this.#layerWeights
    const feeds = this.#feeds[layer] ?? layerFeeds(weights, this.#loaded.parameters.layers[layer]!)
    if (weights.isKept) this.#feeds[layer] = feeds
    return feeds
  }
}

const emptyCache = (size: number): LayerCache => ({ k: new Float32Array(size), v: new Float32Array(size) })

/** Lengths that a prefix is padded to. */
function prefixLength(count: number): number {
  if (count > PREFIX_STEP) return Math.ceil(count / PREFIX_STEP) * PREFIX_STEP
  return powerOfTwo(Math.max(MIN_PREFIX, count))
}
