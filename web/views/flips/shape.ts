// How the marks of a problem stand in its tile: trainings below each other, the answers of one beside each other; trainings
// with one answer each stand beside each other.
import type { FlipColumn } from '../../answers.ts'

/** Pixels. */
export const GAP = 4
const MARK = 12
const PADDING = 8
/** Answers beside each other. */
const MOST_ACROSS = 10

export interface TileShape {
  width: number
  height: number
  /** Middle of each mark. */
  places: readonly (readonly [number, number])[]
}

export function tileShape(columns: readonly FlipColumn[]): TileShape {
  const isRepeated = columns.some(({ repeat }) => repeat > 0)
  let line = 0
  let across = 0
  const cells = columns.map(({ repeat }, at): [number, number] => {
    const isNext = isRepeated ? at > 0 && repeat === 0 : false
    if (isNext || across === MOST_ACROSS) {
      line += 1
      across = 0
    }
    const cell: [number, number] = [across, line]
    across += 1
    return cell
  })
  const middle = (cell: number): number => PADDING + MARK * (cell + 0.5)
  return {
    width: 2 * PADDING + MARK * (Math.max(...cells.map(([x]) => x)) + 1),
    height: 2 * PADDING + MARK * (line + 1),
    places: cells.map(([x, y]) => [middle(x), middle(y)]),
  }
}

/** The mark nearest to a point of the tile. */
export function markAt({ places }: TileShape, x: number, y: number): number {
  const distances = places.map(([px, py]) => (px - x) ** 2 + (py - y) ** 2)
  return distances.indexOf(Math.min(...distances))
}
