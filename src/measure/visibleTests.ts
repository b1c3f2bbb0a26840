// Visible tests that are hidden tests too. Compared as text without spaces, kind of quotes and messages, so what is found is
// there, and a test that was written in another way is not found.
import type { Warning } from '../schema/comparison.ts'
import type { CodeTask } from '../schema/problem.ts'
import { plural } from '../util/text.ts'

/** Visible tests that stand among the hidden ones but for spaces and quotes: a scaffold that uses them has seen part of the exam. */
export function overlapWarning(visible: ReadonlyMap<string, string[]>, task: CodeTask): Warning[] {
  let tests = 0
  let overlapping = 0
  const problems = new Set<string>()
  for (const [id, list] of visible) {
    const problem = task.problems.get(id)
    if (!problem) continue
    const hidden = new Set(assertions(problem.test))
    for (const test of list) {
      tests++
      const [asked] = assertions(test.replaceAll(`${problem.entryPoint}(`, 'candidate('))
      if (asked === undefined || !hidden.has(asked)) continue
      overlapping++
      problems.add(id)
    }
  }
  if (overlapping === 0) return []
  const message = `${overlapping} of ${tests} visible tests stand among the hidden ones (${plural(problems.size, 'problem')}), so the score is partly a score on tests that the solver could see.`
  return [{ code: 'visible-in-hidden', message }]
}

/** The asserted expressions of Python source, one a line, without their messages, spaces and kind of quotes. */
function assertions(source: string): string[] {
  return source
    .split(/\bassert\b/)
    .slice(1)
    .map((text) => withoutMessage(text.split('\n')[0]!).replace(/\s+/g, '').replaceAll('"', "'"))
}

/** Cuts an assertion at its message or comment: the first comma or hash outside of brackets and strings. */
function withoutMessage(expression: string): string {
  let depth = 0
  let quote = ''
  for (let i = 0; i < expression.length; i++) {
    const c = expression[i]!
    if (quote !== '') {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if ('([{'.includes(c)) depth++
    else if (')]}'.includes(c)) depth--
    else if (depth === 0 && (c === ',' || c === '#')) return expression.slice(0, i)
  }
  return expression
}
