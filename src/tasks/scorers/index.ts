// Whether a text answers a problem: one scorer a file, and one function over them. Raw answers in, a class out; whether a
// number, a JSON value or a match was there at all is told apart from whether it was right (format apart from skill).
import type { TextScorer } from '../../schema/problem.ts'
import { contains } from './contains.ts'
import { exact } from './exact.ts'
import { json } from './json.ts'
import { numeric } from './numeric.ts'
import { regex } from './regex.ts'

export interface TextScore {
  /** `no-answer`: the answer holds nothing that the scorer could compare. */
  class: 'pass' | 'wrong' | 'empty' | 'no-answer'
  /** The part of the answer that was compared, as it stands there. */
  found: string | null
}

/** Scores an answer; any of the targets is right. Time is linear in the answer, a regex of the user's own aside. */
export function scoreText(scorer: TextScorer, answer: string, targets: readonly string[]): TextScore {
  if (answer.trim() === '') return { class: 'empty', found: null }
  switch (scorer.kind) {
    case 'exact':
      return exact(scorer, answer, targets)
    case 'numeric':
      return numeric(scorer, answer, targets)
    case 'contains':
      return contains(scorer, answer, targets)
    case 'regex':
      return regex(scorer, answer, targets)
    case 'json':
      return json(answer, targets)
  }
}
