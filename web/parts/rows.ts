// Charts of named rows, such as estimates with their intervals one below the other: the names stand left of the marks, or in a
// narrow window above them, where both have no room side by side.
import type { Look } from '../sides.ts'
import { Plot } from './chart.tsx'
import { textWidth } from './textWidth.ts'

const NARROW = 560
/** Rows from which on the axis stands at the top too. */
export const TALL = 16
/** For half of the first number of the axis. */
const NARROW_LEFT = 12
/** Of the width, at most. */
const NAME_SHARE = 0.36
const NAME_GAP = 14
/** For the symbol of a side. */
const LOOK_WIDTH = 14
/** A text is drawn a little wider than it is measured. */
const SLACK = 4
/** Letters of the end of a name that is cut. */
const KEPT_END = 14
/** Far more than has room: each is measured. */
const MOST_CHARACTERS = 300
const FONT = { size: 12.5 }

export interface RowsLayout {
  isNarrow: boolean
  /** Left of the frame. */
  left: number
  /** Of a name. */
  room: number
  /** In a narrow window a name stands this much above the middle of its row, and marks as much below. */
  shift: number
}

interface LayoutOptions {
  width: number
  /** What else stands in the line of a name in a narrow window, in pixels. */
  beside?: number
  hasLooks?: boolean
}

/** Whether names stand above their marks. */
export const isNarrow = (width: number): boolean => width < NARROW

export function rowsLayout(names: readonly string[], options: LayoutOptions): RowsLayout {
  const { width, beside = 0, hasLooks = false } = options
  const look = hasLooks ? LOOK_WIDTH : 0
  if (isNarrow(width)) return { isNarrow: true, left: NARROW_LEFT, room: width - 8 - beside - look, shift: 9 }
  const gap = NAME_GAP + look
  const left = Math.ceil(
    Math.min(
      Math.max(...names.map((name) => textWidth(name.slice(0, MOST_CHARACTERS), FONT))) + SLACK + gap,
      width * NAME_SHARE,
    ),
  )
  return { isNarrow: false, left, room: left - gap, shift: 0 }
}

interface NamesOptions<Row> {
  layout: RowsLayout
  y: (row: Row) => number
  name: (row: Row) => string
  fill: string | ((row: Row) => string)
  /** Colour and symbol of the side that a row is of. */
  look?: (row: Row) => Look
  isBold?: boolean
}

/** The names of rows; one that is too long is cut in its middle, and whole in its title. */
export function rowNames<Row>(rows: readonly Row[], options: NamesOptions<Row>): Plot.Markish[] {
  const { layout, y, name, fill, look, isBold = false } = options
  const { isNarrow, room, shift } = layout
  const beside = look ? LOOK_WIDTH : 0
  const place = { y, frameAnchor: 'left' as const, dy: -shift }
  const names = Plot.text(rows as Row[], {
    ...{ ...place, fill, title: name, fontSize: FONT.size, text: (row: Row) => fitted(name(row), room) },
    // As it is measured: the digits of the page are wider.
    fontVariant: 'normal',
    // In a narrow window lines of the picture go behind names.
    ...(isNarrow ? { stroke: 'var(--paper)', strokeWidth: 8 } : {}),
    ...(isBold ? { fontWeight: 600 } : {}),
    textAnchor: isNarrow ? 'start' : 'end',
    dx: isNarrow ? beside - NARROW_LEFT : -NAME_GAP - beside,
  })
  if (!look) return [names]
  const dots = Plot.dot(rows as Row[], {
    ...{ ...place, r: 4, dx: isNarrow ? 4 - NARROW_LEFT : -NAME_GAP - 3 },
    fill: (row: Row) => look(row).colour,
    symbol: (row: Row) => look(row).symbol,
  })
  return [names, dots]
}

interface BandsOptions<Row> {
  /** Of a row, in pixels. */
  height: number
  y: (row: Row) => number
  /** Its place in the table. */
  row: (row: Row) => number
  /** Where it leads. */
  title: (row: Row) => string
}

/** Lies over a picture, which is given the links of its table: a click on a row leads where that of the table does. */
export function rowBands<Row>(rows: readonly Row[], options: BandsOptions<Row>): Plot.Markish {
  const { height, y, row, title } = options
  return (_index, scales, _values, { width }) => {
    const bands = createSvg('g', {})
    for (const one of rows) {
      const top = Number(scales.y!(y(one))) - height / 2
      const band = createSvg('rect', { y: top, width, height, fill: 'none', 'pointer-events': 'all' })
      band.dataset.row = String(row(one))
      const words = createSvg('title', {})
      words.textContent = title(one)
      band.append(words)
      bands.append(band)
    }
    return bands
  }
}

function createSvg(name: 'g' | 'rect' | 'title', attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value))
  return element
}

/** As much of a text as has room, in pixels; its end, where names of one folder differ, is kept. */
export function fitted(text: string, room: number): string {
  if (text.length <= MOST_CHARACTERS && textWidth(text, FONT) <= room) return text
  const end = text.slice(-Math.min(KEPT_END, Math.floor(text.length / 2)))
  let length = Math.min(text.length - end.length, MOST_CHARACTERS)
  while (length > 1 && textWidth(`${text.slice(0, length)}…${end}`, FONT) > room) length--
  return `${text.slice(0, length).trimEnd()}…${end.trimStart()}`
}
