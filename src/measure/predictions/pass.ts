// One pass over the texts: the base and every side of the comparison window by window, the same programs fed with other
// weights, and a row of statistics for each position. Runs in the thread that holds the engine.
import { BUCKET, type Engine, WINDOWS_TOGETHER } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { DocumentRow } from '../../schema/predictions.ts'
import { bitsPerByte } from './bitsPerByte.ts'
import { bytesOf, fedIds, identified, type Tokens, tokensOf } from './documents.ts'
import type { DocumentReply, MeasureJob, Side, TextDocument } from './jobs.ts'
import { COLUMN, openRowStatistics, ROW_LENGTH, type RowStatistics } from './rows.ts'
import { type Window, windowsOf } from './windows.ts'

export interface PassOptions {
  engine: Engine
  /** Of each model. */
  tokenizers: readonly Tokenizer[]
  job: MeasureJob
  onDocument: (reply: Omit<DocumentReply, 'kind'>) => void
  onScored: (positions: number) => void
}

type StatisticsOf = (vocabulary: number) => RowStatistics

function statisticsBySize(): StatisticsOf {
  const bySize = new Map<number, RowStatistics>()
  return (vocabulary) => {
    const known = bySize.get(vocabulary) ?? openRowStatistics(vocabulary)
    bySize.set(vocabulary, known)
    return known
  }
}

export async function measure(options: PassOptions): Promise<void> {
  const { job, tokenizers } = options
  const together: Context = { ...options, statistics: statisticsBySize(), buffers: buffersFor(options) }
  let group: Item[] = []
  for (const item of items(options)) {
    group.push(item)
    if (group.length === WINDOWS_TOGETHER) {
      await measureGroup(together, group)
      group = []
    }
  }
  if (group.length > 0) await measureGroup(together, group)
  const { engine, onDocument, onScored } = options
  for (const [index, document] of job.documents.entries()) {
    for (const [i, { mode, model, scored }] of job.sides.entries()) {
      const count = scored[index]!
      if (mode !== 'bits-per-byte' || count === 0) continue
      const { context } = job
      const row = await bitsPerByte({ engine, tokenizers, context, document, model, scored: count })
      onDocument({ side: i, row, tokens: new Float32Array(0) })
      onScored(2 * count)
    }
  }
}

/** A document under way: what is left of it for each side that is measured on it. */
interface UnderWay {
  document: TextDocument
  tokens: Tokens
  /** By index of the side. */
  sides: ReadonlyMap<number, { scored: number; rows: Float32Array }>
}

interface Item {
  of: UnderWay
  window: Window
}

/** All windows of all documents whose distributions are compared. */
function* items({ job, tokenizers }: PassOptions): Generator<Item> {
  for (const [index, document] of job.documents.entries()) {
    const sides = new Map<number, { scored: number; rows: Float32Array }>()
    for (const [i, { mode, scored }] of job.sides.entries()) {
      const count = scored[index]!
      if (mode !== 'distributions' || count === 0) continue
      sides.set(i, { scored: count, rows: new Float32Array(count * ROW_LENGTH) })
    }
    if (sides.size === 0) continue
    const tokens = tokensOf(tokenizers[0]!, document.text)
    const most = Math.max(...[...sides.values()].map(({ scored }) => scored))
    const of: UnderWay = { document, tokens, sides }
    // Of the whole document, so that what a window is fed does not depend on where scoring ends.
    for (const window of windowsOf(tokens.ids.length, job.context)) {
      if (window.firstScored <= most) yield { of, window }
    }
  }
}

/** Logits of as many rows as are scored at once. */
interface LogitBuffers {
  base: Float32Array
  variant: Float32Array
}

interface Context extends PassOptions {
  statistics: StatisticsOf
  buffers: LogitBuffers
}

function buffersFor({ engine, job }: PassOptions): LogitBuffers {
  const size = (model: number): number => engine.headRows(model) * engine.models[model]!.parameters.vocabulary
  return {
    base: new Float32Array(size(0)),
    variant: new Float32Array(Math.max(0, ...job.sides.map(({ model }) => size(model)))),
  }
}

/** Windows may be of several documents: the weights of a layer that are read once serve all of them. */
async function measureGroup(context: Context, group: readonly Item[]): Promise<void> {
  const { engine, job } = context
  const most = sumOf(group, (item) => Math.max(...[...item.of.sides.keys()].map((i) => scoredIn(item, i))))
  const base = await engine.hidden(0, group.map(idsOf), progressOf(context, 0, most))
  const bySide = []
  for (const [i, side] of job.sides.entries()) {
    const reached = group.filter((item) => scoredIn(item, i) > 0)
    bySide.push(new Map(await variantHidden(context, { ...side, index: i }, reached)))
  }
  for (const [g, item] of group.entries()) {
    const reached = bySide.flatMap((states, i) => {
      const variant = states.get(item)
      return variant ? [{ i, model: job.sides[i]!.model, variant, ...item.of.sides.get(i)! }] : []
    })
    await scoreWindow(context, { item, base: base[g]!, reached })
    for (const { i, scored, rows } of reached) {
      if (item.window.end <= scored) continue
      const row = documentRow(item.of, { tokenizer: context.tokenizers[0]!, scored, rows })
      context.onDocument({ side: i, row, tokens: rows })
    }
  }
}

