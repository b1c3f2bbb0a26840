// A plan's cells as the reports and --json show them.
import type { PlanReport, PlanRow } from '../report/studyPlan.ts'
import type { Plan } from '../study/plan.ts'
import { isSmall } from '../study/planCells.ts'
import { EXIT } from '../util/errors.ts'

type Cell = Plan['cells'][number]

export interface ShownCell extends PlanRow {
  key: string
  folder: string
  /** Keys of cells that come first. */
  needs: readonly string[]
}

export function shownCell(cell: Cell): ShownCell {
  const { key, folder, needs, work, uses, state, cost } = cell
  return {
    key,
    folder,
    needs,
    kind: work.kind,
    sides: uses.map(({ side, seed, against }) => ({ side, seed, against: against?.side ?? null })),
    task: work.kind === 'run' ? work.task.task.name : null,
    state: state.kind,
    message: state.kind === 'failed' ? state.error.message : null,
    bytes: cost.bytes,
    isSmall: isSmall(cell),
  }
}

export function planReport({
  file,
  folder,
  cells,
  left,
}: Plan): PlanReport & { cells: readonly ShownCell[] } {
  return { name: file.study.name, folder, cells: cells.map(shownCell), left }
}

/** 1 where nothing failed but that a variant is not live. */
export function exitCodeOf({ cells }: Plan): number {
  if (cells.every(({ state }) => state.kind === 'done')) return EXIT.done
  const failed = cells.flatMap(({ state }) => (state.kind === 'failed' ? [state.error] : []))
  return failed.length > 0 && failed.every((error) => error.isFailedCheck) ? EXIT.checkFailed : EXIT.partial
}
