// Does the work of cells, into their folders: written whole, or resumable. Measurements of predictions that share a base are
// made together; any other cell is alone.
import type { PlannedCell } from '../planCells.ts'
import type { CellContext } from './cell.ts'
import { importRuns } from './import.ts'
import { measurePredictions } from './predictions.ts'
import { answerTask } from './run.ts'
import { makeVariant } from './variant.ts'
import { measureWeights } from './weights.ts'

export type { CellContext } from './cell.ts'

/** Whether two cells can be worked on in one go. */
export function goTogether(
  { work: one, parameters: a }: PlannedCell,
  { work: other, parameters: b }: PlannedCell,
): boolean {
  if (one.kind !== 'predictions' || other.kind !== 'predictions') return false
  if (one.variant === null || other.variant === null) return false
  return a === b && JSON.stringify(one.base) === JSON.stringify(other.base)
}

export async function workOn(cells: readonly PlannedCell[], context: CellContext): Promise<void> {
  const [{ work, key }] = cells as readonly [PlannedCell, ...PlannedCell[]]
  const folder = context.folderOf(key)
  switch (work.kind) {
    case 'variant':
      return makeVariant(work, folder, context)
    case 'import':
      return importRuns(work, folder, context)
    case 'run':
      return answerTask(work, folder, context)
    case 'weights':
      return measureWeights(work, folder, context)
    case 'predictions': {
      const { base } = work
      const variants = cells.flatMap((cell) =>
        cell.work.kind === 'predictions' && cell.work.variant !== null
          ? [{ ref: cell.work.variant, folder: context.folderOf(cell.key) }]
          : [],
      )
      return measurePredictions({ base, variants, zero: work.variant === null ? folder : null }, context)
    }
  }
}
