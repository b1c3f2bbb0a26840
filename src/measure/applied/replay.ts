// Replays the merge of one tensor: the base's rows, then each part of the adapters on top, rounded where `order` rounds.
// LoRA and DoRA as in PEFT 0.21's tuners/lora (layer.py, variants.py, dora.py), IA3 as in tuners/ia3/layer.py.
import { type LoraSource, type ReadRows, readVector, type ScaledSource } from '../../model/peft/apply.ts'
import { matrixShape, shapeOf } from '../../model/rows.ts'
import type { AdapterPart, TensorSource } from '../../model/tensor.ts'
import type { MergeOrder } from './orders.ts'
import { deltaRows, type RoundedFactors, roundedFactors } from './product.ts'
import { promoted, roundTo } from './rounding.ts'

type SumSource = TensorSource & { kind: 'sum' }
export type Stage = LoraSource | ScaledSource | SumSource

/** What is done to one tensor of the base. */
export interface Merge {
  /** What the merge begins from: the base's tensor, or the copy that an adapter holds. */
  start: TensorSource
  stages: readonly Stage[]
}

/** Rows of a merge. */
export interface Replay {
  /** With all roundings of the order but the last, to the format of the file. */
  rounded: Float32Array
  /** In fp32 throughout. */
  exact: Float32Array
  /** Per element, a number that no low-rank sum exceeds on its way; null where narrow formats hide that. */
  bound: Float32Array | null
}

export interface Replayer {
  rows(start: number, end: number): Replay
}

/** The parts of one tensor, in order, as what is to be replayed. */
export function mergeOf(base: TensorSource, parts: readonly AdapterPart[]): Merge {
  let source = base
  let start = base
  let stages: Stage[] = []
  for (const part of parts) {
    source = part.apply(source)
    if (source.kind === 'lora' || source.kind === 'scaled' || source.kind === 'sum') {
      stages.push(source)
    } else {
      start = source
      stages = []
    }
  }
  return { start, stages }
}

interface Context {
  merge: Merge
  order: MergeOrder
  read: ReadRows
  factors: ReadonlyMap<Stage, RoundedFactors>
  /** DoRA's factor of each column, where the weight is stored as (in, out). */
  columnFactors: Map<Stage, Float32Array>
}

interface Rows {
  start: number
  end: number
}

/** Elements of a block in the pass over a whole matrix that column norms need. */
const BLOCK_ELEMENTS = 1 << 20

/** A merge in one order; rounded factors are computed once. */
export function openReplay(merge: Merge, order: MergeOrder, read: ReadRows): Replayer {
  const factors = new Map<Stage, RoundedFactors>()
  for (const stage of merge.stages) {
    if (stage.kind === 'lora') factors.set(stage, roundedFactors(stage, order.factors, read))
  }
  const context: Context = { merge, order, read, factors, columnFactors: new Map() }
  return { rows: (start, end) => through(context, merge.stages.length, { start, end }) }
}

/** Rows after the first `count` stages. */
function through(context: Context, count: number, rows: Rows): Replay {
  const { merge, order, read } = context
  if (count === 0) {
    const exact = read(merge.start, rows.start, rows.end)
    return { rounded: roundTo(order.load, exact.slice()), exact, bound: null }
  }
  const stage = merge.stages[count - 1]!
  const replay = through(context, count - 1, rows)
  if (stage.kind === 'scaled') scale(context, stage, replay, rows)
  else if (stage.kind === 'sum') addBias(context, stage, replay, rows)
  else {
    add(context, stage, replay, rows)
    if (stage.magnitude) rescale(context, count, replay, rows)
  }
  roundTo(order.load, replay.rounded)
  return replay
}

function scale(
  { order, read }: Context,
  stage: ScaledSource,
  { rounded, exact }: Replay,
  { start, end }: Rows,
): void {
  const by = readVector(stage.by, read)
  const narrow = roundTo(order.factors, by.slice())
  const columns = rounded.length / (end - start)
  for (let i = 0; i < rounded.length; i++) {
    const of = stage.axis === 'columns' ? i % columns : start + Math.floor(i / columns)
    rounded[i]! *= narrow[of]!
    exact[i]! *= by[of]!
  }
}

