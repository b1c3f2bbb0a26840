// Does the work of cells, into their folders: written whole, or resumable. Measurements of predictions that share a base are
// made together, and checks whether variants of one base are live; any other cell is alone.
import { instanceName } from '../../schema/results.ts'
import type { PlannedCell } from '../planCells.ts'
import type { CellContext } from './cell.ts'
import { importRuns } from './import.ts'
import { checkVariants, type LiveWork } from './live.ts'
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
  const isChecked = one.kind === 'live' && other.kind === 'live'
  const isPredicted = one.kind === 'predictions' && other.kind === 'predictions'
  if (!isChecked && !isPredicted) return false
  if (one.variant === null || other.variant === null) return false
  return a === b && JSON.stringify(one.base) === JSON.stringify(other.base)
}

export async function workOn(cells: readonly PlannedCell[], context: CellContext): Promise<void> {
  const [{ work, key, uses }] = cells as readonly [PlannedCell, ...PlannedCell[]]
  const folder = context.folderOf(key)
  switch (work.kind) {
    case 'variant':
      return makeVariant(work, folder, context)
    case 'import':
      return importRuns(work, folder, context)
    case 'live':
      return checkVariants({ base: work.base, variants: variantsOf(cells, context) }, context)
    case 'run':
      return answerTask(work, folder, context)
    case 'weights':
      return measureWeights(work, folder, context)
    case 'predictions': {
      const { base, variant } = work
      const name = instanceName(uses[0]!.against!)
      const variants = variantsOf(cells, context)
      return measurePredictions({ base, name, variants, zero: variant === null ? folder : null }, context)
    }
  }
}

/** Of one base. */
const variantsOf = (cells: readonly PlannedCell[], { folderOf }: CellContext): LiveWork['variants'] =>
  cells.flatMap(({ work, key, uses }) =>
    'variant' in work && work.variant !== null
      ? [{ ref: work.variant, folder: folderOf(key), use: uses[0]! }]
      : [],
  )
