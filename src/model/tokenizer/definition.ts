// A tokenizer as openTokenizer runs it, whatever file it comes from: pieces by id, added tokens, how text is normalised and
// split, how pieces are found, what is put before and after. json.ts and gguf.ts make one.

/** A text, or a regular expression in Oniguruma's syntax. */
export type Pattern = { String: string } | { Regex: string }

export type NormalizerConfig =
  | { type: 'Sequence'; normalizers: NormalizerConfig[] }
  | { type: 'NFC' | 'NFD' | 'NFKC' | 'NFKD' }
  | { type: 'Replace'; pattern: Pattern; content: string }
  | { type: 'Prepend'; prepend: string }
  | { type: 'Strip'; strip_left: boolean; strip_right: boolean }

export type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous'

export type PreTokenizerConfig =
  | { type: 'Sequence'; pretokenizers: PreTokenizerConfig[] }
  | { type: 'Split'; pattern: Pattern; behavior: Behavior; invert: boolean }
  | { type: 'ByteLevel'; add_prefix_space: boolean; use_regex: boolean }
  | {
      type: 'Metaspace'
      replacement: string
      prepend_scheme: 'always' | 'first' | 'never'
      split: boolean
    }
  | { type: 'Digits'; individual_digits: boolean }
  | { type: 'Punctuation'; behavior: Behavior }
  | { type: 'WhitespaceSplit' }

export interface AddedToken {
  id: number
  content: string
  special: boolean
  /** Looked for in the normalised text. */
  normalized: boolean
  lstrip: boolean
  rstrip: boolean
  single_word: boolean
}

export type ModelConfig =
  | {
      kind: 'bpe'
      /** Ids of the two sides, in order of priority, and of what they become. */
      merges: readonly (readonly [left: number, right: number, merged: number])[]
      /** A whole pre-token that is a piece is taken as it is. */
      ignoreMerges: boolean
      byteFallback: boolean
      unknown: number | null
      fuseUnknown: boolean
    }
  | {
      /** SentencePiece's BPE: of two neighbours that join to a piece the one with the highest score goes first. */
      kind: 'spm'
      scores: readonly number[]
      byteFallback: true
      unknown: number | null
    }
  | { kind: 'unigram'; scores: readonly number[]; byteFallback: boolean; unknown: number | null }

export interface TokenizerDefinition {
  /** The file, for messages. */
  path: string
  /** The model's pieces by id; ids that it does not name are undefined. */
  pieces: readonly (string | undefined)[]
  model: ModelConfig
  added: readonly AddedToken[]
  normalizer: NormalizerConfig | null
  preTokenizer: PreTokenizerConfig | null
  /** Ids that stand before and after a text. */
  before: readonly number[]
  after: readonly number[]
}

/** Ids by piece; of equal pieces the first counts. */
export function idsOf(pieces: TokenizerDefinition['pieces']): Map<string, number> {
  const ids = new Map<string, number>()
  for (const [id, piece] of pieces.entries()) if (piece !== undefined && !ids.has(piece)) ids.set(piece, id)
  return ids
}

/** Larger ids are no vocabulary. */
export const MAX_ID = 1 << 22
