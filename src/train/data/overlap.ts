// Whether a task's problems stand in the training data, which would make its answers worth nothing as a measure. N-grams as
// GPT-3's authors compare them (Brown et al. 2020, arXiv 2005.14165, appendix C): 13 words, in lower case, without
// punctuation. Beside them exact matches: a problem's whole prompt or whole reference solution, white space aside. It finds
// copies, no paraphrases and no translations.
import { type Row, textOf } from './rows.ts'

export const NGRAM_WORDS = 13
/** Shorter solutions stand in any code (`return a + b`): they are no match. */
export const LEAST_SOLUTION_CHARS = 40

export interface ProblemText {
  id: string
  prompt: string
  canonicalSolution?: string
}

export interface ExampleOverlap {
  place: string
  /** Share of the example's n-grams that stand in a problem; null where it has fewer than 13 words. */
  share: number | null
  /** Problems with an n-gram of it, and those whose whole prompt or solution it holds. */
  ngramProblems: readonly string[]
  prompts: readonly string[]
  solutions: readonly string[]
}

export interface Overlap {
  examples: number
  problems: number
  /** Examples that have an n-gram of a problem, a whole prompt, a whole solution. */
  withNgram: number
  withPrompt: number
  withSolution: number
  /** Problems that any of the above found. */
  foundProblems: readonly string[]
  /** Problems with a solution that is too short to be looked for. */
  shortSolutions: number
  /** Examples with anything of the above, the largest share first. */
  found: readonly ExampleOverlap[]
}

/** Looks for the problems in each row. */
export function overlapOf(rows: readonly Row[], problems: Iterable<ProblemText>): Overlap {
  const list = [...problems]
  const index = indexOf(list)
  const found = rows
    .map((row) => overlapOfText(row.place, textOf(row), index))
    .filter(
      ({ ngramProblems, prompts, solutions }) => ngramProblems.length + prompts.length + solutions.length > 0,
    )
    .sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  const ids = new Set(
    found.flatMap(({ ngramProblems, prompts, solutions }) => [...ngramProblems, ...prompts, ...solutions]),
  )
  return {
    examples: rows.length,
    problems: list.length,
    withNgram: found.filter(({ ngramProblems }) => ngramProblems.length > 0).length,
    withPrompt: found.filter(({ prompts }) => prompts.length > 0).length,
    withSolution: found.filter(({ solutions }) => solutions.length > 0).length,
    foundProblems: list.map(({ id }) => id).filter((id) => ids.has(id)),
    shortSolutions: list.length - index.solutions.length,
    found,
  }
}

interface Index {
  /** Ids of problems by n-gram. */
  ngrams: ReadonlyMap<string, readonly string[]>
  prompts: readonly (readonly [id: string, text: string])[]
  solutions: readonly (readonly [id: string, text: string])[]
}

function indexOf(problems: readonly ProblemText[]): Index {
  const ngrams = new Map<string, string[]>()
  for (const { id, prompt, canonicalSolution = '' } of problems) {
    for (const ngram of new Set(ngramsOf(prompt + canonicalSolution))) {
      const ids = ngrams.get(ngram)
      if (ids) ids.push(id)
      else ngrams.set(ngram, [id])
    }
  }
  return {
    ngrams,
    prompts: problems
      .map(({ id, prompt }) => [id, squeezed(prompt)] as const)
      .filter(([, text]) => text !== ''),
    solutions: problems
      .map(({ id, canonicalSolution = '' }) => [id, squeezed(canonicalSolution)] as const)
      .filter(([, text]) => text.length >= LEAST_SOLUTION_CHARS),
  }
}

function overlapOfText(place: string, text: string, { ngrams, prompts, solutions }: Index): ExampleOverlap {
  const own = ngramsOf(text)
  const ids = new Set<string>()
  let hits = 0
  for (const ngram of own) {
    const found = ngrams.get(ngram)
    if (!found) continue
    hits++
    for (const id of found) ids.add(id)
  }
  const whole = squeezed(text)
  const within = (texts: Index['prompts']): string[] =>
    texts.filter(([, part]) => whole.includes(part)).map(([id]) => id)
  return {
    place,
    share: own.length === 0 ? null : hits / own.length,
    ngramProblems: [...ids],
    prompts: within(prompts),
    solutions: within(solutions),
  }
}

function ngramsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
  return Array.from({ length: Math.max(0, words.length - NGRAM_WORDS + 1) }, (_, i) =>
    words.slice(i, i + NGRAM_WORDS).join(' '),
  )
}

/** Without any white space: code is indented otherwise elsewhere. */
const squeezed = (text: string): string => text.replace(/\s+/g, '')
