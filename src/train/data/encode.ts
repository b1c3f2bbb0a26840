// One row as tokens, with the ones that are trained on. A completion or a text gets the model's end token behind it, unless
// it ends with one: a model that never sees an end learns to go on without one (TRL does the same). A conversation is left as
// its template writes it; what a template puts behind an end token (a line end) is not trained on, as generation never gets
// there.
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { Recipe } from '../../schema/training.ts'
import { conversationSpans, renderConversation, type Where } from './conversation.ts'
import type { Row } from './rows.ts'
import { encodeSpans } from './spans.ts'

export interface EncodedRow {
  ids: number[]
  /** 1: trained on. The first token never is: nothing stands before it that could tell it. */
  trained: Uint8Array
  /** The border before a trained stretch was no token border. */
  isApart: boolean
  /** No trained stretch ends with a token at which generation ends. */
  isEndless: boolean
}

/** `path`: of the data, for messages. */
export function encodeRow(
  row: Row,
  { tokenizer, trainOn, path }: { tokenizer: Tokenizer; trainOn: Recipe['trainOn']; path: string },
): EncodedRow {
  switch (row.kind) {
    case 'pair':
      return encodePair(tokenizer, row, trainOn)
    case 'chat':
      return encodeChat(tokenizer, row, { trainOn, where: { path, place: row.place } })
    case 'text':
      return encodeText(tokenizer, row.text)
  }
}

function encodePair(
  tokenizer: Tokenizer,
  { prompt, completion }: { prompt: string; completion: string },
  trainOn: Recipe['trainOn'],
): EncodedRow {
  const spans = [
    { text: prompt, isTrained: false },
    { text: completion, isTrained: true },
  ]
  const { ids, ends, isApart } = encodeSpans(tokenizer, spans, { special: true })
  let start = ends[0]!
  // Generation begins an empty prompt so too.
  if (start === 0 && tokenizer.bos !== null) {
    ids.unshift(tokenizer.bos)
    start = 1
  }
  const isEndless = !withEnd(tokenizer, ids)
  const from = trainOn === 'all' ? prefixOf(tokenizer, prompt) : start
  return { ids, trained: mask(ids.length, [[from, ids.length]]), isApart, isEndless }
}

function encodeText(tokenizer: Tokenizer, text: string): EncodedRow {
  const { ids: encoded, prefix } = tokenizer.encodeForScoring(text)
  const ids = [...encoded]
  const isEndless = !withEnd(tokenizer, ids)
  return { ids, trained: mask(ids.length, [[prefix, ids.length]]), isApart: false, isEndless }
}

function encodeChat(
  tokenizer: Tokenizer,
  { messages }: Extract<Row, { kind: 'chat' }>,
  { trainOn, where }: { trainOn: Recipe['trainOn']; where: Where },
): EncodedRow {
  if (trainOn === 'all') {
    const ids = [...tokenizer.encode(renderConversation(tokenizer, messages, where), { special: false })]
    const isEndless = !ids.some((id) => tokenizer.eos.includes(id))
    return { ids, trained: mask(ids.length, [[0, ids.length]]), isApart: false, isEndless }
  }
  const spans = conversationSpans(tokenizer, messages, where)
  const { ids, ends, isApart } = encodeSpans(tokenizer, spans, { special: false })
  let isEndless = true
  const ranges = spans.flatMap(({ isTrained }, i): [number, number][] => {
    if (!isTrained) return []
    const [from, to] = [ends[i - 1] ?? 0, ends[i]!]
    const end = ids.slice(from, to).findLastIndex((id) => tokenizer.eos.includes(id))
    if (end >= 0) isEndless = false
    return [[from, end < 0 ? to : from + end + 1]]
  })
  return { ids, trained: mask(ids.length, ranges), isApart, isEndless }
}

/** Appends the end token where none is; false where the model has none. */
function withEnd(tokenizer: Tokenizer, ids: number[]): boolean {
  const last = ids.at(-1)
  if (last !== undefined && tokenizer.eos.includes(last)) return true
  const end = tokenizer.eos[0]
  if (end !== undefined) ids.push(end)
  return end !== undefined
}

/** Tokens that the tokenizer puts before a text. */
const prefixOf = (tokenizer: Tokenizer, text: string): number => tokenizer.encodeForScoring(text).prefix

function mask(length: number, ranges: readonly (readonly [from: number, to: number])[]): Uint8Array {
  const trained = new Uint8Array(length)
  for (const [from, to] of ranges) trained.fill(1, from, to)
  trained[0] = 0
  return trained
}
