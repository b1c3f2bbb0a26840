// Ids of one pre-token by BPE: with a list of merges as in tokenizer.json, or by the scores of pieces as SentencePiece and
// llama.cpp do it ('spm'). Characters that are no piece become bytes, or the unknown token.
import { byteToken } from './bytes.ts'
import { MAX_ID, type ModelConfig, type TokenizerDefinition } from './definition.ts'
import { type Join, type JoinOf, mergeSymbols } from './merging.ts'

export type EncodePiece = (piece: string) => readonly number[]

type BpeConfig = Extract<ModelConfig, { kind: 'bpe' | 'spm' }>

export function openBpe(
  definition: TokenizerDefinition,
  model: BpeConfig,
  ids: ReadonlyMap<string, number>,
): EncodePiece {
  const symbols = openSymbols(model, ids)
  const joinOf =
    model.kind === 'bpe'
      ? joinsOfMerges(model.merges)
      : joinsOfScores(definition, model.scores, { ids, symbols })
  return (piece) => {
    const whole = model.kind === 'bpe' && model.ignoreMerges ? ids.get(piece) : undefined
    return whole === undefined ? symbols.resolve(mergeSymbols(symbols.of(piece), joinOf)) : [whole]
  }
}

interface Symbols {
  /** One symbol a character, or its bytes. */
  of(piece: string): number[]
  text(symbol: number): string | undefined
  /** Symbols that are no ids become ids. */
  resolve(symbols: readonly number[]): number[]
}

function openSymbols(model: BpeConfig, ids: ReadonlyMap<string, number>): Symbols {
  // SentencePiece joins characters that are no pieces to some that are: they have symbols of their own until the end.
  const keepsUnknown = model.kind === 'spm'
  const strangers: string[] = []
  const symbolOfStranger = new Map<string, number>()
  const fuses = model.kind === 'bpe' && model.fuseUnknown
  const fallback = openFallback(model.byteFallback, ids)
  const strange = (char: string): number => {
    const known = symbolOfStranger.get(char)
    if (known !== undefined) return known
    symbolOfStranger.set(char, MAX_ID + 1 + strangers.length)
    return MAX_ID + strangers.push(char)
  }
  const put = (row: number[], char: string): void => {
    const bytes = fallback(char)
    if (bytes) row.push(...bytes)
    else if (model.unknown !== null && !(fuses && row.at(-1) === model.unknown)) row.push(model.unknown)
  }
  return {
    of: (piece) => {
      const row: number[] = []
      for (const char of piece) {
        const id = ids.get(char)
        if (id !== undefined) row.push(id)
        else if (keepsUnknown) row.push(strange(char))
        else put(row, char)
      }
      return row
    },
    text: (symbol) => (symbol > MAX_ID ? strangers[symbol - MAX_ID - 1] : undefined),
    resolve: (symbols) => {
      if (!keepsUnknown) return [...symbols]
      const row: number[] = []
      for (const symbol of symbols) {
        if (symbol > MAX_ID) put(row, strangers[symbol - MAX_ID - 1]!)
        else row.push(symbol)
      }
      return row
    },
  }
}

/** Ids of the bytes of a text, where all of them are pieces. */
export function openFallback(
  byteFallback: boolean,
  ids: ReadonlyMap<string, number>,
): (text: string) => number[] | undefined {
  const ofByte = Array.from({ length: 256 }, (_, byte) => ids.get(byteToken(byte)))
  return (text) => {
    if (!byteFallback) return undefined
    const found = Array.from(Buffer.from(text, 'utf8'), (byte) => ofByte[byte])
    return found.includes(undefined) ? undefined : (found as number[])
  }
}

/** A pair of symbols as one key. Strangers need more room than ids. */
const SPREAD = 2 ** 24
const keyOf = (left: number, right: number): number => left * SPREAD + right

function joinsOfMerges(merges: Extract<ModelConfig, { kind: 'bpe' }>['merges']): JoinOf {
  const joins = new Map<number, Join>()
  for (const [rank, [left, right, id]] of merges.entries()) joins.set(keyOf(left, right), { rank, id })
  return (left, right) => joins.get(keyOf(left, right))
}

/** Pairs are looked up once each: a vocabulary has many more than a text. */
function joinsOfScores(
  { pieces }: TokenizerDefinition,
  scores: readonly number[],
  { ids, symbols }: { ids: ReadonlyMap<string, number>; symbols: Symbols },
): JoinOf {
  const joins = new Map<number, Join | undefined>()
  const text = (symbol: number): string => symbols.text(symbol) ?? pieces[symbol]!
  return (left, right) => {
    const key = keyOf(left, right)
    if (joins.has(key)) return joins.get(key)
    const id = ids.get(text(left) + text(right))
    const join = id === undefined ? undefined : { id, rank: -scores[id]! }
    joins.set(key, join)
    return join
  }
}
