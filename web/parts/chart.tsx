// A picture with its finding as the label, its numbers one click away, and itself as SVG or PNG. Observable Plot is reached
// through here alone. What carries `data-row` in it leads where that row of the table does.
import * as Plot from '@observablehq/plot'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { TableBlock } from '../../src/schema/blocks.ts'
import { PictureTools } from './pictureTools.tsx'
import { type RowLink, Table } from './table.tsx'
import { Unbroken } from './unbroken.tsx'

export { Plot }

/** Of a sheet of paper between its margins, in pixels. */
const PAPER = 690

interface ChartProps {
  /** What the picture shows, as a sentence: its finding. */
  label: string
  /** How to read it: units, what a mark is. */
  note?: string
  /** Numbers of the picture. */
  table: TableBlock
  /** Where a click on a row of them leads; in the picture on what has the row's number as `data-row`. */
  to?: RowLink | undefined
  /** Whether the numbers are shown from the start. */
  isOpen?: boolean
  /** Stem of the file that it is saved as. */
  name: string
  /** Least width in pixels; a narrower window scrolls. */
  minWidth?: number
  legend?: ComponentChildren
  /** Stands over the picture, in the same width: what can be chosen in it. */
  over?: (width: number) => ComponentChildren
  /** Draws it in this width. Colours are CSS values, such as `var(--ink)`. */
  draw: (width: number) => Plot.PlotOptions
}

export function Chart(props: ChartProps) {
  const { label, note, table, to, isOpen = false, name, minWidth = 300, legend, over, draw } = props
  const canvas = useRef<HTMLDivElement>(null)
  const width = useWidth(canvas)
  useLayoutEffect(() => {
    if (!canvas.current || width === 0) return
    const options = draw(Math.max(width, minWidth))
    const style = { background: 'none', ...(options.style as object) }
    const drawn = Plot.plot({ ...options, style })
    // Plot names its groups, which have no role of their own: to readers the picture is one image.
    for (const group of drawn.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label')
    drawn.setAttribute('role', 'img')
    drawn.setAttribute('aria-label', label)
    // Those who use keys have the table.
    if (to) drawn.addEventListener('click', (event) => follow(event, to))
    canvas.current.replaceChildren(drawn)
  })
  return (
    <figure class="chart">
      <figcaption>
        <Unbroken text={label} />
      </figcaption>
      {note && <p class="note">{note}</p>}
      {legend}
      <div class="chart-canvas">
        <div ref={canvas} />
        {over && width > 0 && over(Math.max(width, minWidth))}
      </div>
      <PictureTools
        title={label}
        name={name}
        picture={() => canvas.current?.querySelector('svg')}
        numbers={() => <Table table={table} label={`Numbers: ${label}`} isSortable to={to} />}
        rows={table.rows.length}
        isOpen={isOpen}
      />
    </figure>
  )
}

function follow({ target }: Event, to: RowLink): void {
  const row = target instanceof Element ? target.closest<SVGElement>('[data-row]')?.dataset.row : undefined
  const link = row === undefined ? undefined : to(Number(row))
  if (link) location.hash = link.href
}

/** 0 until it is known. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observed = element.current
    if (!observed) return
    setWidth(Math.floor(observed.clientWidth))
    const measure = () => setWidth(Math.floor(observed.clientWidth))
    const observer = new ResizeObserver(measure)
    observer.observe(observed)
    // Paper is narrower than most windows: what is printed is drawn for it.
    const print = () => setWidth(PAPER)
    addEventListener('beforeprint', print)
    addEventListener('afterprint', measure)
    return () => {
      observer.disconnect()
      removeEventListener('beforeprint', print)
      removeEventListener('afterprint', measure)
    }
  }, [])
  return width
}
