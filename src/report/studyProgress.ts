// Progress of a study in one line: the cell that last moved, how far it is, how far all is, and the time left.
import { duration } from '../util/progress.ts'
import { plural } from '../util/text.ts'

export interface StudyProgress {
  cell: string
  what: string
  done: number
  total: number
  overall: { done: number; total: number; left: { seconds: number; unknown: number } }
}

export function studyLine({ cell, what, done, total, overall }: StudyProgress): string {
  const within = total > 0 ? `${what} ${done} of ${total}` : what
  return [
    `${overall.done} of ${plural(overall.total, 'cell')}`,
    `${cell}: ${within}`,
    ...leftText(overall.left),
  ].join(' · ')
}

function leftText({ seconds, unknown }: StudyProgress['overall']['left']): string[] {
  if (Math.round(seconds) === 0) return []
  return [`${unknown > 0 ? 'more than ' : ''}${duration(seconds)} left`]
}
