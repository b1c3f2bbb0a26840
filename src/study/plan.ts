// From a study file to its cells: what there is to do, what is there already, what the rest would take. Nothing is computed
// but hashes.
import { availableParallelism } from 'node:os'
import { basename, dirname, resolve } from 'node:path'
import { scorerRecord } from '../measure/scoredAnswers.ts'
import type { Task } from '../schema/problem.ts'
import type { CellError } from '../schema/study.ts'
import { cellFolder, readCell, readCellError } from '../store/studyFolder.ts'
import { hasSettingsFile } from '../store/weightsFolder.ts'
import type { TaskContext } from '../tasks/task.ts'
import { isSmall, type PlannedCell, planCells } from './planCells.ts'
import { refuseUnfit, refuseWrongNames } from './planChecks.ts'
import { type Cost, costsOf, measuredRates, type TimeLeft, timeLeft } from './planCosts.ts'
import { readStudyFile, type StudyFile } from './planFile.ts'
import { readStudyTasks, readStudyTexts, type StudyTask, type StudyTexts } from './planInputs.ts'
import { type OnReading, readSides, type Side } from './planSides.ts'

export type CellState =
  | { kind: 'done'; seconds: number; isOneGo: boolean }
  /** It goes on where it was. */
  | { kind: 'begun' }
  /** It is tried again. */
  | { kind: 'failed'; error: CellError }
  | { kind: 'missing' }

export interface Plan {
  file: StudyFile
  /** The study folder. */
  folder: string
  sides: readonly Side[]
  tasks: readonly StudyTask[]
  texts: StudyTexts | null
  /** In the order of work. */
  cells: readonly (PlannedCell & { folder: string; cost: Cost; state: CellState })[]
  left: TimeLeft
}

export interface PlanOptions extends TaskContext {
  study: string
  /** Default: STEM.study beside the file. */
  output?: string
  onReading?: OnReading
}

/** STEM.study beside the file. */
export const studyFolderOf = (path: string): string =>
  resolve(dirname(path), `${basename(path).replace(/\.(ya?ml|json)$/i, '')}.study`)

export async function planStudy({ study: path, output, onReading, ...context }: PlanOptions): Promise<Plan> {
  const file = await readStudyFile(path)
  const { study, placeOf } = file
  refuseWrongNames(file)
  const sides = await readSides(file, onReading)
  refuseUnfit(file, sides)
  const tasks = await readStudyTasks(file, sides, context)
  const texts = await readStudyTexts(file)
  const folder = output === undefined ? studyFolderOf(path) : resolve(output)
  const planned = planCells({ study, sides, tasks, texts })
  const costs = costsOf(planned, {
    ...study,
    sides,
    texts,
    placeOf: (side) => placeOf('variants', side, 'recipe'),
  })
  const cells = planned.map((cell) => ({
    ...cell,
    folder: cellFolder(folder, cell.key),
    cost: costs.get(cell.key)!,
    state: { kind: 'missing' } as const,
  }))
  return withStates({ file, folder, sides, tasks, texts, cells, left: { seconds: 0, unknown: 0 } })
}

/** The plan with what the study folder has by now. */
export async function withStates(plan: Plan): Promise<Plan> {
  const cells = await Promise.all(
    plan.cells.map(async (cell) => ({ ...cell, state: await stateOf(cell, cell.folder) })),
  )
  return { ...plan, cells, left: leftOf(cells) }
}

/** What scores the answers of a run, besides a sandbox. */
export const scorerOf = (task: Task): string | null => (task.kind === 'code' ? null : scorerRecord(task).id)

async function stateOf({ work }: PlannedCell, folder: string): Promise<CellState> {
  const error = await readCellError(folder)
  if (error) return { kind: 'failed', error }
  const cell = await readCell(folder)
  if (!cell) return { kind: 'missing' }
  if (!cell.finished) return { kind: 'begun' }
  const { seconds, isOneGo, scorer } = cell.finished
  const isStale =
    (work.kind === 'run' && scorer !== scorerOf(work.task.task)) ||
    (work.kind === 'weights' && !(await hasSettingsFile(folder)))
  return isStale ? { kind: 'begun' } : { kind: 'done', seconds, isOneGo }
}

function leftOf(cells: Plan['cells']): TimeLeft {
  const done = cells.flatMap(({ cost, state }) =>
    state.kind === 'done' && state.isOneGo ? [{ cost, seconds: state.seconds }] : [],
  )
  const missing = cells.filter(({ state }) => state.kind !== 'done')
  return timeLeft(
    missing.map((cell) => ({ cost: cell.cost, isSmall: isSmall(cell) })),
    measuredRates(done),
    availableParallelism(),
  )
}
