// Ids of one pre-token by a Unigram model (arXiv 1804.10959, section 3.2): the sequence of pieces with the highest sum of
// log-probabilities, found by Viterbi's algorithm. Characters that are no piece count as unknown, 10 below the least likely
// piece, as in SentencePiece; a row of them is one token, or its bytes.
import { type EncodePiece, openFallback } from './bpe.ts'
import type { ModelConfig, TokenizerDefinition } from './definition.ts'

const UNKNOWN_PENALTY = 10

export function openUnigram(
  { pieces }: TokenizerDefinition,
  model: Extract<ModelConfig, { kind: 'unigram' }>,
  ids: ReadonlyMap<string, number>,
): EncodePiece {
  const fallback = openFallback(model.byteFallback, ids)
  const longest = pieces.reduce((most, piece) => Math.max(most, piece?.length ?? 0), 1)
  const unknownScore =
    model.scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY
  const best = (text: string): string[] => {
    const ends = bestEnds(text, { ids, scores: model.scores, longest, unknownScore })
    return backtrack(text, ends)
  }
  return (piece) =>
    best(piece).flatMap((text) => {
      const id = ids.get(text)
      if (id !== undefined) return [id]
      return fallback(text) ?? (model.unknown === null ? [] : [model.unknown])
    })
}

interface End {
  score: number
  start: number
  isUnknown: boolean
}

interface Scoring {
  ids: ReadonlyMap<string, number>
  scores: readonly number[]
  longest: number
  unknownScore: number
}

/** For each place the best way to come there. */
function bestEnds(text: string, { ids, scores, longest, unknownScore }: Scoring): (End | undefined)[] {
  const ends: (End | undefined)[] = new Array(text.length + 1)
  ends[0] = { score: 0, start: 0, isUnknown: false }
  for (let start = 0; start < text.length; ) {
    const charLength = String.fromCodePoint(text.codePointAt(start)!).length
    const { score: soFar } = ends[start]!
    const offer = (end: number, own: number, isUnknown: boolean): void => {
      const score = soFar + own
      if (ends[end] === undefined || score > ends[end].score) ends[end] = { score, start, isUnknown }
    }
    let hasSingle = false
    for (let end = start + 1; end <= Math.min(text.length, start + longest); end++) {
      const id = ids.get(text.slice(start, end))
      if (id === undefined) continue
      offer(end, scores[id]!, false)
      if (end - start === charLength) hasSingle = true
    }
    if (!hasSingle) offer(start + charLength, unknownScore, true)
    start += charLength
  }
  return ends
}

function backtrack(text: string, ends: readonly (End | undefined)[]): string[] {
  const found: { text: string; isUnknown: boolean }[] = []
  for (let end = text.length; end > 0; ) {
    const { start, isUnknown } = ends[end]!
    const last = found.at(-1)
    if (isUnknown && last?.isUnknown) last.text = text.slice(start, end) + last.text
    else found.push({ text: text.slice(start, end), isUnknown })
    end = start
  }
  return found.reverse().map((part) => part.text)
}