function add({ order, factors }: Context, stage: LoraSource, replay: Replay, { start, end }: Rows): void {
  const delta = deltaRows(factors.get(stage)!, start, end, order)
  const { rounded, exact } = replay
  for (let i = 0; i < delta.length; i++) {
    rounded[i]! += delta[i]!
    exact[i]! += delta[i]!
  }
  if (order.load === 'F32') replay.bound = bounds(factors.get(stage)!, start, end)
  if (stage.magnitude) roundTo(promoted(order.load, order.delta), rounded)
}

function addBias({ order, read }: Context, stage: SumSource, { rounded, exact }: Replay, rows: Rows): void {
  const bias = roundTo(order.factors, read(stage.add, rows.start, rows.end))
  const scale = Math.fround(stage.scale)
  const added = roundTo(
    order.delta,
    bias.map((value) => value * scale),
  )
  for (let i = 0; i < added.length; i++) {
    rounded[i]! += added[i]!
    exact[i]! += added[i]!
  }
}

/** DoRA: rows, or columns where the weight is (in, out), get the norms that the magnitude vector says. */
function rescale(context: Context, count: number, replay: Replay, rows: Rows): void {
  const { rounded, exact } = replay
  const columns = rounded.length / (rows.end - rows.start)
  const { transposed } = context.merge.stages[count - 1] as LoraSource
  const by = transposed ? columnFactors(context, count) : rowFactors(context, count, rounded, rows)
  for (let i = 0; i < rounded.length; i++) {
    const factor = by[transposed ? i % columns : Math.floor(i / columns)]!
    rounded[i]! *= factor
    exact[i]! *= factor
  }
  roundTo(promoted(context.order.load, context.order.delta), rounded)
}

function rowFactors(
  context: Context,
  count: number,
  values: Float32Array,
  { start, end }: Rows,
): Float32Array {
  const columns = values.length / (end - start)
  const sums = new Float64Array(end - start)
  values.forEach((value, i) => {
    sums[Math.floor(i / columns)]! += value * value
  })
  return magnitudeOverNorm(context, count, sums, start)
}

function columnFactors(context: Context, count: number): Float32Array {
  const { merge, columnFactors: known } = context
  const stage = merge.stages[count - 1] as LoraSource
  const before = known.get(stage)
  if (before) return before
  const { rows, columns } = matrixShape(shapeOf(merge.start))
  const sums = new Float64Array(columns)
  const step = Math.max(1, Math.floor(BLOCK_ELEMENTS / columns))
  for (let start = 0; start < rows; start += step) {
    const block = { start, end: Math.min(rows, start + step) }
    const replay = through(context, count - 1, block)
    add(context, stage, replay, block)
    replay.rounded.forEach((value, i) => {
      sums[i % columns]! += value * value
    })
  }
  const factors = magnitudeOverNorm(context, count, sums, 0)
  known.set(stage, factors)
  return factors
}

/** From sums of squares of rows or columns, the first of which is number `first`. */
function magnitudeOverNorm(
  { merge, order, read }: Context,
  count: number,
  sums: Float64Array,
  first: number,
): Float32Array {
  const dtype = promoted(order.load, order.delta)
  const stage = merge.stages[count - 1] as LoraSource
  const magnitude = roundTo(
    order.factors,
    readVector(stage.magnitude!, read).slice(first, first + sums.length),
  )
  const norms = roundTo(dtype, Float32Array.from(sums, Math.sqrt))
  return roundTo(
    dtype,
    magnitude.map((value, i) => value / norms[i]!),
  )
}

function bounds(
  { rowNorms, columnNorms, columns }: RoundedFactors,
  start: number,
  end: number,
): Float32Array {
  const bound = new Float32Array((end - start) * columns)
  for (let row = start; row < end; row++) {
    const begin = (row - start) * columns
    for (let j = 0; j < columns; j++) bound[begin + j] = rowNorms[row]! * columnNorms[j]!
  }
  return bound
}
