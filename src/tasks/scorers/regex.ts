// The first match of a pattern in JavaScript's syntax. Its first group (the named one, where one has a name) is compared
// with the targets, white space at the ends aside; without targets a match is right.
import type { TextScorer } from '../../schema/problem.ts'
import { oneLine } from '../../util/text.ts'
import type { TextScore } from './index.ts'

type RegexScorer = Extract<TextScorer, { kind: 'regex' }>

export function regex(
  { pattern, flags }: RegexScorer,
  answer: string,
  targets: readonly string[],
): TextScore {
  const match = new RegExp(pattern, flags).exec(answer)
  const found = match && (Object.values(match.groups ?? {})[0] ?? (match.groups ? undefined : match[1]))
  if (targets.length === 0)
    return match ? { class: 'pass', found: match[0] } : { class: 'no-answer', found: null }
  // A group may stand in a branch that was not taken.
  if (found === null || found === undefined) return { class: 'no-answer', found: null }
  const isRight = targets.some((target) => target.trim() === found.trim())
  return { class: isRight ? 'pass' : 'wrong', found }
}

/** What makes a pattern unfit for a task that has answers to compare with, or has none. */
export function regexFault(
  { pattern, flags }: RegexScorer,
  hasAnswers: boolean,
): { key: string; what: string; hint: string } | undefined {
  if (!/^[imsuv]*$/.test(flags)) {
    const hint = 'flags are of i, m, s, u and v: the first match alone counts'
    return { key: 'flags', what: `scorer.flags is '${oneLine(flags, 20)}'`, hint }
  }
  const { groups, names, fault } = groupsOf(pattern, flags)
  if (fault !== undefined) {
    const what = `scorer.pattern does not compile: ${oneLine(fault, 160)}`
    return {
      key: 'pattern',
      what,
      hint: "the syntax is JavaScript's; in YAML, single quotes keep backslashes",
    }
  }
  if (names > 1) {
    const what = `scorer.pattern has ${names} named groups, and one is compared with the answer`
    return { key: 'pattern', what, hint: 'name that one alone, and write the others as (?: )' }
  }
  if (hasAnswers && groups === 0) {
    const what = 'scorer.pattern has no group to compare with the answer'
    return { key: 'pattern', what, hint: 'put ( ) around the part that is compared, or delete answer' }
  }
  return undefined
}

function groupsOf(pattern: string, flags: string): { groups: number; names: number; fault?: string } {
  try {
    new RegExp(pattern, flags) // as it will be used
    const match = new RegExp(`(?:${pattern})|`, flags).exec('')!
    return { groups: match.length - 1, names: Object.keys(match.groups ?? {}).length }
  } catch (error) {
    return { groups: 0, names: 0, fault: (error as Error).message }
  }
}
