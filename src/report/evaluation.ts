// What `eval` says at the end: the score with its interval, and what became of the answers.

import type { Evaluation } from '../schema/evaluation.ts'
import { OUTCOME_CLASSES } from '../schema/outcomes.ts'
import { points } from '../util/numbers.ts'
import { duration } from '../util/progress.ts'
import { plural } from '../util/text.ts'
import type { Block } from './blocks.ts'

export function evaluationBlocks(evaluation: Evaluation): Block[] {
  const { name, task, metric, classes, notes } = evaluation
  const found = OUTCOME_CLASSES.filter((one) => (classes[one] ?? 0) > 0)
  return [
    { kind: 'heading', text: `${name} on ${task}` },
    { kind: 'finding', text: `${metric}: ${scoreText(evaluation)}.` },
    {
      kind: 'table',
      columns: [{ title: 'outcome' }, { title: 'answers', align: 'right' }],
      rows: found.map((one) => [one, String(classes[one])]),
    },
    { kind: 'paragraph', text: workText(evaluation) },
    ...(notes.length > 0 ? [{ kind: 'list' as const, items: notes }] : []),
  ]
}

function scoreText({ passed, problems, repeats, score }: Evaluation): string {
  if ('absent' in score) return score.absent
  const rate = `${points(score.value)} % [${points(score.low!)}, ${points(score.high!)}]`
  return passed === null
    ? `${rate} over ${plural(problems, 'problem')}, ${repeats} answers each`
    : `${passed} of ${plural(problems, 'problem')}, ${rate}`
}

function workText({ answers, tokens, seconds }: Evaluation): string {
  const { asked, cached, standing } = answers
  const parts = [
    ...(asked > 0 ? [`${plural(asked, 'answer')} made (${plural(tokens, 'token')})`] : []),
    ...(cached > 0 ? [`${cached} known from earlier runs`] : []),
    ...(standing > 0 ? [`${standing} stood in the folder`] : []),
  ]
  return `${parts.join(', ') || 'Nothing was asked'}; ${duration(seconds)}.`
}
