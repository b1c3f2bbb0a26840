// Tables: numbers go right and stand in columns; a click on a title sorts by it. Wide ones scroll by themselves.
import { useState } from 'preact/hooks'
import type { TableBlock } from '../../src/schema/blocks.ts'
import { printable } from '../../src/util/text.ts'
import { Named } from './side.tsx'

interface TableProps {
  table: TableBlock
  /** What it shows, for those who cannot see it. */
  label: string
  isSortable?: boolean
  /** Where a click on a row leads, and in which words. */
  to?: RowLink | undefined
}

/** Of a row by its place in the table as it was given. */
export type RowLink = (row: number) => { href: string; label: string } | undefined

type Order = { column: number; isUp: boolean } | null

export function Table({ table, label, isSortable = false, to }: TableProps) {
  const [order, setOrder] = useState<Order>(null)
  const rows = sorted(table, order)
  const sortBy = (column: number) =>
    setOrder((now) =>
      now?.column === column && !now.isUp ? { column, isUp: true } : { column, isUp: false },
    )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by key
    <section class="table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {table.columns.map(({ title, align }, at) => (
              <th key={at} scope="col" class={align} aria-sort={sortOf(order, at)}>
                {isSortable ? (
                  <button type="button" onClick={() => sortBy(at)}>
                    {title}
                    <span aria-hidden="true">{order?.column === at ? (order.isUp ? ' ↑' : ' ↓') : ''}</span>
                  </button>
                ) : (
                  <Named text={title} />
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ cells, row }) => (
            <tr key={row} class={to?.(row) && 'linked'}>
              {table.columns.map(({ align }, at) => {
                const text = printable(cells[at] ?? '')
                return at === 0 ? (
                  <th key={at} scope="row" class={align}>
                    <RowHead text={text} to={to?.(row)} />
                  </th>
                ) : (
                  <td key={at} class={`${align ?? ''} ${toneOf(text)}`}>
                    {align === 'right' ? text : <Named text={text} />}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** Marked ones have the colour of their mark. */
const toneOf = (text: string): string => (/[↑▲]/.test(text) ? 'better' : /[↓▼]/.test(text) ? 'worse' : '')

/** Where the row leads somewhere, a link that covers it. */
function RowHead({ text, to }: { text: string; to: ReturnType<RowLink> }) {
  if (!to) return <Named text={text} />
  return (
    <a href={to.href} aria-label={to.label}>
      <Named text={text} />
    </a>
  )
}

const sortOf = (order: Order, column: number): 'ascending' | 'descending' | undefined =>
  order?.column === column ? (order.isUp ? 'ascending' : 'descending') : undefined

function sorted({ rows }: TableBlock, order: Order): { cells: readonly string[]; row: number }[] {
  const all = rows.map((cells, row) => ({ cells, row }))
  if (order === null) return all
  const sign = order.isUp ? 1 : -1
  return all.sort((a, b) => sign * byCell(a.cells[order.column] ?? '', b.cells[order.column] ?? ''))
}

/** By the first number in a cell, where both have one; what has none comes below. */
function byCell(a: string, b: string): number {
  const [x, y] = [numberIn(a), numberIn(b)]
  if (x === null && y === null) return a.localeCompare(b, 'en', { numeric: true })
  if (x === null || y === null) return x === null ? -1 : 1
  return x - y
}

function numberIn(text: string): number | null {
  const found = /^[^\d+-]{0,4}([+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)/.exec(text)
  return found ? Number(found[1]!.replaceAll(',', '')) : null
}
