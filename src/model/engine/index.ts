// Runs decoders: base and variants through the same programs, fed with other weights. Lives in a worker thread, because a
// run blocks its thread. Layer by layer (docs/architecture.md): weights are fed, never part of a program, and tensors
// that models share are in memory once.
import { checkContribOps } from '../../tensor/ops/selfTest.ts'
import type { Buffers } from '../../tensor/program.ts'
import { UserError } from '../../util/errors.ts'
import type { Architecture, LayerAttention } from '../architectures/architecture.ts'
import { architectureOf } from '../architectures/index.ts'
import { rotaryTables } from '../architectures/rotary.ts'
import { readValues } from '../rows.ts'
import { type EngineModel, type Parameters, parametersOf } from './engineModel.ts'
import { causalMask } from './mask.ts'
import { Programs } from './programs.ts'
import { WeightStore } from './weightStore.ts'

export { type EngineModel, engineModel } from './engineModel.ts'

/** Lengths are padded to a multiple of it, so that few programs serve all texts. */
export const BUCKET = 64
/** Windows that callers send through the layers together: weights that are read for each call serve all of them. */
export const WINDOWS_TOGETHER = 8
/** Logits of one run of the output layer, in numbers. */
const HEAD_VALUES = 1 << 23
const MAX_HEAD_ROWS = 128
const MIN_HEAD_ROWS = 16

export interface HiddenOptions {
  /** Tokens that the window is padded to; the next multiple of BUCKET where it is not given. */
  paddedTo?: number
  /** Copies of the window in one batch; 1 where it is not given. */
  batch?: number
  /** Called when all windows are through a layer. */
  onLayer?: () => void
}

/** A model with its weights sorted. */
export interface LoadedModel {
  model: EngineModel
  architecture: Architecture
  parameters: Parameters
}

/** What the engine's models have in memory, for what else runs them. */
export interface EngineParts {
  programs: Programs
  layerWeights: WeightStore
  headWeights: WeightStore
  onStep: (() => void) | undefined
}

export interface Engine extends AsyncDisposable {
  readonly models: readonly LoadedModel[]
  readonly parts: EngineParts
  /** Rows that logits are computed by. */
  headRows(model: number): number
  /** What the last layer gives for each window: [tokens, hidden]. Windows go through a layer together. */
  hidden(model: number, windows: readonly Int32Array[], options?: HiddenOptions): Promise<Float32Array[]>
  /** Logits [count, vocabulary] of rows [first, first + count) of hidden states, count <= headRows. A view that the next call overwrites where `out` is not given. */
  logits(
    model: number,
    hidden: Float32Array,
    rows: { first: number; count: number },
    out?: Float32Array,
  ): Promise<Float32Array>
}

export interface EngineOptions {
  models: readonly EngineModel[]
  threads: number
  /** Weights stay in memory; else each layer's are read again for each call of `hidden`. */
  isKept?: boolean
  /** Called before each program runs; what it throws ends the call. */
  onStep?: () => void
}

export function loadModel(model: EngineModel): LoadedModel {
  const architecture = architectureOf(model.config, model.spec)
  const parameters = parametersOf(model, architecture)
  return { model, architecture, parameters }
}

