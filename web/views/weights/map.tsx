// The map of layers and kinds: colour is the logarithm of the change. Over the picture lie its cells as buttons that arrow keys
// go through, one stop of the tab key in all.
import { useRef, useState } from 'preact/hooks'
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { WeightsResult } from '../../../src/schema/results.ts'
import { percent } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { type Geometry, geometryOf, leastWidth, type PlacedCell } from './geometry.ts'
import { cellText, changeOf, type MapCell, roundingOf, stateOf, type TensorMap } from './layout.ts'
import { levelOf, MapLegend, type Scale, scaleOf } from './scale.tsx'
import { mapSentence } from './words.ts'

interface MapProps {
  name: string
  result: WeightsResult
  map: TensorMap
  selected: string | null
  select: (tensor: string) => void
}

export function WeightsMap({ name, result, map, selected, select }: MapProps) {
  const scale = scaleOf(map)
  const [read, setRead] = useState<MapCell | null>(null)
  const all = [...map.inLayers, ...map.outside].flatMap(({ cells }) => cells)
  const shown = read ?? all.find(({ tensor }) => tensor.name === selected) ?? null
  return (
    <section class="weights-map">
      <h2>Layers and kinds</h2>
      <Chart
        label={mapSentence(name, result, all)}
        note="A cell is a tensor: the norm of its change in % of the base's norm, each step of colour the same factor. Choose a cell for its spectrum."
        name={`weights-${name}`}
        minWidth={leastWidth(map)}
        legend={<MapLegend scale={scale} states={new Set(all.map(({ tensor }) => stateOf(tensor)))} />}
        table={mapTable(all)}
        draw={(width) => drawn(geometryOf(map, width), scale)}
        over={(width) => (
          <>
            <Cells geometry={geometryOf(map, width)} selected={selected} select={select} read={setRead} />
            <p class="map-read small soft">{shown && printable(cellText(shown))}</p>
          </>
        )}
      />
    </section>
  )
}

function drawn(geometry: Geometry, scale: Scale): Plot.PlotOptions {
  const { width, height, cells, texts, hasValues } = geometry
  const box = { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' }
  const inState = (state: string) => cells.filter(({ cell }) => stateOf(cell.tensor) === state)
  const moved = inState('moved').map((placed) => ({
    ...placed,
    level: levelOf(scale, changeOf(placed.cell.tensor)!),
  }))
  const value = (fill: string, data: readonly PlacedCell[]) =>
    Plot.text(data, {
      x: ({ x1, x2 }: PlacedCell) => (x1 + x2) / 2,
      y: ({ y1, y2 }: PlacedCell) => (y1 + y2) / 2,
      text: valueText,
      fill,
      fontVariant: 'tabular-nums',
    })
  return {
    width,
    height,
    margin: 0,
    x: { type: 'linear', domain: [0, width], range: [0, width], axis: null },
    y: { type: 'linear', domain: [0, height], range: [0, height], axis: null },
    marks: [
      Plot.rect(moved, { ...box, fill: 'var(--heat-0)', rx: 3 }),
      Plot.rect(moved, { ...box, fill: 'var(--heat-1)', fillOpacity: (one) => one.level.opacity, rx: 3 }),
      Plot.rect(inState('rounding'), {
        ...box,
        inset: 1,
        fill: 'none',
        stroke: 'var(--line-strong)',
        strokeDasharray: '3,3',
        rx: 3,
      }),
      ...(hasValues
        ? [
            value(
              'var(--ink)',
              moved.filter(({ level }) => !level.isDark),
            ),
            value(
              'var(--paper)',
              moved.filter(({ level }) => level.isDark),
            ),
            value('var(--ink-soft)', inState('rounding')),
          ]
        : []),
      value('var(--ink-soft)', [...inState('equal'), ...inState('unknown')]),
      ...(['start', 'middle', 'end'] as const).map((anchor) =>
        Plot.text(
          texts.filter((text) => text.anchor === anchor),
          { x: 'x', y: 'y', text: 'text', textAnchor: anchor, fill: 'var(--ink-soft)' },
        ),
      ),
    ],
  }
}

function valueText({ cell: { tensor } }: PlacedCell): string {
  switch (stateOf(tensor)) {
    case 'equal':
      return '='
    case 'unknown':
      return '?'
    default:
      return percent(changeOf(tensor)!)
  }
}

interface CellsProps {
  geometry: Geometry
  selected: string | null
  select: (tensor: string) => void
  read: (cell: MapCell | null) => void
}

const STEPS: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

function Cells({ geometry: { cells, rows }, selected, select, read }: CellsProps) {
  const grid = useRef<HTMLDivElement>(null)
  const [active, setActive] = useState<string | null>(null)
  const stop =
    [active, selected].find((name) => cells.some(({ cell }) => cell.tensor.name === name)) ??
    cells[0]?.cell.tensor.name
  const go = (event: KeyboardEvent, { row, column }: PlacedCell) => {
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const inRow = rows[Math.min(Math.max(row + step[0], 0), rows.length - 1)]!
    const next = inRow[Math.min(Math.max(column + step[1], 0), inRow.length - 1)]!
    setActive(next.cell.tensor.name)
    grid.current?.querySelector<HTMLElement>(`[data-cell="${next.row}-${next.column}"]`)?.focus()
  }
  return (
    <div class="map-grid" role="toolbar" aria-label="Tensors by kind and layer" ref={grid}>
      {cells.map((placed) => {
        const { cell, x1, x2, y1, y2 } = placed
        const { name } = cell.tensor
        return (
          <button
            type="button"
            key={name}
            class="map-cell"
            style={`left:${x1}px;top:${y1}px;width:${x2 - x1}px;height:${y2 - y1}px`}
            data-cell={`${placed.row}-${placed.column}`}
            tabIndex={name === stop ? 0 : -1}
            aria-pressed={name === selected}
            aria-label={printable(cellText(cell))}
            onClick={() => {
              setActive(name)
              select(name)
            }}
            onKeyDown={(event) => go(event, placed)}
            onFocus={() => read(cell)}
            onBlur={() => read(null)}
            onMouseEnter={() => read(cell)}
            onMouseLeave={() => read(null)}
          />
        )
      })}
    </div>
  )
}

function mapTable(cells: readonly MapCell[]): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'kind' },
      { title: 'layer', align: 'right' },
      { title: 'change, %', align: 'right' },
      { title: 'rounding alone, %', align: 'right' },
      { title: 'tensors', align: 'right' },
    ],
    rows: cells.map(({ kind, layer, tensor, tensors }) => {
      const [change, rounding] = [changeOf(tensor), roundingOf(tensor)]
      return [
        kind,
        layer === null ? '' : String(layer),
        change === null ? '-' : percent(change),
        rounding === null ? '-' : percent(rounding),
        String(tensors),
      ]
    }),
  }
}
