// All variants and trainings beside each other: how far their matrices moved, and by what.

import type { StudyReport } from '../../../src/schema/report.ts'
import { withAgainst } from '../../../src/schema/sideNames.ts'
import { percent } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { logAxis } from '../../parts/logAxis.ts'
import { fitted } from '../../parts/rows.ts'
import { baseName, lookOf, nameOf } from '../../sides.ts'
import { allSentence, shareOf, zeroOf } from './words.ts'

const MARGIN_RIGHT = 20

interface Row {
  name: string
  side: string
  change: number | null
  rounding: number | null
  quantising: number | null
  training: number | null
}

export function AllVariants() {
  const { study } = usePage()
  const table = study.tables.weights
  const rows = rowsOf(study)
  if (!table || rows.length < 2) return null
  const isSplit = rows.some(({ training }) => training !== null)
  return (
    <section class="section">
      <h2>All variants</h2>
      <Chart
        label={allSentence(rows)}
        note="Change of all matrices in % of their norm, on a logarithmic axis. The mark of a side is its whole change."
        legend={<Marks isSplit={isSplit} />}
        name="weights-all"
        table={table}
        draw={(width) => drawn(rows, study, width)}
      />
    </section>
  )
}

/** What is drawn beside the change itself, which has the mark of its side. */
function Marks({ isSplit }: { isSplit: boolean }) {
  const mark = (path: string, text: string) => (
    <li>
      <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
        <path d={path} fill="none" stroke="var(--ink-soft)" stroke-width="1.8" />
      </svg>
      {text}
    </li>
  )
  return (
    <ul class="legend">
      {mark('M0-5V5', 'rounding to the number format alone')}
      {isSplit && mark('M-4-4L4 4M-4 4L4-4', 'quantising alone')}
      {isSplit && mark('M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z', 'training alone')}
    </ul>
  )
}

function rowsOf(study: StudyReport): Row[] {
  const base = baseName(study)
  return study.results.weights.map((one) => {
    const { relativeChange, quantisationAlone, trainingAlone } = one.matrices
    return {
      name: printable(withAgainst(nameOf(study, one), one.against.side, base)),
      side: one.side,
      change: shareOf(relativeChange),
      rounding: zeroOf(relativeChange),
      quantising: shareOf(quantisationAlone),
      training: shareOf(trainingAlone),
    }
  })
}

function drawn(rows: readonly Row[], study: StudyReport, width: number): Plot.PlotOptions {
  const values = rows
    .flatMap(({ change, rounding, quantising, training }) => [change, rounding, quantising, training])
    .filter((value): value is number => value !== null && value > 0)
  // Where nothing moved there is an empty axis.
  const [low, high] =
    values.length === 0 ? [0.001, 1] : [Math.min(...values) / 1.4, Math.max(...values) * 1.4]
  const of = (key: 'change' | 'rounding' | 'quantising' | 'training') =>
    rows.filter((row) => row[key] !== null && row[key]! > 0)
  const marginLeft = Math.min(width * 0.42, Math.max(...rows.map(({ name }) => name.length)) * 6.7 + 16)
  const length = width - marginLeft - MARGIN_RIGHT
  const axis = logAxis('x', { low, high, length, format: (share) => `${percent(share)} %` })
  return {
    width,
    height: rows.length * 24 + 46,
    marginLeft,
    marginBottom: 36,
    marginTop: 6,
    marginRight: MARGIN_RIGHT,
    x: axis.scale,
    y: {
      domain: rows.map(({ name }) => name),
      label: null,
      tickFormat: (d: string) => fitted(d, marginLeft - 12),
      tickSize: 0,
    },
    marks: [
      ...axis.marks,
      Plot.tickX(of('rounding'), {
        x: 'rounding',
        y: 'name',
        stroke: 'var(--ink-soft)',
        strokeWidth: 2,
        inset: 4,
      }),
      Plot.dot(of('quantising'), {
        x: 'quantising',
        y: 'name',
        symbol: 'times',
        stroke: 'var(--ink-soft)',
        strokeWidth: 1.8,
        r: 4,
      }),
      Plot.dot(of('training'), {
        x: 'training',
        y: 'name',
        stroke: ({ side }: Row) => lookOf(study, side).colour,
        strokeWidth: 1.6,
        r: 4,
      }),
      Plot.dot(of('change'), {
        x: 'change',
        y: 'name',
        symbol: ({ side }: Row) => lookOf(study, side).symbol,
        fill: ({ side }: Row) => lookOf(study, side).colour,
        r: 5,
      }),
    ],
  }
}
