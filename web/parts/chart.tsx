// A picture with its finding as the label, its numbers one click away, and itself as SVG or PNG. Observable Plot is reached
// through here alone.
import * as Plot from '@observablehq/plot'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TableBlock } from '../../src/schema/blocks.ts'
import { saveImage } from './saveImage.ts'
import { Table } from './table.tsx'

export { Plot }

interface ChartProps {
  /** What the picture shows, as a sentence: its finding. */
  label: string
  /** How to read it: units, what a mark is. */
  note?: string
  /** Numbers of the picture. */
  table: TableBlock
  /** Stem of the file that it is saved as. */
  name: string
  /** Least width in pixels; a narrower window scrolls. */
  minWidth?: number
  legend?: ComponentChildren
  /** Draws it in this width. Colours are CSS values, such as `var(--ink)`. */
  draw: (width: number) => Plot.PlotOptions
}

export function Chart({ label, note, table, name, minWidth = 300, legend, draw }: ChartProps) {
  const canvas = useRef<HTMLDivElement>(null)
  const width = useWidth(canvas)
  useEffect(() => {
    if (!canvas.current || width === 0) return
    const options = draw(Math.max(width, minWidth))
    const drawn = Plot.plot({ ...options, style: { background: 'none', ...(options.style as object) } })
    drawn.setAttribute('role', 'img')
    drawn.setAttribute('aria-label', label)
    canvas.current.replaceChildren(drawn)
  })
  const save = (kind: 'svg' | 'png') => {
    const drawn = canvas.current?.querySelector('svg')
    if (drawn) void saveImage(drawn, { name, kind, title: label })
  }
  return (
    <figure class="chart">
      <figcaption>{label}</figcaption>
      {note && <p class="note">{note}</p>}
      {legend}
      <div class="chart-canvas" ref={canvas} />
      <div class="tools">
        <button type="button" onClick={() => save('svg')}>
          SVG
        </button>
        <button type="button" onClick={() => save('png')}>
          PNG
        </button>
      </div>
      <details>
        <summary>Numbers</summary>
        <Table table={table} label={`Numbers: ${label}`} isSortable />
      </details>
    </figure>
  )
}

/** 0 until it is known. */
function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const observed = element.current
    if (!observed) return
    setWidth(Math.floor(observed.clientWidth))
    const observer = new ResizeObserver(() => setWidth(Math.floor(observed.clientWidth)))
    observer.observe(observed)
    return () => observer.disconnect()
  }, [])
  return width
}
