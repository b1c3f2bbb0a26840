// One row as tokens, with the weight of each in the loss. A completion or a text gets the model's end token behind it, unless
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
  /** 1: trained on; promptLossWeight: of a prompt; 0: not trained on, as the first, before which nothing could tell it. */
  weights: Float32Array
  /** The border before a trained stretch was no token border. */
  isApart: boolean
  /** No trained stretch ends with a token at which generation ends. */
  isEndless: boolean
}

type LossRecipe = Pick<Recipe, 'trainOn' | 'promptLossWeight'>

/** `path`: of the data, for messages. */
export function encodeRow(
  row: Row,
  { tokenizer, recipe, path }: { tokenizer: Tokenizer; recipe: LossRecipe; path: string },
): EncodedRow {
  switch (row.kind) {
    case 'pair':
      return encodePair(tokenizer, row, recipe)
    case 'chat':
      return encodeChat(tokenizer, row, { recipe, where: { path, place: row.place } })
    case 'text':
      return encodeText(tokenizer, row.text)
  }
}

function encodePair(
  tokenizer: Tokenizer,
  { prompt, completion }: { prompt: string; completion: string },
  { trainOn, promptLossWeight }: LossRecipe,
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
  const weights = weightsOf(ids.length, [
    [prefixOf(tokenizer, prompt), trainOn === 'all' ? 1 : promptLossWeight],
    [start, 1],
  ])
  return { ids, weights, isApart, isEndless }
}

function encodeText(tokenizer: Tokenizer, text: string): EncodedRow {
  const { ids: encoded, prefix } = tokenizer.encodeForScoring(text)
  const ids = [...encoded]
  const isEndless = !withEnd(tokenizer, ids)
  return { ids, weights: weightsOf(ids.length, [[prefix, 1]]), isApart: false, isEndless }
}

function encodeChat(
  tokenizer: Tokenizer,
  { messages }: Extract<Row, { kind: 'chat' }>,
  { recipe, where }: { recipe: LossRecipe; where: Where },
): EncodedRow {
  if (recipe.trainOn === 'all') {
    const ids = [...tokenizer.encode(renderConversation(tokenizer, messages, where), { special: false })]
    const isEndless = !ids.some((id) => tokenizer.eos.includes(id))
    return { ids, weights: weightsOf(ids.length, [[0, 1]]), isApart: false, isEndless }
  }
  const spans = conversationSpans(tokenizer, messages, where)
  const { ids, ends, isApart } = encodeSpans(tokenizer, spans, { special: false })
  let isEndless = true
  const { promptLossWeight } = recipe
  const stretches = spans.flatMap(({ isTrained }, i): Stretch[] => {
    if (!isTrained) return []
    const [from, to] = [ends[i - 1] ?? 0, ends[i]!]
    const end = ids.slice(from, to).findLastIndex((id) => tokenizer.eos.includes(id))
    if (end >= 0) isEndless = false
    return [
      [from, 1],
      [end < 0 ? to : from + end + 1, promptLossWeight],
    ]
  })
  return { ids, weights: weightsOf(ids.length, [[0, promptLossWeight], ...stretches]), isApart, isEndless }
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

type Stretch = [from: number, weight: number]

/** Each weight reaches to where the next one begins. */
function weightsOf(length: number, stretches: readonly Stretch[]): Float32Array {
  const weights = new Float32Array(length)
  for (const [from, weight] of stretches) weights.fill(weight, from)
  weights[0] = 0
  return weights
}
