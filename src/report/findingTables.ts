// A study's variants as tables: how far weights and predictions moved, and what became of the answers. Of several trainings
// the least and the most; beside them what the same measures read where nothing changed.

import type { PageBlock, TableBlock } from '../schema/blocks.ts'
import type { Finding } from '../schema/comparison.ts'
import type { Absent, Estimate } from '../schema/estimate.ts'
import type { PredictionMeasures } from '../schema/predictions.ts'
import { type EffectResult, instanceName, type ResultSide, type Results } from '../schema/results.ts'
import { ofTrainingsAlone, withAgainst } from '../schema/sideNames.ts'
import { interval, nats, percent, points, signedNats, signedPoints } from '../util/numbers.ts'
import { type Column, displayWidth, textTable } from '../util/table.ts'

/** More tasks have tables of their own. */
const MAX_TASK_COLUMNS = 6
const MAX_WIDTH = 120
const GAP = 2
const ABSENT = '-'

const MARKS: Readonly<Record<Finding, string>> = {
  better: ' ↑',
  worse: ' ↓',
  'no-worse': ' ≥',
  'cannot-tell': '',
}

/** A number of each variant. */
interface Numbers {
  title: string
  of: (side: string) => string
  /** Of a side against itself. */
  ofZero?: (measures: PredictionMeasures) => string
}

export function findingTables(results: Results): PageBlock[] {
  const sides = results.asked.sides.filter(({ against }) => against !== null)
  const tasks = tasksOf(results)
  const distances = distanceNumbers(results)
  const answers = tasks.map((task): Numbers => ({ title: task, of: (side) => answerOf(results, side, task) }))
  const whole = variantTable(results, sides, [...distances, ...answers])
  const tables =
    tasks.length <= MAX_TASK_COLUMNS && widthOf(whole) <= MAX_WIDTH
      ? [whole]
      : [variantTable(results, sides, distances), ...answerTables(results, sides, tasks)]
  const shown = tables.filter(({ columns }) => columns.length > 1)
  if (shown.length === 0) return []
  return [...shown, { kind: 'paragraph', text: legend(results) }]
}

/** Recorded answers may be of tasks that the study does not name. */
function tasksOf({ asked, effects }: Results): string[] {
  const found = new Set(effects.map(({ task }) => task))
  return [...new Set([...asked.tasks.filter((task) => found.has(task)), ...found])]
}

/** Columns of what was measured of any side. */
function distanceNumbers({ weights, predictions }: Results): Numbers[] {
  const ofSide = <T extends { side: string }>(list: readonly T[], side: string): T[] =>
    list.filter((one) => one.side === side)
  const moved: Numbers = {
    title: 'weights, %',
    of: (side) => {
      const matrices = ofSide(weights, side).map((one) => one.matrices)
      const training = matrices.flatMap(({ trainingAlone }) => trainingAlone ?? [])
      const whole = range(
        matrices.map(({ relativeChange }) => relativeChange),
        percent,
      )
      return training.length === 0 ? whole : `${whole} (${range(training, percent)})`
    },
  }
  const kl: Numbers = {
    title: 'KL, nats',
    of: (side) =>
      range(
        ofSide(predictions, side).map(({ whole }) => whole.kl),
        nats,
      ),
    ofZero: (measures) => range([measures.kl], nats),
  }
  const bytes: Numbers = {
    title: 'bits per byte',
    of: (side) => {
      const changes = ofSide(predictions, side).map(({ whole }) => whole.deltaBitsPerByte)
      return [
        range(changes, signedNats),
        ...(changes.length === 1 ? [interval(changes[0]!, signedNats)] : []),
      ]
        .join(' ')
        .trimEnd()
    },
    ofZero: (measures) => range([measures.deltaBitsPerByte], signedNats),
  }
  return [...(weights.length > 0 ? [moved] : []), ...(predictions.length > 0 ? [kl, bytes] : [])]
}

/** `6.6`, `6.6 to 7.3`; a dash where none was measured. */
function range(measures: readonly (Estimate | Absent)[], format: (value: number) => string): string {
  const values = measures.flatMap((measure) => ('absent' in measure ? [] : [measure.value]))
  if (values.length === 0) return ABSENT
  const [least, most] = [format(Math.min(...values)), format(Math.max(...values))]
  return least === most ? least : `${least} to ${most}`
}

