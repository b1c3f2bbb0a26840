// The cells of a study that are done, as its results look at them, each with its folder. Not a test itself.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PlanOptions } from '../../src/study/plan.ts'
import { planStudy } from '../../src/study/plan.ts'
import { askedResults } from '../../src/study/results/asked.ts'
import { comparedCells, type DoneCell, doneCells, zeroCells } from '../../src/study/results/cells.ts'

export type Done = Awaited<ReturnType<typeof doneOf>>

export async function doneOf(options: PlanOptions) {
  const plan = await planStudy(options)
  const asked = await askedResults(plan, null)
  const placed = <T extends DoneCell>(cells: readonly T[]) =>
    cells.map((cell) => ({ ...cell, ...cell.of, folder: join(plan.folder, 'cells', cell.key) }))
  return {
    variants: placed(doneCells(asked, 'variant')),
    live: placed(comparedCells(asked, 'live')),
    runs: placed([...doneCells(asked, 'run'), ...doneCells(asked, 'import')]),
    weights: placed(comparedCells(asked, 'weights')),
    predictions: placed(comparedCells(asked, 'predictions')),
    zeroLines: placed(zeroCells(asked)).map(({ side, folder }) => ({
      side,
      folders: Object.fromEntries(readdirSync(folder).map((role) => [role, join(folder, role)])),
    })),
  }
}
