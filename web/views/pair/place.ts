// Which two answers a link means: what it leaves open is filled with what tells the most, a problem that the variant broke.
import type { ReportRun, ReportTask, StudyReport } from '../../../src/schema/report.ts'
import type { Instance, PairResult } from '../../../src/schema/results.ts'
import {
  type Flip,
  type FlipColumn,
  firstBroken,
  flipColumns,
  flipsOf,
  runOf,
  tellingMark,
} from '../../answers.ts'
import type { Route } from '../../router.ts'

/** One answer of a run. */
export interface AnswerPlace {
  run: ReportRun
  repeat: number
  /** Its place in the run's letters and pieces. */
  at: number
}

export interface Place {
  task: ReportTask
  /** Of the variant, with all its trainings. */
  side: string
  flip: Flip
  /** Which of the problem's pairs of answers is shown, an index into `columns`. */
  mark: number
  columns: readonly FlipColumn[]
  base: AnswerPlace
  variant: AnswerPlace
}

/** Undefined where no two runs are paired. */
export function placeOf(study: StudyReport, { parts, query }: Route): Place | undefined {
  const order = orderOf(study, parts[0], query.variant)
  if (!order) return undefined
  const { task, side } = order
  const flips = flipsOf(study, task.name, { side, seed: null })
  const flip = flips.find(({ problem }) => problem === parts[1]) ?? firstFlip(flips)
  if (!flip) return undefined
  const columns = flipColumns(study, task.name, { side, seed: null })
  const mark = markOf(flip, columns, query)
  const column = columns[mark]
  if (!column) return undefined
  const answer = (of: Instance): AnswerPlace =>
    answerPlace(runOf(study, task.name, of)!, flip.index, column.repeat)
  return { task, side, flip, mark, columns, base: answer(column.base), variant: answer(column.variant) }
}

/** The run with fewer answers to a problem begins again. */
function answerPlace(run: ReportRun, problem: number, repeat: number): AnswerPlace {
  const own = repeat % run.repeats
  return { run, repeat: own, at: problem * run.repeats + own }
}

const firstFlip = (flips: readonly Flip[]): Flip | undefined =>
  firstBroken(flips) ?? flips.find(({ state }) => state === 'fixed') ?? flips[0]

/** The mark that a link names; of those that it leaves open the one that shows what became of the problem. */
function markOf(
  flip: Flip,
  columns: readonly FlipColumn[],
  { seed, repeat }: Readonly<Record<string, string | undefined>>,
): number {
  const open = columns.flatMap(({ variant, repeat: own }, at) => {
    const isNamed =
      (seed === undefined || String(variant.seed) === seed) &&
      (repeat === undefined || String(own) === repeat)
    return isNamed ? [at] : []
  })
  const { marks, state } = flip
  return open.find((at) => marks[at] === state) ?? open[0] ?? tellingMark(flip)
}

/** The first pair of runs that the link fits; where none does, the first of the task, then of all. */
function orderOf(
  { results, tasks }: StudyReport,
  taskName: string | undefined,
  variant: string | undefined,
): { task: ReportTask; side: string } | undefined {
  const ofTask = results.pairs.filter(({ task }) => task === taskName)
  const ofSide = (pairs: readonly PairResult[]) => pairs.find(({ side }) => side === variant)
  const pair = ofSide(ofTask) ?? ofTask[0] ?? ofSide(results.pairs) ?? results.pairs[0]
  const task = tasks.find(({ name }) => name === pair?.task)
  return pair && task ? { task, side: pair.side } : undefined
}
