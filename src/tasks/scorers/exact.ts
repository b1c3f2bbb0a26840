// The whole answer is a target, white space at the ends aside. Within, every character counts.
import type { TextScorer } from '../../schema/problem.ts'
import type { TextScore } from './index.ts'

export function exact(
  { ignoreCase }: Extract<TextScorer, { kind: 'exact' }>,
  answer: string,
  targets: readonly string[],
): TextScore {
  const folded = ignoreCase ? foldCase : (text: string) => text
  const found = answer.trim()
  const isRight = targets.some((target) => folded(target.trim()) === folded(found))
  return { class: isRight ? 'pass' : 'wrong', found }
}

/** Upper case: unlike lower case it depends on no neighbour (sigma), and ß is SS. */
export const foldCase = (text: string): string => text.toUpperCase()
