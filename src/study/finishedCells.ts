// What a study has: its cells that are whole, each with what of the study it is for and where its files are. The way from a
// study to comparisons and findings.
import { join } from 'node:path'
import { ROLES } from '../schema/predictions.ts'
import { exists } from '../util/files.ts'
import { importedRuns } from './cells/import.ts'
import type { Plan } from './plan.ts'
import type { Use } from './planCells.ts'

interface OfSide {
  key: string
  side: string
  /** Of the training; null: nothing was trained here. */
  seed: number | null
}
interface Compared extends OfSide {
  against: NonNullable<Use['against']>
  /** Measurement folder. */
  folder: string
}

export interface FinishedCells {
  /** Variant folders, made here. */
  variants: readonly (OfSide & { folder: string })[]
  /** Run folders: answered here, or recorded (without a task of the study). */
  runs: readonly (OfSide & { task: string | null; folder: string })[]
  weights: readonly Compared[]
  predictions: readonly Compared[]
  /** Of sides that others are compared with; folders by role, those that there are. */
  zeroLines: readonly (OfSide & { folders: Readonly<Partial<Record<(typeof ROLES)[number], string>>> })[]
}

/** In the order of the file: sides, seeds, tasks. */
export async function finishedCells({ cells, sides, tasks }: Plan): Promise<FinishedCells> {
  const found = { variants: [], runs: [], weights: [], predictions: [], zeroLines: [] } as {
    -readonly [K in keyof FinishedCells]: FinishedCells[K][number][]
  }
  for (const { key, folder, work, uses, state } of cells) {
    if (state.kind !== 'done') continue
    for (const { side, seed, against } of uses) {
      const of = { key, side, seed }
      if (work.kind === 'variant') found.variants.push({ ...of, folder })
      else if (work.kind === 'run') found.runs.push({ ...of, task: work.task.task.name, folder })
      else if (work.kind === 'import') {
        for (const run of await importedRuns(folder)) found.runs.push({ ...of, task: null, folder: run })
      } else if (work.kind === 'weights') found.weights.push({ ...of, against: against!, folder })
      else if (work.variant !== null) found.predictions.push({ ...of, against: against!, folder })
      else found.zeroLines.push({ ...of, folders: await zeroFolders(folder) })
    }
  }
  const names = sides.map(({ name }) => name)
  const taskNames: (string | null)[] = tasks.map(({ task }) => task.name)
  const place = (cell: OfSide & { task?: string | null }): number[] => [
    names.indexOf(cell.side),
    cell.seed ?? -1,
    taskNames.indexOf(cell.task ?? null),
  ]
  for (const list of Object.values(found)) list.sort((a, b) => byNumbers(place(a), place(b)))
  return found
}

function byNumbers(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, at) => value !== b[at])
  return i < 0 ? 0 : a[i]! - b[i]!
}

async function zeroFolders(folder: string): Promise<Partial<Record<(typeof ROLES)[number], string>>> {
  const folders: Partial<Record<(typeof ROLES)[number], string>> = {}
  for (const role of ROLES) {
    const place = join(folder, role)
    if (role !== 'variant' && (await exists(place))) folders[role] = place
  }
  return folders
}
