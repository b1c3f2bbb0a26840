// Tables as text for a terminal and as Markdown, from the same columns and rows. No boxes, no colour.
import { printable } from './text.ts'

export interface Column {
  title: string
  /** Numbers go right; left is the default. */
  align?: 'left' | 'right' | undefined
  /** Widest cell in terminal columns; a longer one is cut with an ellipsis (not in Markdown). */
  maxWidth?: number | undefined
}

export type Cells = readonly (readonly string[])[]

// Characters that a terminal draws two columns wide: East Asian wide and full-width forms, emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Lines of a table without a newline at the end: a title row, then the rows; right-aligned where a column says so. */
export function textTable(
  columns: readonly Column[],
  rows: Cells,
  options: { gap?: number; indent?: number } = {},
): string {
  const lines = [columns.map((column) => column.title), ...rows].map((cells) =>
    columns.map((column, j) => cut(plain(cells[j] ?? ''), column.maxWidth ?? Number.POSITIVE_INFINITY)),
  )
  const widths = columns.map((_, j) =>
    lines.reduce((most, cells) => Math.max(most, displayWidth(cells[j]!)), 0),
  )
  const gap = ' '.repeat(options.gap ?? 2)
  const indent = ' '.repeat(options.indent ?? 0)
  return lines
    .map((cells) => {
      const padded = cells.map((cell, j) => {
        const space = ' '.repeat(widths[j]! - displayWidth(cell))
        return columns[j]!.align === 'right' ? space + cell : cell + space
      })
      return (indent + padded.join(gap)).trimEnd()
    })
    .join('\n')
}

/** The same table as GitHub Markdown, without a newline at the end. */
export function markdownTable(columns: readonly Column[], rows: Cells): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const escaped = (cell: string): string => plain(cell).replace(/[\\|<]/g, '\\$&')
  return [
    line(columns.map((column) => escaped(column.title))),
    line(columns.map((column) => (column.align === 'right' ? '---:' : '---'))),
    ...rows.map((cells) => line(columns.map((_, j) => escaped(cells[j] ?? '')))),
  ].join('\n')
}

/** Columns that a terminal needs for one line of text; nearly right for most scripts, not for all. */
export function displayWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}

function plain(cell: string): string {
  return printable(cell.replace(/\s+/g, ' ').trim())
}

function cut(text: string, maxWidth: number): string {
  if (displayWidth(text) <= maxWidth) return text
  let kept = ''
  let width = 1
  for (const { segment } of graphemes.segment(text)) {
    width += displayWidth(segment)
    if (width > maxWidth) break
    kept += segment
  }
  return `${kept}…`
}
