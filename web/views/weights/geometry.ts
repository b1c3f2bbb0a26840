// Where the cells of the map stand, in pixels: the picture and the grid that lies over it are of one mind.
import { printable } from '../../../src/util/text.ts'
import type { MapCell, MapRow, TensorMap } from './layout.ts'

export interface PlacedCell {
  cell: MapCell
  row: number
  column: number
  x1: number
  x2: number
  y1: number
  y2: number
}

interface PlacedText {
  x: number
  y: number
  text: string
  anchor: 'start' | 'middle' | 'end'
}

export interface Geometry {
  width: number
  height: number
  cells: readonly PlacedCell[]
  /** The same cells by row. */
  rows: readonly (readonly PlacedCell[])[]
  texts: readonly PlacedText[]
  /** A cell has room for its number. */
  hasValues: boolean
}

const CHARACTER = 6.7
const GAP = 2
const TOP = 38
/** Between the layers and what is outside of them. */
const BREAK = 30
const CELL = { least: 16, most: 84, withValue: 36 }
const LABEL = { least: 48, most: 160 }

const labelWidth = ({ inLayers, outside }: TensorMap): number => {
  const longest = Math.max(...[...inLayers, ...outside].map(({ kind }) => kind.length))
  return Math.min(LABEL.most, Math.max(LABEL.least, longest * CHARACTER + 14))
}

/** A model without layers has one column all the same. */
const columnsOf = ({ layers }: TensorMap): number => Math.max(1, layers)

export const leastWidth = (map: TensorMap): number => Math.ceil(labelWidth(map) + columnsOf(map) * CELL.least)

export function geometryOf(map: TensorMap, width: number): Geometry {
  const left = labelWidth(map)
  const columns = columnsOf(map)
  const cellWidth = Math.min(CELL.most, Math.max(CELL.least, (width - left) / columns))
  const hasValues = cellWidth >= CELL.withValue
  const cellHeight = hasValues ? 30 : 22
  const top = map.layers > 0 ? TOP : 4
  const below =
    top + map.inLayers.length * cellHeight + (map.layers > 0 && map.outside.length > 0 ? BREAK : 0)
  const at = (list: readonly MapRow[], first: number, y: number) =>
    list.map(({ cells }, i) =>
      cells.map((cell, column): PlacedCell => {
        const x = left + (cell.layer ?? 0) * cellWidth
        const isWide = cell.layer === null && map.layers > 0
        return {
          ...{ cell, row: first + i, column },
          x1: x + GAP / 2,
          x2: x + (isWide ? columns : 1) * cellWidth - GAP / 2,
          y1: y + i * cellHeight + GAP / 2,
          y2: y + (i + 1) * cellHeight - GAP / 2,
        }
      }),
    )
  const rows = [...at(map.inLayers, 0, top), ...at(map.outside, map.inLayers.length, below)]
  return {
    width: Math.ceil(left + columns * cellWidth),
    height: below + map.outside.length * cellHeight + 4,
    rows,
    cells: rows.flat(),
    texts: [
      ...rows.map((row) => rowLabel(row, left)),
      ...(map.layers > 0 ? layerLabels(map.layers, left, cellWidth) : []),
      ...(map.layers > 0 && map.outside.length > 0
        ? [{ x: left + 2, y: below - 9, text: 'outside the layers', anchor: 'start' as const }]
        : []),
    ],
    hasValues,
  }
}

function rowLabel([first]: readonly PlacedCell[], left: number): PlacedText {
  const { cell, y1, y2 } = first!
  const most = Math.floor((LABEL.most - 14) / CHARACTER)
  const text = printable(cell.kind)
  return {
    x: left - 8,
    y: (y1 + y2) / 2,
    text: text.length > most ? `${text.slice(0, most - 1)}…` : text,
    anchor: 'end',
  }
}

/** As many as stand beside each other. */
function layerLabels(layers: number, left: number, cellWidth: number): PlacedText[] {
  const every = [1, 2, 4, 5, 10, 20].find((step) => step * cellWidth >= 24) ?? 20
  const numbers = Array.from({ length: layers }, (_, layer) => layer)
    .filter((layer) => layer % every === 0)
    .map(
      (layer): PlacedText => ({
        x: left + (layer + 0.5) * cellWidth,
        y: TOP - 10,
        text: String(layer),
        anchor: 'middle',
      }),
    )
  return [{ x: left + 2, y: 9, text: 'layer', anchor: 'start' }, ...numbers]
}
