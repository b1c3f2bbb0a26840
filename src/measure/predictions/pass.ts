// One pass over the texts: the base and every side of the comparison window by window, the same programs fed with other
// weights, and a row of statistics for each position. Runs in the thread that holds the engine.
import type { Engine } from '../../model/engine/index.ts'
import { BUCKET } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { DocumentRow } from '../../schema/predictions.ts'
import { bitsPerByte } from './bitsPerByte.ts'
import { bytesOf, fedIds, identified, type Tokens, tokensOf } from './documents.ts'
import type { DocumentReply, MeasureJob, Side, TextDocument } from './jobs.ts'
import { COLUMN, openRowStatistics, ROW_LENGTH, type RowStatistics } from './rows.ts'
import { type Window, windowsOf } from './windows.ts'

/** Windows that go through the layers together: weights that are read for each call serve all of them. */
const GROUP = 16

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
  const together: Context = { ...options, statistics: statisticsBySize() }
  let group: Item[] = []
  for (const item of items(options)) {
    group.push(item)
    if (group.length === GROUP) {
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
      onScored(count)
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
    for (const window of windowsOf(most + 1, job.context)) yield { of, window }
  }
}

interface Context extends PassOptions {
  statistics: StatisticsOf
}

/** Windows may be of several documents: the weights of a layer that are read once serve all of them. */
async function measureGroup(context: Context, group: readonly Item[]): Promise<void> {
  const { engine, job, tokenizers } = context
  const size = (model: number): number => engine.headRows(0) * engine.models[model]!.parameters.vocabulary
  const buffers = {
    base: new Float32Array(size(0)),
    variant: new Float32Array(Math.max(...job.sides.map(({ model }) => size(model)))),
  }
  const states = await engine.hidden(0, group.map(idsOf))
  for (const [i, side] of job.sides.entries()) {
    const reached = group.flatMap(({ of, window }, g) => {
      const asked = of.sides.get(i)
      return asked && window.firstScored <= asked.scored ? [{ of, window, asked, base: states[g]! }] : []
    })
    if (reached.length === 0) continue
    const variantStates = await variantHidden(engine, side, reached.map(idsOf))
    for (const [r, { of, window, asked, base }] of reached.entries()) {
      const { document, tokens } = of
      const { ids } = tokens
      const end = Math.min(window.end, asked.scored + 1)
      await scoreWindow(context, {
        document,
        ids,
        window: { ...window, end },
        base,
        variant: variantStates[r]!,
        model: side.model,
        rows: asked.rows,
        buffers,
      })
      context.onScored(end - window.firstScored)
      if (end !== asked.scored + 1) continue
      const { scored, rows } = asked
      const row = documentRow(document, ids, { tokenizer: tokenizers[0]!, scored, rows })
      context.onDocument({ side: i, row, tokens: rows })
    }
  }
}

const idsOf = ({ of, window }: { of: UnderWay; window: Window }): Int32Array => fedIds(of.tokens, window)

/** Another shape: a bucket longer, and the window twice in one batch, of which the first is taken. */
async function variantHidden(
  engine: Engine,
  side: Side,
  windows: readonly Int32Array[],
): Promise<Float32Array[]> {
  if (!side.isOtherShape) return engine.hidden(side.model, windows)
  const states: Float32Array[] = []
  for (const ids of windows) {
    const paddedTo = (Math.ceil(ids.length / BUCKET) + 1) * BUCKET
    states.push(...(await engine.hidden(side.model, [ids], { paddedTo, batch: 2 })))
  }
  return states
}

interface WindowScore {
  document: TextDocument
  ids: Int32Array
  window: Window
  base: Float32Array
  variant: Float32Array
  model: number
  /** Of the whole document. */
  rows: Float32Array
  buffers: { base: Float32Array; variant: Float32Array }
}

/** Models of one tokenizer may have more rows in their output layer than tokens: the shared ones are compared. */
async function scoreWindow({ engine, statistics: of }: Context, score: WindowScore): Promise<void> {
  const { document, ids, window, rows, buffers, model } = score
  const { vocabulary } = engine.models[0]!.parameters
  const { vocabulary: own } = engine.models[model]!.parameters
  const shared = Math.min(vocabulary, own)
  const statistics = of(shared)
  const step = Math.min(engine.headRows(0), engine.headRows(model))
  // Position p predicts token p + 1.
  for (let first = window.firstScored - 1; first < window.end - 1; first += step) {
    const count = Math.min(step, window.end - 1 - first)
    const place = { first: first - window.start, count }
    const base = await engine.logits(0, score.base, place, buffers.base)
    const variant = await engine.logits(model, score.variant, place, buffers.variant)
    for (let i = 0; i < count; i++) {
      const position = first + i
      statistics.setBase({
        logits: base.subarray(i * vocabulary, i * vocabulary + shared),
        next: ids[position + 1]!,
        name: `${document.id}, token ${position + 1}`,
      })
      statistics.addVariant(variant.subarray(i * own, i * own + shared), rows, position * ROW_LENGTH)
    }
  }
}

interface Scored {
  tokenizer: Tokenizer
  scored: number
  rows: Float32Array
}

function documentRow(
  document: TextDocument,
  ids: Int32Array,
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
