// What trainings took: time, memory, and the size of what they left.
import type { StudyReport } from '../../../src/schema/report.ts'
import { count } from '../../../src/util/numbers.ts'
import { byteSize, printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { fitted } from '../../parts/rows.ts'
import { Table } from '../../parts/table.tsx'
import { lookOf, nameOf } from '../../sides.ts'

interface Cost {
  name: string
  side: string
  value: number
}

export function Cost() {
  const { study } = usePage()
  const { trainings: table } = study.tables
  const cost = (value: (one: StudyReport['trainings'][number]) => number): Cost[] =>
    study.trainings.map((one) => ({ name: printable(nameOf(study, one)), side: one.side, value: value(one) }))
  return (
    <section class="section unbroken">
      <h2>Cost</h2>
      <div class="columns">
        <Dots title="Training took" name="seconds" rows={cost(({ seconds }) => seconds)} format={seconds} />
        <Dots
          title="Most memory was"
          name="memory"
          rows={cost(({ peakMemoryMb }) => peakMemoryMb * 1e6)}
          format={memory}
          note="The peak of the whole process: of several trainings in one command a later one never reads lower."
        />
      </div>
      {table && <Table table={table} label="Cost of all trainings" isSortable />}
    </section>
  )
}

function seconds(value: number): string {
  if (value < 100) return `${Number(value.toPrecision(2))} s`
  return value < 6000 ? `${Math.round(value / 60)} min` : `${(value / 3600).toFixed(1)} h`
}

const memory = (bytes: number): string =>
  bytes < 1e9 ? `${count(Math.round(bytes / 1e6))} MB` : byteSize(bytes)

/** `lora (seed 2)` as `lora, seed 2`. */
const inBrackets = (name: string): string => name.replace(/ \((seed \d+)\)$/, ', $1')

interface DotsProps {
  title: string
  name: string
  rows: readonly Cost[]
  format: (value: number) => string
  note?: string
}

function Dots({ title, name, rows, format, note }: DotsProps) {
  const { study } = usePage()
  const sorted = [...rows].sort((a, b) => a.value - b.value)
  const [least, most] = [sorted[0]!, sorted.at(-1)!]
  const left = (width: number) =>
    Math.min(width * 0.42, Math.max(...rows.map((row) => row.name.length)) * 6.7 + 16)
  const label =
    rows.length === 1
      ? `${title} ${format(least.value)}`
      : `${title} ${format(least.value)} (${inBrackets(least.name)}) to ${format(most.value)} (${inBrackets(most.name)})`
  return (
    <Chart
      label={label}
      {...(note === undefined ? {} : { note })}
      name={name}
      table={{
        kind: 'table',
        columns: [{ title: 'training' }, { title: name, align: 'right' }],
        rows: rows.map((row) => [row.name, format(row.value)]),
      }}
      draw={(width) => ({
        width,
        height: rows.length * 22 + 40,
        marginLeft: left(width),
        marginBottom: 30,
        marginTop: 6,
        marginRight: 24,
        x: {
          domain: [0, most.value * 1.05 || 1],
          ticks: Math.max(3, Math.round(width / 130)),
          tickFormat: format,
          label: null,
          grid: true,
        },
        y: {
          domain: rows.map((row) => row.name),
          label: null,
          tickFormat: (d: string) => fitted(d, left(width) - 12),
          tickSize: 0,
        },
        marks: [
          Plot.ruleY(rows, { x1: 0, x2: 'value', y: 'name', stroke: 'var(--line)' }),
          Plot.dot(rows, {
            x: 'value',
            y: 'name',
            r: 4.5,
            symbol: ({ side }: Cost) => lookOf(study, side).symbol,
            fill: ({ side }: Cost) => lookOf(study, side).colour,
          }),
        ],
      })}
    />
  )
}
