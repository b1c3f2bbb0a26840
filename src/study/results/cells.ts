// The cells of a study that are done, as results look at them: one of each kind for each side that it is of, in the order
// of the file. Paths are relative to the study folder.
import type { AskedResults, Instance, ResultCell, Rows } from '../../schema/results.ts'

type Kind = ResultCell['kind']

/** A cell as one side uses it. */
export interface DoneCell {
  key: string
  of: Instance
  against: Instance | null
  task: string | null
}

export interface ComparedCell extends DoneCell {
  against: Instance
}

/** In the order of the file: sides, seeds, tasks. */
export function doneCells({ cells, sides, tasks }: AskedResults, kind: Kind): DoneCell[] {
  const names = sides.map(({ name }) => name)
  const found = cells
    .filter((cell) => cell.kind === kind && cell.state === 'done')
    .flatMap(({ key, task, uses }) =>
      uses.map(({ side, seed, against }) => ({ key, task, of: { side, seed }, against })),
    )
  const place = ({ of, task }: DoneCell): number[] => [
    names.indexOf(of.side),
    of.seed ?? -1,
    task === null ? -1 : tasks.indexOf(task),
  ]
  return found.sort((a, b) => byNumbers(place(a), place(b)))
}

/** Measurements of one side against another; a measurement of a side against itself is its zero line. */
export const comparedCells = (asked: AskedResults, kind: Kind): ComparedCell[] =>
  doneCells(asked, kind).flatMap((cell) =>
    cell.against && !isSame(cell.of, cell.against) ? [{ ...cell, against: cell.against }] : [],
  )

/** Zero lines of predictions, by the side that they are of. */
export const zeroCells = (asked: AskedResults): DoneCell[] =>
  doneCells(asked, 'predictions').filter(({ of, against }) => against && isSame(of, against))

export const isSame = (one: Instance, other: Instance): boolean =>
  one.side === other.side && one.seed === other.seed

/** A file of a cell, from the study folder. */
export const fileOf = (key: string, ...names: readonly string[]): string => ['cells', key, ...names].join('/')

/** All rows of files of a cell. */
export const rowsOf = (key: string, ...files: readonly string[]): Rows[] =>
  files.map((file) => ({ file: fileOf(key, file), where: null }))

function byNumbers(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, at) => value !== b[at])
  return i < 0 ? 0 : a[i]! - b[i]!
}
