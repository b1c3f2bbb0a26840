// Numbers of the report's views as tables: what Markdown and a reader without graphics have of them.
import type { TableBlock } from '../../schema/blocks.ts'
import type { Absent, Estimate } from '../../schema/estimate.ts'
import type { StudyReport, TrainingView } from '../../schema/report.ts'
import type { EffectResult, Results, WeightsResult } from '../../schema/results.ts'
import { ofTrainingsAlone, shownName, withAgainst } from '../../schema/sideNames.ts'
import {
  count,
  interval,
  nats,
  percent,
  points,
  pText,
  share,
  signedNats,
  signedPoints,
} from '../../util/numbers.ts'

type Column = TableBlock['columns'][number]

export function studyTables(results: Results, trainings: readonly TrainingView[]): StudyReport['tables'] {
  return {
    tasks: tasksTable(results),
    weights: weightsTable(results),
    predictions: predictionsTable(results),
    trainings: trainingsTable(results, trainings),
  }
}

const right = (title: string): Column => ({ title, align: 'right' })

function table(columns: readonly Column[], rows: readonly (readonly string[])[]): TableBlock | null {
  return rows.length === 0 ? null : { kind: 'table', columns, rows }
}

function tasksTable(results: Results): TableBlock | null {
  const { effects } = results
  const rows = effects.map((effect) => [
    effect.task,
    withAgainst(effect.side, effect.against, results.asked.sides[0]!.name),
    points(effect.baseScore),
    points(effect.variantScore),
    signedPoints(effect.delta.value),
    interval(effect.delta),
    pText(effect.holmP).replace(/^p (= )?/, ''),
    findingText(effect),
    count(effect.problems),
    ...flips(effect, results),
  ])
  const columns = [
    { title: 'task' },
    { title: 'variant' },
    right('base, %'),
    right('variant, %'),
    right('change, points'),
    right('95 % interval'),
    right('p after Holm'),
    { title: 'finding' },
    right('problems'),
    right('gained'),
    right('lost'),
  ]
  return table(columns, rows)
}

function findingText(effect: EffectResult): string {
  const { finding } = effect
  const text = finding === 'no-worse' ? 'no worse' : finding === 'cannot-tell' ? 'cannot tell' : finding
  const alone = ofTrainingsAlone(effect)
  return alone === null ? text : `${text} (these trainings: ${alone})`
}

/** Problems gained and lost, where one run stands beside one. */
function flips(effect: EffectResult, { pairs }: Results): [string, string] {
  const own = pairs.filter(
    (pair) => pair.side === effect.side && pair.against.side === effect.against && pair.task === effect.task,
  )
  const [pair] = own
  return own.length === 1 ? [count(pair!.report.gained.length), count(pair!.report.lost.length)] : ['', '']
}

/** A dash where it was not measured. */
const shown = (measure: Estimate | Absent | undefined, format: (value: number) => string): string =>
  measure === undefined || 'absent' in measure ? '-' : format(measure.value)

const shownZero = (measure: Estimate | Absent, format: (value: number) => string): string =>
  'absent' in measure || measure.zero === undefined || 'absent' in measure.zero
    ? '-'
    : format(measure.zero.value)

const instanceText = (
  one: { side: string; seed: number | null; against: { side: string } },
  { asked: { sides } }: Results,
): string => withAgainst(shownName(sides, one), one.against.side, sides[0]!.name)

function weightsTable(results: Results): TableBlock | null {
  const isQuantised = results.weights.some(({ matrices }) => matrices.trainingAlone !== undefined)
  const rows = results.weights.map((one) => {
    const { relativeChange, trainingAlone } = one.matrices
    return [
      instanceText(one, results),
      shown(relativeChange, percent),
      shownZero(relativeChange, percent),
      ...(isQuantised ? [trainingAlone ? shown(trainingAlone, percent) : ''] : []),
      `${count(one.tensors.changed)} of ${count(one.tensors.compared)}`,
      directionsText(one),
    ]
  })
  const columns = [
    { title: 'variant' },
    right('change, %'),
    right('rounding alone, %'),
    ...(isQuantised ? [right('training alone, %')] : []),
    right('tensors changed'),
    right('directions'),
  ]
  return table(columns, rows)
}

/** `8`, `6 to 8`, `64 or more`. */
function directionsText({ directions }: WeightsResult): string {
  if ('absent' in directions) return '-'
  const { least, most, isCut } = directions
  const range = least === most ? String(most) : `${least} to ${most}`
  return isCut ? `${range} or more` : range
}

function predictionsTable(results: Results): TableBlock | null {
  const rows = results.predictions.map((one) => {
    const { kl, topAgreement, deltaBitsPerByte } = one.whole
    return [
      instanceText(one, results),
      shown(kl, nats),
      interval(kl, nats),
      shownZero(kl, nats),
      shown(topAgreement, share),
      shown(deltaBitsPerByte, signedNats),
      interval(deltaBitsPerByte, signedNats),
      count(one.whole.tokens),
    ]
  })
  const columns = [
    { title: 'variant' },
    right('KL, nats a token'),
    right('95 % interval'),
    right('base against itself'),
    right('same first choice, %'),
    right('bits per byte'),
    right('95 % interval'),
    right('tokens'),
  ]
  return table(columns, rows)
}

function trainingsTable(results: Results, trainings: readonly TrainingView[]): TableBlock | null {
  const rows = results.trainings.map((one, i) => {
    const { seconds, peakMemoryMb } = trainings[i]!
    const side = results.asked.sides.find(({ name }) => name === one.side)
    return [
      shownName(results.asked.sides, one),
      side?.training?.recipe.method ?? '',
      count(one.steps),
      `${nats(one.firstLoss)} to ${nats(one.lastLoss)}`,
      seconds.toFixed(1),
      count(one.trainedParameters),
      `${share(one.trainedParameters / one.parameters)} %`,
      count(Math.round(peakMemoryMb)),
    ]
  })
  const columns = [
    { title: 'training' },
    { title: 'method' },
    right('steps'),
    right('loss'),
    right('seconds'),
    right('trained weights'),
    right('of all'),
    right('memory, MB'),
  ]
  return table(columns, rows)
}
