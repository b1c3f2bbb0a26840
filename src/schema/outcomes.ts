// What judging a sample can give, and a letter for each: pure, since the page reads letters too.

/**
 * `no-code` and `no-answer`: there is a text, and nothing of the kind that is looked for in it. `unjudged` is our fault and
 * never counts as a failure.
 */
export const OUTCOME_CLASSES = [
  'pass',
  'empty',
  'no-code',
  'no-answer',
  'syntax',
  'missing-name',
  'exception',
  'wrong',
  'timeout',
  'limit',
  'violation',
  'unjudged',
] as const
export type OutcomeClass = (typeof OUTCOME_CLASSES)[number]

/** In the order of the classes. */
export const OUTCOME_LETTERS = 'peayscxwtlvu'
/** A recorded score that is neither 0 nor 1. */
export const PARTIAL = '~'
/** There is no answer, or it has no outcome. */
export const NO_ANSWER = ' '

/** 1 for a pass, 0 for a failure; null where there is no answer, or it could not be judged. Of PARTIAL the scores tell more. */
export const letterScore = (letter: string): number | null =>
  letter === NO_ANSWER || letter === letterOf('unjudged') ? null : letter === letterOf('pass') ? 1 : 0

export const letterOf = (outcome: OutcomeClass): string => OUTCOME_LETTERS[OUTCOME_CLASSES.indexOf(outcome)]!
