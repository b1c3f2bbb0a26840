// Texts that grow token by token: keys and values of what came before are kept, so that a step is one position of each
// text. Weights and programs are the engine's. The tokens before a text's last one go through the layers at once,
// each text by itself; the last one is the first step's, together with those of all other texts.
//
// A text's logits do not depend on which texts are beside it, except for the rounding of sums whose blocks depend on
// the number of rows and slots: about 1e-6 of a logit.
import { type Buffers, type Program, sizeOf } from '../../tensor/program.ts'
import { rotaryTables } from '../architectures/rotary.ts'
import { type Engine, embed, layerFeeds, Positional } from './index.ts'
import { KeyCache, type LayerCache, type Prefix, powerOfTwo } from './keyCache.ts'
import type { BatchShape } from './layerNet.ts'
import { HIDDEN } from './mask.ts'

/** Keys and values leave a layer's program under these names. */
const SAVED = ['K', 'V']
const MIN_PREFIX = 8
const PREFIX_STEP = 64

export interface Decoder {
  /** Texts there are. */
  readonly texts: number
  /** A text more, which becomes the last one. Its last token is left to `step`. */
  add(before: Int32Array): Promise<void>
  /** The last text moves to the place of the one that goes. */
  remove(text: number): void
  /** Feeds one token of each text and gives logits [vocabulary] of what follows: views that the next step overwrites. */
  step(tokens: Int32Array): Promise<Float32Array[]>
}

/** What depends on the number of rows and slots. */
interface Shaped {
  shape: Required<BatchShape>
  programs: readonly Program[]
  head: Program
  /** Of each layer: rotary tables. */
  tables: readonly Buffers[]
  x: [Float32Array, Float32Array]
  fresh: LayerCache
  logits: Float32Array
}

export function openDecoder(engine: Engine, index: number): Decoder {
  const loaded = engine.models[index]!
  const { model, architecture, parameters } = loaded
  const { programs, layerWeights, headWeights } = engine.parts
  const { hidden, kvHeads, headDim } = architecture
  const { vocabulary } = parameters
  const cache = new KeyCache(architecture)
  const group = architecture.heads / kvHeads
  const weightsOf = kept(layerWeights.isKept, (layer) => layerFeeds(layerWeights, parameters.layers[layer]!))
  let last: { key: string; prefix: Prefix } | undefined
  let shaped: Shaped | undefined

  const programsOf = (shape: BatchShape): Promise<Program[]> =>
    Promise.all(
      parameters.layers.map((weights) =>
        programs.layer({ model, architecture, shape, parameters: weights }, SAVED),
      ),
    )

  /** Texts that begin alike are often asked for one after the other: samples of one prompt. */
  async function prefixOf(before: Int32Array): Promise<Prefix | null> {
    if (before.length === 0) return null
    const key = before.join()
    if (last?.key !== key) last = { key, prefix: await prefill(before) }
    return last.prefix
  }

  async function prefill(before: Int32Array): Promise<Prefix> {
    const length = prefixLength(before.length)
    const shape = { batch: 1, length }
    const positional = new Positional()
    const size = kvHeads * length * headDim
    const layers: LayerCache[] = []
    let x = embed(loaded, before, shape)
    let y: Float32Array = new Float32Array(x.length)
    for (const [i, program] of (await programsOf(shape)).entries()) {
      const made = { k: new Float32Array(size), v: new Float32Array(size) }
      const attention = architecture.layers[i]!
      const feeds = { ...weightsOf(i), ...positional.feeds(architecture, attention, shape), x }
      await program.run(feeds, { y, 's:K': made.k, 's:V': made.v })
      layers.push(made)
      ;[x, y] = [y, x]
    }
    return { layers, count: before.length, stride: length }
  }

  async function shapedFor(rows: number, slots: number): Promise<Shaped> {
    if (shaped?.shape.batch === rows && shaped.shape.past === slots) return shaped
    const shape = { batch: rows, length: 1, past: slots, hasOwnMasks: true, positions: slots }
    const tables = new Map(architecture.layers.map(({ rotary }) => [rotary, rotaryTables(rotary, slots)]))
    shaped = {
      shape,
      programs: await programsOf(shape),
      head: await programs.head(model, architecture, parameters, rows),
      tables: architecture.layers.map(({ rotary }) => ({ ...tables.get(rotary)! })),
      x: [new Float32Array(rows * hidden), new Float32Array(rows * hidden)],
      fresh: {
        k: new Float32Array(rows * kvHeads * headDim),
        v: new Float32Array(rows * kvHeads * headDim),
      },
      logits: new Float32Array(rows * vocabulary),
    }
    return shaped
  }

  /** What the positions of this step may see: the slots before them that are in their window, and themselves. */
  function masks({ batch, past }: Required<BatchShape>): (window: number | null) => Float32Array {
    const made = new Map<number | null, Float32Array>()
    return (window) => {
      const known = made.get(window)
      if (known) return known
      const mask = new Float32Array(sizeOf([batch, group, past + 1])).fill(HIDDEN)
      for (let row = 0; row < batch * group; row++) {
        const length = cache.lengths[Math.floor(row / group)] ?? 0
        const at = row * (past + 1)
        mask.fill(0, at + Math.max(0, window === null ? 0 : length - window + 1), at + length)
        mask[at + past] = 0
      }
      made.set(window, mask)
      return mask
    }
  }

  async function step(tokens: Int32Array): Promise<Float32Array[]> {
    if (tokens.length !== cache.lengths.length)
      throw new RangeError(`${tokens.length} tokens for ${cache.lengths.length} texts`)
    cache.fit()
    const {
      shape,
      programs: layers,
      head,
      tables,
      fresh,
      logits,
      x: states,
    } = await shapedFor(cache.rows, cache.slots)
    const maskOf = masks(shape)
    const positions = BigInt64Array.from({ length: shape.batch }, (_, row) => BigInt(cache.lengths[row] ?? 0))
    let [x, y] = states
    x.set(embed(loaded, tokens, { batch: 1, length: shape.batch }))
    for (const [i, program] of layers.entries()) {
      const { k: pastK, v: pastV } = cache.layers[i]!
      const mask = maskOf(architecture.layers[i]!.window)
      const feeds = { ...weightsOf(i), ...tables[i]!, positions, mask, pastK, pastV, x }
      await program.run(feeds, { y, 's:K': fresh.k, 's:V': fresh.v })
      cache.append(i, fresh)
      ;[x, y] = [y, x]
    }
    cache.advance()
    const headFeeds = {
      ...headWeights.feeds('norm.weight', parameters.norm),
      ...headWeights.feeds('head.weight', parameters.head),
    }
    await head.run({ ...headFeeds, x }, { logits })
    return Array.from(tokens, (_, row) => logits.subarray(row * vocabulary, (row + 1) * vocabulary))
  }

  return {
    get texts() {
      return cache.lengths.length
    },
    async add(before) {
      cache.add(await prefixOf(before))
    },
    remove: (text) => cache.remove(text),
    step,
  }
}

/** Lengths that a prefix is padded to. */
function prefixLength(count: number): number {
  if (count > PREFIX_STEP) return Math.ceil(count / PREFIX_STEP) * PREFIX_STEP
  return powerOfTwo(Math.max(MIN_PREFIX, count))
}

/** `make`, whose results are kept where that is allowed. */
function kept<T>(isKept: boolean, make: (index: number) => T): (index: number) => T {
  const made: T[] = []
  return (index) => {
    const known = made[index]
    if (known !== undefined) return known
    const value = make(index)
    if (isKept) made[index] = value
    return value
  }
}
