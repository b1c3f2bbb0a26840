// A target stands anywhere in the answer, within words too: `cat` is in `concatenate`. Where that is too much: regex.
import type { TextScorer } from '../../schema/problem.ts'
import { foldCase } from './exact.ts'
import type { TextScore } from './index.ts'

export function contains(
  { ignoreCase }: Extract<TextScorer, { kind: 'contains' }>,
  answer: string,
  targets: readonly string[],
): TextScore {
  const folded = ignoreCase ? foldCase : (text: string) => text
  const inside = folded(answer)
  const found = targets.find((target) => inside.includes(folded(target.trim())))
  return found === undefined ? { class: 'wrong', found: null } : { class: 'pass', found: found.trim() }
}
