// A grid of tiles of one size that scrolls with the page: only tiles near the window are in the document, whatever their number.
// It is one stop of the Tab key; arrows go from tile to tile.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Flip, type FlipColumn, tellingMark } from '../../answers.ts'
import { keyTarget, rowsBetween } from './keys.ts'
import { Row } from './row.tsx'
import { GAP, markAt, tileShape } from './shape.ts'
import { useAcross, useWindow } from './window.ts'

interface GridProps {
  flips: readonly Flip[]
  columns: readonly FlipColumn[]
  label: string
  describe: (flip: Flip) => string
  open: (flip: Flip, mark: number) => void
  /** Problem to begin at. */
  at?: string
}

export function FlipGrid({ flips, columns, label, describe, open, at }: GridProps) {
  const box = useRef<HTMLDivElement>(null)
  const status = useRef<HTMLParagraphElement>(null)
  const shape = useMemo(() => tileShape(columns), [columns])
  const across = useAcross(box, shape.width + GAP)
  const rows = Math.ceil(flips.length / across)
  const pitch = shape.height + GAP
  const { first, last } = useWindow(box, rows, pitch)
  const { active, move } = useActive(box, flips, at)
  const show = (tile: number | undefined) => {
    const flip = tile === undefined ? undefined : flips[tile]
    if (status.current) status.current.textContent = flip ? describe(flip) : ''
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      const flip = flips[active]
      if (flip) open(flip, tellingMark(flip))
      return
    }
    const to = keyTarget(event, {
      active,
      across,
      length: flips.length,
      page: Math.floor(innerHeight / pitch) - 3,
    })
    if (to === undefined) return
    event.preventDefault()
    move(to)
  }
  const onClick = (event: MouseEvent) => {
    const element = elementOf(event.target)
    const flip = element ? flips[Number(element.dataset.tile)] : undefined
    if (!element || !flip) return
    const { left, top } = element.getBoundingClientRect()
    open(flip, markAt(shape, event.clientX - left, event.clientY - top))
  }
  const shownRows = rowsBetween(first, last, Math.floor(active / across), rows)
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a table would lie one below the other, with none left out */}
      <div
        ref={box}
        class="tiles"
        role="grid"
        aria-label={label}
        aria-rowcount={rows}
        aria-colcount={across}
        style={{
          '--tiles-height': `${Math.max(0, rows * pitch - GAP)}px`,
          '--tile-width': `${shape.width}px`,
          '--tile-height': `${shape.height}px`,
        }}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onFocusIn={(event) => show(tileOf(event.target))}
        onFocusOut={() => show(undefined)}
        onPointerOver={(event) => show(tileOf(event.target))}
        onPointerLeave={() => show(undefined)}
      >
        {shownRows.map((row) => (
          <Row
            key={row}
            row={row}
            flips={flips}
            across={across}
            shape={shape}
            active={Math.floor(active / across) === row ? active % across : -1}
            describe={describe}
          />
        ))}
      </div>
      {flips.length === 0 && <p class="soft">No problem is of this kind.</p>}
      <p ref={status} class="tile-status" aria-hidden="true" />
    </>
  )
}

/** The tile that Tab comes to; moving to another one focuses it, also where it was not in the document before. */
function useActive(
  box: { current: HTMLElement | null },
  flips: readonly Flip[],
  at: string | undefined,
): { active: number; move: (to: number) => void } {
  const [active, setActive] = useState(() =>
    Math.max(
      0,
      flips.findIndex(({ problem }) => problem === at),
    ),
  )
  const isMoved = useRef(false)
  const focus = () => box.current?.querySelector<HTMLElement>(`[data-tile="${active}"]`)?.focus()
  useLayoutEffect(() => {
    if (isMoved.current) focus()
    isMoved.current = false
  }, [active])
  useEffect(() => {
    // After the frame has focused the view and gone to its top, which it does a frame from now.
    if (at !== undefined) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(focus)))
  }, [])
  const move = (to: number) => {
    isMoved.current = true
    setActive(to)
  }
  return { active, move }
}

const elementOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-tile]') : null

function tileOf(target: EventTarget | null): number | undefined {
  const element = elementOf(target)
  return element ? Number(element.dataset.tile) : undefined
}
