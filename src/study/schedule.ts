// Which cells are worked on next. Cells of small models run side by side, one thread each, as many as there are cores and
// memory allows; those of large ones alone, with all threads. What comes out does not depend on it.
import { goTogether } from './cells/index.ts'
import type { Plan } from './plan.ts'
import { isSmall } from './planCells.ts'

type Cell = Plan['cells'][number]
export type Progress = 'waiting' | 'running' | 'done' | 'failed' | 'skipped'

export interface Now {
  cells: readonly Cell[]
  progress: ReadonlyMap<string, Progress>
  /** Cells that are worked on alone: together with others they failed. */
  single: ReadonlySet<string>
  /** Gos that are running. */
  running: number
  lanes: number
  usableBytes: number
}

/** Cells to begin now, in one go; undefined where something has to end first, or nothing is left. */
export function nextCells(now: Now): readonly Cell[] | undefined {
  const { cells, progress, running, lanes } = now
  const at = (state: Progress): Cell[] => cells.filter(({ key }) => progress.get(key) === state)
  const busy = at('running')
  if (busy.some((cell) => !isSmall(cell))) return undefined
  const ready = at('waiting').filter(({ needs }) => needs.every((key) => progress.get(key) === 'done'))
  const small = ready.filter(isSmall)
  const bytes = (list: readonly Cell[]): number => list.reduce((sum, { cost }) => sum + (cost.bytes ?? 0), 0)
  const fits = (cell: Cell): boolean => running === 0 || bytes([...busy, cell]) <= now.usableBytes
  const first = small.find(fits)
  if (first) return running < lanes ? together(first, small, now) : undefined
  const [large] = ready
  return large && running === 0 ? together(large, ready, now) : undefined
}

/** The cell with those that go together with it: a fair share, so that other cores have as many. */
function together(
  first: Cell,
  ready: readonly Cell[],
  { lanes, single, cells, progress }: Now,
): readonly Cell[] {
  if (single.has(first.key)) return [first]
  const others = (list: readonly Cell[]): Cell[] =>
    list.filter((cell) => cell !== first && goTogether(first, cell) && !single.has(cell.key))
  const left = 1 + others(cells.filter(({ key }) => progress.get(key) === 'waiting')).length
  const share = isSmall(first) ? Math.ceil(left / lanes) : left
  return [first, ...others(ready)].slice(0, share)
}
