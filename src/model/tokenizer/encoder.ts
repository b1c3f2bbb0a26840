// A text becomes ids in the order of the Rust library: added tokens are cut out, what lies between is normalised, split and
// given to the model. Known to differ from it, whose tables of Unicode are older: the digits that came with Unicode 17;
// punctuation newer than Unicode 8, where Punctuation is a part; compatibility decompositions newer than Unicode 12, where
// NFKC or NFKD is.
import { openAddedTokens } from './addedTokens.ts'
import { type EncodePiece, openBpe } from './bpe.ts'
import { blankMark, MARK } from './bytes.ts'
import { idsOf, type TokenizerDefinition } from './definition.ts'
import { openNormalizer } from './normalizer.ts'
import { openPreTokenizer } from './preTokenizer.ts'
import { openUnigram } from './unigram.ts'

/** Words whose ids are kept: a text of some megabytes has fewer. */
const MAX_CACHED_WORDS = 100_000
const MAX_CACHED_CHARS = 64

/** Ids of a text, without what stands around it. */
export function openEncoder(definition: TokenizerDefinition): (text: string) => number[] {
  const { path, added } = definition
  const normalize = openNormalizer(path, definition.normalizer)
  const preTokenize = openPreTokenizer(path, definition.preTokenizer)
  const encodePiece = cached(openModel(definition))
  const findRaw = openAddedTokens(added.filter(({ normalized }) => !normalized))
  const findNormalized = openAddedTokens(
    added
      .filter(({ normalized }) => normalized)
      .map((token) => ({
        ...token,
        // SentencePiece's have their marks already, and no blank is put before them.
        content: definition.model.kind === 'spm' ? token.content : normalize(token.content),
      })),
  )
  return (text) => {
    const ids: number[] = []
    for (const [i, section] of findRaw(text).entries()) {
      if (typeof section !== 'string') {
        ids.push(section.id)
        continue
      }
      for (const [j, part] of findNormalized(normalize(section)).entries()) {
        if (typeof part !== 'string') ids.push(part.id)
        else
          for (const piece of preTokenize(part, i === 0 && j === 0))
            for (const id of encodePiece(piece)) ids.push(id)
      }
    }
    return ids
  }
}

function openModel(definition: TokenizerDefinition): EncodePiece {
  const { model, pieces } = definition
  const ids = idsOf(pieces)
  if (model.kind === 'unigram') return openUnigram(definition, model, ids)
  const encodePiece = openBpe(definition, model, ids)
  const mark = blankMark(definition)
  return mark === MARK ? byWords(encodePiece, pieces) : encodePiece
}

/**
 * SentencePiece has a whole line as one piece. It is cut before a mark where no piece of the vocabulary goes on over that
 * place: then no join does either, and words can be kept.
 */
function byWords(encodePiece: EncodePiece, pieces: readonly (string | undefined)[]): EncodePiece {
  const joined = new Set<string>([MARK])
  for (const piece of pieces) {
    for (let at = piece?.indexOf(MARK, 1) ?? -1; at > 0; at = piece!.indexOf(MARK, at + 1))
      joined.add(piece![at - 1]!)
  }
  if (!pieces.includes(MARK)) return encodePiece
  const encodeWord = cached(encodePiece)
  return (piece) => {
    const ids: number[] = []
    let start = 0
    for (let at = piece.indexOf(MARK, 1); at > 0; at = piece.indexOf(MARK, at + 1)) {
      if (joined.has(piece[at - 1]!)) continue
      for (const id of encodeWord(piece.slice(start, at))) ids.push(id)
      start = at
    }
    for (const id of encodeWord(piece.slice(start))) ids.push(id)
    return ids
  }
}

function cached(encodePiece: EncodePiece): EncodePiece {
  const known = new Map<string, readonly number[]>()
  return (piece) => {
    const found = known.get(piece)
    if (found) return found
    const ids = encodePiece(piece)
    if (piece.length > MAX_CACHED_CHARS) return ids
    if (known.size >= MAX_CACHED_WORDS) known.clear()
    known.set(piece, ids)
    return ids
  }
}
