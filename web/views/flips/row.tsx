// A row of tiles, each with the marks of one problem.
import { useMemo } from 'preact/hooks'
import { FLIP_STATES, type Flip } from '../../answers.ts'
import { GAP, type TileShape } from './shape.ts'
import { STATE_PAINT, statePath } from './words.ts'

interface RowProps {
  row: number
  flips: readonly Flip[]
  across: number
  shape: TileShape
  /** Column of the tile that Tab comes to; -1: it is in another row. */
  active: number
  describe: (flip: Flip) => string
}

/** Made once, while the page scrolls over it. */
export function Row({ row, flips, across, shape, active, describe }: RowProps) {
  return useMemo(
    () => (
      // biome-ignore lint/a11y/useSemanticElements: as the grid
      // biome-ignore lint/a11y/useFocusableInteractive: its cells are focused
      <div
        role="row"
        aria-rowindex={row + 1}
        class="tiles-row"
        style={{ top: `${row * (shape.height + GAP)}px` }}
      >
        {flips.slice(row * across, (row + 1) * across).map((flip, column) => (
          // biome-ignore lint/a11y/useSemanticElements: as the grid
          <div
            key={flip.index}
            role="gridcell"
            aria-colindex={column + 1}
            aria-label={describe(flip)}
            tabIndex={column === active ? 0 : -1}
            data-tile={row * across + column}
            class={`tile ${flip.state}`}
          >
            <svg viewBox={`0 0 ${shape.width} ${shape.height}`} aria-hidden="true">
              {marksOf(flip, shape)}
            </svg>
          </div>
        ))}
      </div>
    ),
    [row, flips, across, shape, active, describe],
  )
}

/** A path a state; no part of its own, of which there would be hundreds. */
function marksOf({ marks }: Flip, shape: TileShape) {
  return FLIP_STATES.filter((state) => marks.includes(state)).map((state) => {
    const places = shape.places.filter((_, mark) => marks[mark] === state)
    return <path key={state} {...STATE_PAINT[state]} d={statePath(state, places)} />
  })
}
