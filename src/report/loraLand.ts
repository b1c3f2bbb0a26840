// `reference lora-land` in words and tables: one source for terminal, Markdown and the sentences of --json.

import { LOW_BASE } from '../measure/loraFormat.ts'
import type { GroupRow, LoraLandTable } from '../measure/loraLand.ts'
import type { MeanOverTasks } from '../measure/loraPairs.ts'
import type { Estimate } from '../schema/estimate.ts'
import { interval, points, signedPoints } from '../util/numbers.ts'
import type { Block } from './blocks.ts'

/** What the table says beside what it is quoted for, a sentence or two each. */
export function loraLandSentences(table: LoraLandTable): string[] {
  return [
    gainSentence(table),
    ...gpt4Sentences(table),
    clusterSentence(table),
    ...lowBaseSentence(table),
    ...formatSentence(table),
  ]
}

const whole = (fraction: number): string => (100 * fraction).toFixed(0)

function gainSentence(table: LoraLandTable): string {
  const { pairs, tasks, models, improved, unchanged, worse } = table
  const same = unchanged > 0 ? `, ${unchanged} stay as they were` : ''
  return (
    `Fine-tuned against base: ${withInterval(table.gain)} on average over ${pairs} pairs (${models} bases x ${tasks} tasks), ` +
    `from ${signedPoints(table.gainRange[0])} to ${signedPoints(table.gainRange[1])}; ` +
    `${improved} of ${pairs} improve${same}, ${worse} get worse. The abstract says ${whole(table.quoted.overBase)} points.`
  )
}

function gpt4Sentences({ gpt4, pairs, models, quoted }: LoraLandTable): string[] {
  return [
    `Against GPT-4: the best of the ${models} tuned models of each task ${withInterval(gpt4.bestOfTask)}, the mean of the ${models} ${withInterval(gpt4.meanTuned)}. ` +
      `${gpt4.beat} of ${pairs} beat GPT-4, ${gpt4.tie} tie, ${gpt4.lose} lose. The abstract's ${whole(quoted.overGpt4)} points "on average" match the best of ${models}.`,
    `The best of ${models} was chosen by the scores that it is compared by, so it is too high for whoever picks a base before seeing them: ` +
      `taking for each task the base that does best on all other tasks (${chosenText(gpt4.chosenModels)}) gives ${withInterval(gpt4.chosenOnOtherTasks)}, ${points(gpt4.bestOfTask.value - gpt4.chosenOnOtherTasks.value)} points less.`,
  ]
}

const chosenText = (models: LoraLandTable['gpt4']['chosenModels']): string =>
  [...models]
    .sort((a, b) => b.tasks - a.tasks)
    .map(({ model, tasks }) => `${model} ${tasks} times`)
    .join(', ')

function clusterSentence({ pairs, tasks, models }: LoraLandTable): string {
  return (
    `There are ${tasks} independent tasks, not ${pairs}: the ${models} rows of a task share its data, prompt and matcher, so intervals are over tasks. ` +
    'They do not cover the random seed (one run a pair) nor the choice of tasks.'
  )
}

function lowBaseSentence({ lowBase, pairs }: LoraLandTable): string[] {
  if (lowBase === null) return []
  return [
    `In ${lowBase.pairs} of ${pairs} pairs the base scores below ${lowBase.below * 100} %: an answer in the wrong format scores nothing, whatever the model can do. ` +
      `Their mean gain is ${withInterval(lowBase.gain)}, that of the others ${withInterval(lowBase.others)}; part of that gap is the choosing by base score.`,
  ]
}

/** The one base that another harness scored: how much of its gain is there before any training. */
function formatSentence({ elsewhere, humaneval }: LoraLandTable): string[] {
  if (elsewhere === null) return []
  const low = humaneval.filter((pair) => pair.base < LOW_BASE)
  const names = low.map((pair) => `${pair.model} ${points(pair.base)} %`).join(', ')
  return [
    `On HumanEval (task magicoder) the table implies base scores of ${names}. Another harness gives ${elsewhere.model} ${points(elsewhere.base)} % ` +
      `(${elsewhere.source}), which leaves ${signedPoints(elsewhere.gainLeft)} of its ${signedPoints(elsewhere.gain)} points: most of that gain is how answers are asked for and read, not skill.`,
  ]
}

export function loraLandBlocks(table: LoraLandTable): Block[] {
  const { humaneval, notImproved } = table
  const [first, ...others] = loraLandSentences(table)
  return [
    {
      kind: 'heading',
      text: `LoRA Land: ${table.pairs} fine-tuned models, ${table.tasks} tasks x ${table.models} bases`,
    },
    {
      kind: 'paragraph',
      text: `Scores in %, differences in points with 95 % intervals clustered by task. Groups of fewer than three tasks have no interval. Source: arXiv 2405.00732, Table 12.`,
    },
    groupTable('kind of task', table.byCategory),
    groupTable('metric', table.byMetric),
    groupTable('base model', table.byModel),
    {
      kind: 'paragraph',
      text: 'HumanEval (task magicoder), where the base score is implied by score and gain:',
    },
    {
      kind: 'table',
      columns: [{ title: 'base model' }, right('base'), right('tuned'), right('gain')],
      rows: humaneval.map((row) => [row.model, points(row.base), points(row.tuned), signedPoints(row.gain)]),
    },
    { kind: 'paragraph', text: 'Pairs that did not improve:' },
    {
      kind: 'table',
      columns: [{ title: 'task' }, { title: 'base model' }, right('gain')],
      rows: notImproved.map((row) => [row.task, row.model, signedPoints(row.gain)]),
    },
    { kind: 'heading', text: 'What the table says' },
    { kind: 'finding', text: first! },
    { kind: 'list', items: others },
  ]
}

const right = (title: string): { title: string; align: 'right' } => ({ title, align: 'right' })

function groupTable(title: string, rows: readonly GroupRow[]): Block {
  return {
    kind: 'table',
    columns: [
      { title },
      right('pairs'),
      right('tasks'),
      right('base'),
      right('tuned'),
      right('gain'),
      right('95 % interval'),
      right('over GPT-4'),
      right('95 % interval'),
    ],
    rows: rows.map((row) => [
      row.name,
      String(row.pairs),
      String(row.tasks),
      points(row.meanBase),
      points(row.meanTuned),
      signedPoints(row.gain.value),
      range(row.gain),
      signedPoints(row.againstGpt4.value),
      range(row.againstGpt4),
    ]),
  }
}

const isEstimate = (mean: MeanOverTasks): mean is Estimate => 'method' in mean

const range = (mean: MeanOverTasks): string => (isEstimate(mean) ? interval(mean) : '')

const withInterval = (mean: MeanOverTasks): string =>
  `${signedPoints(mean.value)} points${isEstimate(mean) ? ` ${interval(mean)}` : ''}`
