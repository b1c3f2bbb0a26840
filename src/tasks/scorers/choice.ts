// Multiple choice by log-probability, as lm-evaluation-harness 0.4.13 scores it (api/task.py, process_results): the choice
// whose log-probability, divided by its length, is the highest; of equals the first. acc divides by nothing, acc_norm by
// characters (code points), acc_bytes by bytes of UTF-8; by tokens is not in lm-eval. The delimiter has no length.
import type { ChoiceProblem, ChoiceTask } from '../../schema/problem.ts'

export interface ChoiceScore {
  /** Index of the choice. */
  chosen: number
  class: 'pass' | 'wrong'
}

/** `scores`: of each choice its log-probability in nats and its number of tokens, in the order of `problem.choices`. */
export function scoreChoice(
  { normalise, delimiter }: Pick<ChoiceTask, 'normalise' | 'delimiter'>,
  { choices, answer }: ChoiceProblem,
  scores: readonly { logProb: number; tokens: number }[],
): ChoiceScore {
  if (scores.length !== choices.length)
    throw new Error(`${scores.length} scores for ${choices.length} choices`)
  const values = scores.map(({ logProb, tokens }, i) => {
    const text = choices[i]!.slice(delimiter.length)
    return (
      logProb / { none: 1, characters: [...text].length, bytes: Buffer.byteLength(text), tokens }[normalise]
    )
  })
  if (values.some(Number.isNaN)) throw new Error(`a choice has no score: ${values.join(', ')}`)
  const chosen = values.indexOf(Math.max(...values))
  return { chosen, class: chosen === answer ? 'pass' : 'wrong' }
}