/** `+57.8 ↑`. */
function answerOf({ effects }: Results, side: string, task: string): string {
  const effect = effects.find((one) => one.side === side && one.task === task)
  return effect ? `${signedPoints(effect.delta.value)}${MARKS[effect.finding]}${ofTrainings(effect)}` : ABSENT
}

/** What is true of these very trainings, and not shown of the recipe. */
function ofTrainings(effect: EffectResult): string {
  const alone = ofTrainingsAlone(effect)
  return alone === null ? '' : ` (${MARKS[alone].trim()})`
}

function variantTable(
  results: Results,
  sides: readonly ResultSide[],
  numbers: readonly Numbers[],
): TableBlock {
  const rows = sides.map((side) => [titleOf(side, results), ...numbers.map(({ of }) => of(side.name))])
  return {
    kind: 'table',
    columns: [{ title: 'variant' }, ...numbers.map(({ title }) => right(title))],
    rows: [...rows, ...zeroRows(results, numbers)],
  }
}

function zeroRows({ zeroLines }: Results, numbers: readonly Numbers[]): string[][] {
  return zeroLines.flatMap(({ side, seed, ...lines }) => {
    const name = instanceName({ side, seed })
    return (['batchShape', 'nf4'] as const).flatMap((line) => {
      const measures = lines[line]
      if ('absent' in measures) return []
      const title = line === 'nf4' ? `${name} in 4 bits` : `${name} against itself`
      return [[title, ...numbers.map(({ ofZero }) => ofZero?.(measures) ?? '')]]
    })
  })
}

/** A row a task, and as many variants as fit beside each other. */
function answerTables(
  results: Results,
  sides: readonly ResultSide[],
  tasks: readonly string[],
): TableBlock[] {
  const columns = sides.filter(({ name }) => results.effects.some((effect) => effect.side === name))
  const tableOf = (some: readonly ResultSide[]): TableBlock => ({
    kind: 'table',
    columns: [{ title: 'answers, points' }, ...some.map((side) => right(titleOf(side, results)))],
    rows: tasks.map((task) => [task, ...some.map(({ name }) => answerOf(results, name, task))]),
  })
  const groups: ResultSide[][] = []
  for (const side of columns) {
    const last = groups.at(-1)
    if (last && widthOf(tableOf([...last, side])) <= MAX_WIDTH) last.push(side)
    else groups.push([side])
  }
  return groups.map(tableOf)
}

const right = (title: string): Column => ({ title, align: 'right' })

/** A side that is not compared with the base says with what. */
function titleOf({ name, against }: ResultSide, { asked }: Results): string {
  return withAgainst(name, against!, asked.sides[0]!.name)
}

const widthOf = ({ columns, rows }: TableBlock): number =>
  Math.max(...textTable(columns, rows, { gap: GAP }).split('\n').map(displayWidth))

function legend({ asked, effects, weights, predictions }: Results): string {
  const has = (finding: Finding): boolean => effects.some((effect) => effect.finding === finding)
  const margin = asked.margin === null ? '' : ` than the margin of ${points(asked.margin)} points`
  const marks = [
    ...(has('better') ? ['↑ better'] : []),
    ...(has('worse') ? ['↓ worse'] : []),
    ...(has('no-worse') ? [`≥ no worse by more${margin}`] : []),
    ...(has('cannot-tell') ? ['no mark: cannot tell'] : []),
    ...(effects.some((effect) => ofTrainings(effect) !== '')
      ? ['in brackets: true of these very trainings, other seeds may differ']
      : []),
  ]
  const several = asked.sides.some(({ training }) => training !== null && training.seeds.length > 1)
  return [
    ...(weights.length > 0
      ? [
          `Weights: norm of the change, in % of that of the base's matrices${weights.some(({ matrices }) => matrices.trainingAlone !== undefined) ? '; in brackets, of quantised variants, by training alone' : ''}.`,
        ]
      : []),
    ...(predictions.length > 0 ? ["KL a token and change of bits per byte: over the study's texts."] : []),
    ...(effects.length > 0
      ? [`Answers: change in percentage points${marks.length > 0 ? `; ${marks.join(', ')}` : ''}.`]
      : []),
    ...(several
      ? [`Of several seeds: the least to the most${effects.length > 0 ? '; of answers their mean' : ''}.`]
      : []),
  ].join(' ')
}
