// What judging gave, in a mark, a word and a few words more; how a program was put together of an answer.
import { NO_ANSWER, type OutcomeClass, PARTIAL } from '../../../src/schema/outcomes.ts'
import type { ReportRun } from '../../../src/schema/report.ts'
import type { OutcomeRule } from '../../../src/schema/run.ts'
import type { FlipState } from '../../answers.ts'
import { wordOf } from '../../answers.ts'

export interface OutcomeWords {
  /** Its shape says what its colour says. */
  mark: string
  tone: 'better' | 'worse' | 'soft'
  word: string
  /** Empty where the word says all. */
  meaning: string
}

const MEANINGS: Readonly<Record<OutcomeClass, string>> = {
  pass: '',
  empty: 'there is no text in the answer',
  'no-code': 'no program was found in the answer',
  'no-answer': 'nothing of the kind that is asked for was found in the answer',
  syntax: 'it is not valid Python',
  'missing-name': 'a name that is not defined, or a module that is not there',
  exception: 'the program ended with an error',
  wrong: 'it ran, and a test found another result than the right one',
  timeout: 'it did not end in the time that it had',
  limit: 'it took more memory, output or recursion than it had',
  violation: 'it tried what the sandbox does not let through',
  unjudged: 'it could not be asked or judged, and counts nowhere',
}

export function outcomeWords(run: ReportRun, letter: string): OutcomeWords {
  const word = wordOf(letter)
  if (letter === NO_ANSWER) return { mark: '–', tone: 'soft', word, meaning: '' }
  if (letter === PARTIAL) return { mark: '~', tone: 'soft', word, meaning: '' }
  const isText = run.counts === null || run.counts.rule === 'answer'
  const meaning = word === 'wrong' && isText ? '' : MEANINGS[word as OutcomeClass]
  if (word === 'unjudged') return { mark: '–', tone: 'soft', word, meaning }
  return word === 'pass'
    ? { mark: '✓', tone: 'better', word: isText ? 'right' : 'pass', meaning }
    : { mark: '✗', tone: 'worse', word, meaning }
}

const RULES: Readonly<Record<OutcomeRule, string>> = {
  answer: 'the answer as it is, by the scorer of the task',
  'prompt+body': 'the prompt with the answer behind it, as the body of the function',
  program: 'the answer as it is, as a whole program',
  'typing+program': 'the answer as a whole program, behind an import of typing',
  'prelude+program': 'the answer as a whole program, behind the imports and helpers of the prompt',
  'header+program': 'the answer as a whole program, behind the imports that LDB puts in front',
  fenced: 'the code between the fences of the answer, behind the imports and helpers of the prompt',
  'body-or-program': 'the answer where it defines the function, else the prompt with the answer behind it',
}

/** What was judged of an answer. */
export const judgedWords = ({ counts }: ReportRun): string =>
  counts === null ? 'as the log recorded it' : RULES[counts.rule]

/** What became of a problem, as a sentence of two sides. `lacking`: those without an answer that counts. */
export function stateSentence(
  state: FlipState,
  [base, variant]: readonly [string, string],
  { isScore, lacking }: { isScore: boolean; lacking: readonly string[] },
): string {
  switch (state) {
    case 'broken':
      return isScore ? `${variant} scores lower than ${base}` : `${variant} fails what ${base} passes`
    case 'fixed':
      return isScore ? `${variant} scores higher than ${base}` : `${variant} passes what ${base} fails`
    case 'both-pass':
      return `both ${base} and ${variant} pass`
    case 'both-fail':
      return `both ${base} and ${variant} fail`
    case 'partly':
      return `${variant} scores as ${base} does`
    case 'no-answer':
      return lacking.length === 2
        ? `neither ${base} nor ${variant} has an answer that counts`
        : `${lacking[0] ?? `one of ${base} and ${variant}`} has no answer that counts`
  }
}

/** `139 ms`, `2.4 s`; the unit stays with its number. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`
