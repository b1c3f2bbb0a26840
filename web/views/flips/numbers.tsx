// The tiles as a table: a row a problem, with the answers behind it.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { StudyReport } from '../../../src/schema/report.ts'
import { count } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import type { Flip, FlipColumn } from '../../answers.ts'
import { usePage } from '../../context.ts'
import { Table } from '../../parts/table.tsx'
import { nameOf } from '../../sides.ts'
import { answersOf, runsOf, STATE_WORDS } from './words.ts'

/** Of more rows the document becomes slow. */
const MOST_ROWS = 1000

interface NumbersProps {
  flips: readonly Flip[]
  columns: readonly FlipColumn[]
  label: string
  linkTo: (flip: Flip) => string
}

export function FlipNumbers({ flips, columns, label, linkTo }: NumbersProps) {
  const { study } = usePage()
  const shown = flips.slice(0, MOST_ROWS)
  const table = tableOf(study, shown, columns)
  return (
    <>
      {shown.length < flips.length && (
        <p class="soft small">
          The first {count(shown.length)} of {count(flips.length)} problems, in the order of the tiles.
        </p>
      )}
      <Table
        table={table}
        label={`Numbers: ${label}`}
        isSortable
        to={(row) => ({
          href: linkTo(shown[row]!),
          label: `${printable(shown[row]!.problem)}: its answers side by side`,
        })}
      />
    </>
  )
}

function tableOf(study: StudyReport, flips: readonly Flip[], columns: readonly FlipColumn[]): TableBlock {
  const runs = runsOf(columns)
  const titles = ['problem', 'change', ...runs.map(({ instance }) => printable(nameOf(study, instance)))]
  return {
    kind: 'table',
    columns: titles.map((title) => ({ title })),
    rows: flips.map((flip) => [
      flip.problem,
      STATE_WORDS[flip.state],
      ...runs.map((run) => answersOf(run, flip)),
    ]),
  }
}