/** Positions of a window that are scored for a side. */
function scoredIn({ of, window }: Item, side: number): number {
  const { scored } = of.sides.get(side) ?? { scored: 0 }
  return Math.max(0, Math.min(window.end, scored + 1) - window.firstScored)
}

const sumOf = (items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0)

/** Layers are most of the work: each tells its part of the positions that are scored. */
function progressOf(
  { engine, onScored }: Context,
  model: number,
  positions: number,
): { onLayer: () => void } {
  const { layers } = engine.models[model]!.architecture
  return { onLayer: () => onScored(positions / layers.length) }
}

const idsOf = ({ of, window }: { of: UnderWay; window: Window }): Int32Array => fedIds(of.tokens, window)

/** Another shape: a bucket longer, and the window twice in one batch, of which the first is taken. */
async function variantHidden(
  context: Context,
  { model, isOtherShape, index }: Side & { index: number },
  items: readonly Item[],
): Promise<[Item, Float32Array][]> {
  const { engine } = context
  const progressOn = (some: readonly Item[]): { onLayer: () => void } => {
    const positions = sumOf(some, (item) => scoredIn(item, index))
    return progressOf(context, model, positions)
  }
  const states: Float32Array[] = []
  if (!isOtherShape) states.push(...(await engine.hidden(model, items.map(idsOf), progressOn(items))))
  else {
    for (const item of items) {
      const ids = idsOf(item)
      const paddedTo = (Math.ceil(ids.length / BUCKET) + 1) * BUCKET
      states.push(...(await engine.hidden(model, [ids], { paddedTo, batch: 2, ...progressOn([item]) })))
    }
  }
  return items.map((item, i) => [item, states[i]!])
}

interface WindowScore {
  item: Item
  base: Float32Array
  /** Sides that are measured on this window: what the last layer gave, and the rows of the whole document. */
  reached: readonly { model: number; variant: Float32Array; scored: number; rows: Float32Array }[]
}

/** Models of one tokenizer may have more rows in their output layer than tokens: the shared ones are compared. */
async function scoreWindow(context: Context, { item, base, reached }: WindowScore): Promise<void> {
  const { engine, statistics, buffers } = context
  const { document, tokens } = item.of
  const { start, end, firstScored } = item.window
  const { vocabulary } = engine.models[0]!.parameters
  const step = Math.min(...[0, ...reached.map(({ model }) => model)].map((model) => engine.headRows(model)))
  // Position p predicts token p + 1.
  const last = Math.min(end - 1, Math.max(0, ...reached.map(({ scored }) => scored)))
  for (let first = firstScored - 1; first < last; first += step) {
    const count = Math.min(step, last - first)
    const rowsAt = { first: first - start, count }
    const baseLogits = await engine.logits(0, base, rowsAt, buffers.base)
    for (const { model, variant, scored, rows } of reached) {
      const { vocabulary: own } = engine.models[model]!.parameters
      const shared = Math.min(vocabulary, own)
      const logits = await engine.logits(model, variant, rowsAt, buffers.variant)
      for (let i = 0; i < count && first + i < scored; i++) {
        const position = first + i
        statistics(shared).setBase({
          logits: baseLogits.subarray(i * vocabulary, i * vocabulary + shared),
          next: tokens.ids[position + 1]!,
          name: `${document.id}, token ${position + 1}`,
          spec: engine.models[0]!.model.spec,
        })
        const ours = logits.subarray(i * own, i * own + shared)
        statistics(shared).addVariant(ours, rows, position * ROW_LENGTH, engine.models[model]!.model.spec)
      }
    }
  }
}

interface Scored {
  tokenizer: Tokenizer
  scored: number
  rows: Float32Array
}

function documentRow(
  { document, tokens: { ids } }: UnderWay,
  { tokenizer, scored, rows }: Scored,
): DocumentRow {
  const bytes = bytesOf(tokenizer, ids, scored)
  const nats = (column: number): number => {
    let sum = 0
    for (let at = column; at < rows.length; at += ROW_LENGTH) sum -= rows[at]!
    return sum
  }
  return {
    ...identified(document),
    base: { tokens: scored, bytes, nats: nats(COLUMN.baseLogProb) },
    variant: { tokens: scored, bytes, nats: nats(COLUMN.variantLogProb) },
    ids: [...ids.subarray(0, scored + 1)],
    ...(scored < ids.length - 1 ? { isCut: true } : {}),
  }
}
