// A report as text: the finding of each study, then the tables of its views.
import type { PageBlock } from '../../schema/blocks.ts'
import type { Report, StudyReport } from '../../schema/report.ts'

export function reportBlocks({ studies }: Report): PageBlock[] {
  return studies.flatMap((study) => [
    ...(studies.length > 1 ? [heading(study.results.asked.name)] : []),
    ...study.finding,
    ...tableBlocks(study),
  ])
}

const heading = (text: string): PageBlock => ({ kind: 'heading', text })

function tableBlocks({ leaderboards, tables }: StudyReport): PageBlock[] {
  const titled = [
    ['Answers, task by task', tables.tasks],
    ['Weights', tables.weights],
    ['Predictions', tables.predictions],
    ['Trainings', tables.trainings],
  ] as const
  return [
    ...leaderboards.flatMap(({ task, table }) => [heading(`Scores on ${task}`), table]),
    ...titled.flatMap(([title, table]) => (table === null ? [] : [heading(title), table])),
  ]
}