export const headRowsFor = (vocabulary: number): number => {
  const fits = 2 ** Math.floor(Math.log2(HEAD_VALUES / vocabulary))
  return Math.max(MIN_HEAD_ROWS, Math.min(MAX_HEAD_ROWS, fits))
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { models, threads, isKept = true, onStep } = options
  const loaded = models.map(loadModel)
  await checkContribOps()
  const programs = new Programs(threads)
  const layerWeights = new WeightStore({ isKept })
  const headWeights = new WeightStore({ isKept: true })
  const positional = new Positional()
  const scratch = new Map<string, Float32Array>()
  const buffer = (name: string, size: number): Float32Array => {
    const known = scratch.get(name)
    if (known?.length === size) return known
    const made = new Float32Array(size)
    scratch.set(name, made)
    return made
  }

  async function hidden(
    index: number,
    windows: readonly Int32Array[],
    { paddedTo, batch = 1, onLayer }: HiddenOptions = {},
  ): Promise<Float32Array[]> {
    const { model, architecture, parameters } = loaded[index]!
    const states = windows.map((ids) => {
      const length = paddedTo ?? Math.ceil(ids.length / BUCKET) * BUCKET
      return { ids, length, x: embed(loaded[index]!, ids, { batch, length }) }
    })
    const spare = new Map<number, Float32Array>()
    for (const [i, weights] of parameters.layers.entries()) {
      const feeds = layerFeeds(layerWeights, weights)
      for (const state of states) {
        const { length, x } = state
        const attention = architecture.layers[i]!
        const shape = { batch, length, window: reachOf(attention, length) }
        const program = await programs.layer({ model, architecture, shape, parameters: weights })
        const y = spare.get(length) ?? new Float32Array(x.length)
        onStep?.()
        await program.run({ ...feeds, ...positional.feeds(attention, shape), x }, { y })
        spare.set(length, x)
        state.x = y
      }
      onLayer?.()
    }
    return states.map(({ ids, x }) => x.subarray(0, ids.length * architecture.hidden))
  }

  return {
    models: loaded,
    parts: { programs, layerWeights, headWeights, onStep },
    headRows: (index) => headRowsFor(loaded[index]!.parameters.vocabulary),
    hidden,
    async logits(index, states, { first, count }, out) {
      const { model, architecture, parameters } = loaded[index]!
      const rows = headRowsFor(parameters.vocabulary)
      if (count > rows) throw new RangeError(`logits of ${count} rows at once, at most ${rows}`)
      const program = await programs.head(model, architecture, parameters, rows)
      const x = buffer('head x', rows * architecture.hidden)
      x.set(states.subarray(first * architecture.hidden, (first + count) * architecture.hidden))
      x.fill(0, count * architecture.hidden)
      const size = rows * parameters.vocabulary
      const logits = out?.subarray(0, size) ?? buffer('logits', size)
      const feeds = {
        ...headWeights.feeds('norm.weight', parameters.norm),
        ...headWeights.feeds('head.weight', parameters.head),
        x,
      }
      onStep?.()
      await program.run(feeds, { logits })
      return logits.subarray(0, count * parameters.vocabulary)
    },
    [Symbol.asyncDispose]: () => programs[Symbol.asyncDispose](),
  }
}

export function layerFeeds(store: WeightStore, parameters: Parameters['layers'][number]): Buffers {
  return Object.assign({}, ...[...parameters].map(([name, parameter]) => store.feeds(name, parameter)))
}

/** Embedding rows of a window, `batch` times, padded with zeros: [batch * length, hidden]. */
export function embed(
  { model, architecture, parameters }: LoadedModel,
  ids: Int32Array,
  { batch, length }: { batch: number; length: number },
): Float32Array {
  const { hidden, embeddingScale } = architecture
  const x = new Float32Array(batch * length * hidden)
  for (const [i, id] of ids.entries()) {
    if (!(id >= 0 && id < parameters.vocabulary)) {
      throw new UserError(
        `token ${id} is not in the vocabulary of ${model.spec}, which has ${parameters.vocabulary}`,
        {
          hint: 'the tokenizer belongs to another model: download both again',
        },
      )
    }
    const row = readValues(parameters.embedding, id, id + 1)
    for (let j = 0; j < hidden; j++) x[i * hidden + j] = row[j]! * embeddingScale
  }
  for (let copy = 1; copy < batch; copy++) x.copyWithin(copy * length * hidden, 0, length * hidden)
  return x
}

/** A window as long as the text hides nothing. */
export const reachOf = ({ window }: LayerAttention, length: number): number | null =>
  window !== null && window < length ? window : null

/** Rotary tables, positions and masks of each shape, made once. */
export class Positional {
  readonly #made = new Map<string, Buffers>()

  feeds({ rotary }: LayerAttention, { batch, length }: { batch: number; length: number }): Buffers {
    return {
      ...this.#one(`positions ${batch} ${length}`, () => ({
        positions: BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i % length)),
      })),
      ...this.#one(`rotary ${length} ${rotary.scale} ${rotary.frequencies.join()}`, () => ({
        ...rotaryTables(rotary, length),
      })),
    }
  }

  /** For programs with gradients. */
  mask(architecture: Architecture, attention: LayerAttention, length: number): Buffers {
    const group = architecture.heads / architecture.kvHeads
    const reach = reachOf(attention, length)
    return this.#one(`mask ${length} ${group} ${reach}`, () => ({ mask: causalMask(length, group, reach) }))
  }

  #one(key: string, make: () => Buffers): Buffers {
    const known = this.#made.get(key) ?? make()
    this.#made.set(key, known)
    return known
  }
}
