// The last normalisation, the output layer and the loss: rows that have a weight, some at a time, so that the logits of
// all of them are never there at once. A run's gradients are added to those of the runs before it.
import { crossEntropy } from '../../../tensor/ops/crossEntropy.ts'
import { rmsNorm } from '../../../tensor/ops/rmsNorm.ts'
import { type Buffers as Feeds, openProgram, type Program } from '../../../tensor/program.ts'
import { backwardGraph, type Describe, forwardGraph } from '../../../tensor/tape.ts'
import { headRowsFor, type LoadedModel } from '../index.ts'
import type { Batch } from './batch.ts'
import type { Buffers } from './buffers.ts'
import type { TrainingPlan } from './plan.ts'

export interface HeadOptions {
  loaded: LoadedModel
  plan: TrainingPlan
  threads: number
  checkpointing: boolean
  buffers: Buffers
  /** Called before each run. */
  onStep?: () => void
}

/** Where memory is short: half the logits, for 3 to 4 % of a step's time. */
const LEAN_ROWS = 64
/** Of a small vocabulary more rows have no more logits, and products of 512 rows take a tenth less time than those of 128. */
const SMALL_LOGITS = 1 << 21
const MANY_ROWS = 512

export interface Loss {
  /** Sum of weight * -ln p(target). */
  lossSum: number
  /** Sum of the weights of tokens that have a target. */
  weightSum: number
}

export interface HeadRun {
  batch: Batch
  /** [rows * length, hidden]. */
  x: Float32Array
  /** norm.weight and head.weight. */
  weights: Feeds
  /** Null: the loss alone. */
  back: { dx: Float32Array | null; gradients: ReadonlyMap<string, Float32Array> } | null
}

/** Rows whose logits are there at once. */
export function trainingHeadRows({
  loaded,
  plan,
  checkpointing,
}: Pick<HeadOptions, 'loaded' | 'plan' | 'checkpointing'>): number {
  const { vocabulary } = loaded.parameters
  const small = Math.min(MANY_ROWS, 2 ** Math.floor(Math.log2(SMALL_LOGITS / vocabulary)))
  const rows = Math.max(headRowsFor(vocabulary), small)
  return checkpointing || plan.hasPacked ? Math.min(rows, LEAN_ROWS) : rows
}

export class Head {
  readonly #options: HeadOptions
  readonly #rows: number
  readonly #targets: BigInt64Array
  readonly #programs = new Map<'forward' | 'backward', Promise<Program>>()

  constructor(options: HeadOptions) {
    this.#options = options
    this.#rows = trainingHeadRows(options)
    this.#targets = new BigInt64Array(this.#rows)
  }

  async run({ batch, x, weights, back }: HeadRun): Promise<Loss> {
    const { hidden } = this.#options.loaded.architecture
    const program = await this.#program(back ? 'backward' : 'forward')
    const rows = countedRows(batch)
    const { feeds, fetches } = this.#slots(weights, back)
    let lossSum = 0
    back?.dx?.fill(0)
    for (let first = 0; first < rows.length; first += this.#rows) {
      const own = rows.subarray(first, first + this.#rows)
      gather(own, { batch, x, hidden, feeds })
      this.#options.onStep?.()
      await program.run(feeds, fetches)
      lossSum += fetches.loss[0]!
      if (back?.dx) {
        for (const [i, row] of own.entries())
          back.dx.set(fetches['d:x'].subarray(i * hidden, (i + 1) * hidden), row * hidden)
      }
    }
    let weightSum = 0
    for (const row of rows) weightSum += batch.weights[row]!
    return { lossSum, weightSum }
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).release()
  }

  #slots(weights: Feeds, back: HeadRun['back']) {
    const { buffers, loaded, plan } = this.#options
    const { hidden } = loaded.architecture
    const feeds = {
      ...weights,
      x: buffers.take('head x', this.#rows * hidden),
      targets: this.#targets,
      weights: buffers.take('head weights', this.#rows),
      'd:loss': Float32Array.of(1),
      ...(back && plan.isNormTrained ? { 'g:norm.weight': back.gradients.get('norm.weight')! } : {}),
      ...(back && plan.headName ? { 'g:head.weight': back.gradients.get(plan.headName)! } : {}),
    }
    const fetches = {
      loss: new Float32Array(1),
      'd:x': buffers.take('head dx', this.#rows * hidden),
      'd:norm.weight': (feeds as Feeds)['g:norm.weight']!,
      'd:head.weight': (feeds as Feeds)['g:head.weight']!,
    }
    return { feeds, fetches }
  }

  #program(direction: 'forward' | 'backward'): Promise<Program> {
    const known = this.#programs.get(direction)
    if (known) return known
    const describe = this.#describe()
    const graph = direction === 'forward' ? forwardGraph(describe) : backwardGraph(describe, [], ['loss'])
    const opened = openProgram(graph, { threads: this.#options.threads, isLean: true })
    this.#programs.set(direction, opened)
    return opened
  }

  #describe(): Describe {
    const { loaded, plan } = this.#options
    const { architecture, parameters } = loaded
    const rows = this.#rows
    return (tape) => {
      const input = (name: string, shape: readonly number[], isTrained: boolean) => {
        const value = tape.input(name, shape, { isTrained })
        if (isTrained && tape.isBackward && name !== 'x')
          tape.setGradient(value, tape.input(`g:${name}`, shape))
        return value
      }
      const x = input(
        'x',
        [rows, architecture.hidden],
        plan.layers.some(({ hasBackward }) => hasBackward),
      )
      const gamma = input('norm.weight', parameters.norm.shape, plan.isNormTrained)
      const table = input('head.weight', parameters.head.shape, plan.headName !== null)
      const loss = crossEntropy(tape, rmsNorm(tape, x, gamma, architecture.epsilon), table, {
        targets: tape.input('targets', [rows], { type: 'int64' }),
        weights: tape.input('weights', [rows, 1]),
        chunkRows: rows,
      })
      return { loss }
    }
  }
}

/** Rows of the batch that the loss depends on. */
function countedRows({ targets, weights, segments }: Batch): Int32Array {
  const rows = new Int32Array(targets.length)
  let count = 0
  for (let i = 0; i < targets.length; i++) {
    if (targets[i]! >= 0 && weights[i] !== 0 && segments[i] !== -1) rows[count++] = i
  }
  return rows.subarray(0, count)
}

interface Gathering {
  batch: Batch
  x: Float32Array
  hidden: number
  feeds: { x: Float32Array; targets: BigInt64Array; weights: Float32Array }
}

/** Rows of a run; those beyond the last have no weight. */
function gather(rows: Int32Array, { batch, x, hidden, feeds }: Gathering): void {
  feeds.weights.fill(0)
  feeds.targets.fill(0n)
  for (const [i, row] of rows.entries()) {
    feeds.x.set(x.subarray(row * hidden, (row + 1) * hidden), i * hidden)
    feeds.targets[i] = BigInt(batch.targets[row]!)
    feeds.weights[i] = batch.weights[row]!
  }
}
