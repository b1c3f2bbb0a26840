// The documents where the sides differ most, and in each the stretch where they differ most: what a reader looks at.
// Documents pass one by one; of those that are kept only the stretch stays.
import type { DocumentRow, Passage, ShownToken } from '../../schema/predictions.ts'
import { COLUMN, ROW_LENGTH } from './rows.ts'

export interface PassageOptions {
  /** Documents at most. */
  documents?: number
  /** Tokens of a stretch. */
  tokens?: number
}

export interface Passages {
  /** A document with its rows, in any order. */
  add(row: DocumentRow, tokens: Float32Array): void
  /** By descending mean divergence; `textOf` gives the text of a token. */
  result(textOf: (id: number) => string): Passage[]
}

interface Kept {
  row: DocumentRow
  kl: number
  /** Place of the stretch's first row among the document's. */
  start: number
  stretch: Float32Array
}

export function openPassages({ documents = 3, tokens: length = 40 }: PassageOptions = {}): Passages {
  let kept: Kept[] = []
  return {
    add(row, tokens) {
      const rows = tokens.length / ROW_LENGTH
      if (!row.ids || rows === 0) return
      if (rows >= row.ids.length)
        throw new RangeError(
          `${row.id} has ${rows} rows for ${row.ids.length} tokens, the first of them unscored`,
        )
      const kl = mean(tokens)
      // What is equal is not shown; on equal divergence the first stays first.
      if (!(kl > 0) || (kept.length === documents && kl <= kept.at(-1)!.kl)) return
      const start = largestStretch(tokens, length)
      const stretch = tokens.slice(start * ROW_LENGTH, (start + length) * ROW_LENGTH)
      kept = [...kept, { row, kl, start, stretch }].sort((x, y) => y.kl - x.kl).slice(0, documents)
    },
    result: (textOf) =>
      kept.map(({ row, kl, start, stretch }) => ({
        document: row.id,
        corpus: row.corpus,
        // JSON has no Infinity.
        kl: Math.min(kl, Number.MAX_VALUE),
        tokens: shown({ ids: row.ids!, start, stretch }, textOf),
      })),
  }
}

function mean(tokens: Float32Array): number {
  let sum = 0
  for (let at = COLUMN.kl; at < tokens.length; at += ROW_LENGTH) sum += tokens[at]!
  return sum / (tokens.length / ROW_LENGTH)
}

/** First row of the `length` rows with the largest sum; the first of equal ones. */
function largestStretch(tokens: Float32Array, length: number): number {
  const rows = tokens.length / ROW_LENGTH
  // An infinite one would hide where it left the window.
  const kl = (row: number): number => Math.min(tokens[row * ROW_LENGTH + COLUMN.kl]!, 1e6)
  let sum = 0
  for (let row = 0; row < Math.min(length, rows); row++) sum += kl(row)
  let [best, start] = [sum, 0]
  for (let row = length; row < rows; row++) {
    sum += kl(row) - kl(row - length)
    if (sum > best * (1 + 1e-12)) [best, start] = [sum, row - length + 1]
  }
  return start
}

/** Row r scores the token at r + 1: the first token of a document is fed and not scored. */
function shown(
  { ids, start, stretch }: { ids: readonly number[]; start: number; stretch: Float32Array },
  textOf: (id: number) => string,
): ShownToken[] {
  const tokens = Array.from({ length: stretch.length / ROW_LENGTH }, (_, i) => ({
    text: textOf(ids[start + i + 1]!),
    kl: Math.min(stretch[i * ROW_LENGTH + COLUMN.kl]!, Number.MAX_VALUE),
    baseTop: textOf(stretch[i * ROW_LENGTH + COLUMN.baseTop]!),
    variantTop: textOf(stretch[i * ROW_LENGTH + COLUMN.variantTop]!),
  }))
  const first = start === 0 ? textOf(ids[0]!) : ''
  return first === '' ? tokens : [{ text: first, kl: null, baseTop: null, variantTop: null }, ...tokens]
}
