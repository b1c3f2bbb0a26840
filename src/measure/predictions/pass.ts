// One pass over the texts: the base and every side of the comparison window by window, the same programs fed with other
// weights, and a row of statistics for each position. Runs in the thread that holds the engine.
import type { Engine } from '../../model/engine/index.ts'
import { BUCKET } from '../../model/engine/index.ts'
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { DocumentRow } from '../../schema/predictions.ts'
import { openDistributions } from '../../tensor/distributions.ts'
import { sha256 } from '../../util/hash.ts'
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

/** Tokens of a document in a model's own tokenizer. */
export interface Tokens {
  ids: Int32Array
  /** Positions that can be scored. */
  scored: number
}

export function tokensOf(tokenizer: Tokenizer, text: string): Tokens {
  const { ids } = tokenizer.encodeForScoring(text)
  return { ids, scored: Math.max(0, ids.length - 1) }
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
  const context: Context = { ...options, statistics: statisticsBySize() }
  let group: Item[] = []
  for (const item of items(options)) {
    group.push(item)
    if (group.length === GROUP) {
      await measureGroup(context, group)
      group = []
    }
  }
  if (group.length > 0) await measureGroup(context, group)
  for (const [index, document] of job.documents.entries()) {
    for (const [i, side] of job.sides.entries()) {
      if (side.mode !== 'bits-per-byte' || side.scored[index]! === 0) continue
      const base = tokensOf(tokenizers[0]!, document.text)
      const row = await bitsPerByte({ ...options, document, index, side, base })
      options.onDocument({ side: i, row, tokens: new Float32Array(0) })
    }
  }
}

/** A document under way: what is left of it for each side that is measured on it. */
interface UnderWay {
  document: TextDocument
  ids: Int32Array
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
    const { ids } = tokensOf(tokenizers[0]!, document.text)
    const most = Math.max(...[...sides.values()].map(({ scored }) => scored))
    const of: UnderWay = { document, ids, sides }
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
      const { document, ids } = of
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

const idsOf = ({ of, window }: { of: { ids: Int32Array }; window: Window }): Int32Array =>
  of.ids.subarray(window.start, window.end)

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

const identified = ({ id, corpus, text }: TextDocument) => ({
  id,
  corpus,
  hash: sha256(text),
  bytes: Buffer.byteLength(text),
})

/** Bytes of the text that tokens [1, scored] stand for. */
function bytesOf(tokenizer: Tokenizer, ids: Int32Array, scored: number): number {
  let bytes = 0
  for (let i = 1; i <= scored; i++) bytes += tokenizer.tokenBytes(ids[i]!).length
  return bytes
}

interface Alone extends PassOptions {
  document: TextDocument
  index: number
  side: Side
  base: Tokens
}

/** Both sides in their own tokens; the variant scores the same share of its tokens as the base. */
async function bitsPerByte(options: Alone): Promise<DocumentRow> {
  const { document, side, base, index, tokenizers, onScored } = options
  const scored = side.scored[index]!
  const variant = tokensOf(tokenizers[side.model]!, document.text)
  const share = scored / base.scored
  const variantScored = share === 1 ? variant.scored : Math.round(share * variant.scored)
  const sides = []
  for (const { model, tokens, count } of [
    { model: 0, tokens: base, count: scored },
    { model: side.model, tokens: variant, count: variantScored },
  ]) {
    const nats = await logLoss(options, { model, ids: tokens.ids, count })
    sides.push({ tokens: count, bytes: bytesOf(tokenizers[model]!, tokens.ids, count), nats })
  }
  onScored(scored)
  return {
    ...identified(document),
    base: sides[0]!,
    variant: sides[1]!,
    ...(scored < base.scored ? { isCut: true } : {}),
  }
}

/** -sum of the natural log-probabilities of tokens [1, count] of one model. */
async function logLoss(
  { engine, job }: PassOptions,
  { model, ids, count }: { model: number; ids: Int32Array; count: number },
): Promise<number> {
  const { vocabulary } = engine.models[model]!.parameters
  const distributions = openDistributions(vocabulary)
  const step = engine.headRows(model)
  let nats = 0
  const windows = windowsOf(count + 1, job.context)
  for (let start = 0; start < windows.length; start += GROUP) {
    const group = windows.slice(start, start + GROUP)
    const states = await engine.hidden(
      model,
      group.map((window) => idsOf({ of: { ids }, window })),
    )
    for (const [w, window] of group.entries()) {
      for (let first = window.firstScored - 1; first < window.end - 1; first += step) {
        const rows = { first: first - window.start, count: Math.min(step, window.end - 1 - first) }
        const logits = await engine.logits(model, states[w]!, rows)
        for (let i = 0; i < rows.count; i++) {
          const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary)
          const { maximum, logTotal } = distributions.setBase(row)
          nats += maximum + logTotal - row[ids[first + i + 1]!]!
        }
      }
    }
  }
  return nats
}
