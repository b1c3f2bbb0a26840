// A document on its way through a model: its tokens, the ids that a window is fed with, and what its row begins with.
import type { Tokenizer } from '../../model/tokenizer/tokenizer.ts'
import type { DocumentRow } from '../../schema/predictions.ts'
import { sha256 } from '../../util/hash.ts'
import type { TextDocument } from './jobs.ts'
import type { Window } from './windows.ts'

/** Tokens of a document in a model's own tokenizer. */
export interface Tokens {
  ids: Int32Array
  /** Tokens in front that stand for no text: the beginning-of-sequence token where the tokenizer puts one. */
  prefix: number
  /** Positions that can be scored. */
  scored: number
}

export function tokensOf(tokenizer: Tokenizer, text: string): Tokens {
  const { ids, prefix } = tokenizer.encodeForScoring(text)
  return { ids, prefix, scored: Math.max(0, ids.length - 1) }
}

/**
 * What a window feeds. Every window begins as a document does: models that were trained with a token in front predict
 * badly without it, so it takes the place of the window's first token, as in llama-perplexity.
 */
export function fedIds({ ids, prefix }: Tokens, { start, end }: Window): Int32Array {
  if (start === 0 || prefix === 0) return ids.subarray(start, end)
  const fed = ids.slice(start, end)
  fed.set(ids.subarray(0, prefix))
  return fed
}

/** Bytes of the text that tokens [1, scored] stand for. A special token among them was written out in the text. */
export function bytesOf(tokenizer: Tokenizer, ids: Int32Array, scored: number): number {
  let bytes = 0
  for (let i = 1; i <= scored; i++) {
    const own = tokenizer.tokenBytes(ids[i]!).length
    bytes += own > 0 ? own : Buffer.byteLength(tokenizer.decode([ids[i]!]))
  }
  return bytes
}

export function identified({
  id,
  corpus,
  text,
}: TextDocument): Pick<DocumentRow, 'id' | 'corpus' | 'hash' | 'bytes'> {
  return { id, corpus, hash: sha256(text), bytes: Buffer.byteLength(text) }
}
