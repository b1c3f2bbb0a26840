// A text of stretches, some of them trained on, as tokens. The border between two stretches has to be a token border just as
// generation sees it, which has the tokens of what stands before and goes on from there. As TRL does it, the text before a
// border is tokenised alone too: where its tokens begin those of the whole text, the border is one. Where they do not (a
// prompt that ends in a blank), TRL keeps the tokens of the whole, which the model is never asked to go on from; here the
// stretches are then tokenised apart, and that is counted.
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'

export interface Span {
  text: string
  isTrained: boolean
}

export interface EncodedSpans {
  ids: number[]
  /** Where each span ends in ids. */
  ends: number[]
  /** Stretches were tokenised apart. */
  isApart: boolean
}

/** `special`: with what the tokenizer puts before a text; a text by a chat template has that already. */
export function encodeSpans(
  tokenizer: Tokenizer,
  spans: readonly Span[],
  options: { special: boolean },
): EncodedSpans {
  const encode = (text: string): Int32Array =>
    options.special ? tokenizer.encodeForScoring(text).ids : tokenizer.encode(text, { special: false })
  const whole = encode(spans.map(({ text }) => text).join(''))
  const ends: number[] = []
  let before = ''
  for (const { text } of spans.slice(0, -1)) {
    before += text
    const ids = encode(before)
    if (!startsWith(whole, ids)) return encodeApart(tokenizer, spans, encode)
    ends.push(ids.length)
  }
  return { ids: [...whole], ends: [...ends, whole.length], isApart: false }
}

function encodeApart(
  tokenizer: Tokenizer,
  [first, ...rest]: readonly Span[],
  encode: (text: string) => Int32Array,
): EncodedSpans {
  const ids = [...encode(first!.text)]
  const ends = [ids.length]
  for (const { text } of rest) {
    for (const id of continuation(tokenizer, text)) ids.push(id)
    ends.push(ids.length)
  }
  return { ids, ends, isApart: true }
}

/** What a text is put behind, so that the tokenizer adds no blank of its own to it. */
const SEPARATORS = ['\n', '.', '|']

/** Tokens of a text that stands within another. */
function continuation(tokenizer: Tokenizer, text: string): Int32Array {
  const alone = tokenizer.encode(text, { special: false })
  if (tokenizer.decode(alone) === text) return alone
  for (const separator of SEPARATORS) {
    const before = tokenizer.encode(separator, { special: false })
    const both = tokenizer.encode(separator + text, { special: false })
    if (startsWith(both, before)) return both.subarray(before.length)
  }
  return alone
}

function startsWith(ids: Int32Array, start: Int32Array): boolean {
  return start.length <= ids.length && start.every((id, i) => id === ids[i])
}
