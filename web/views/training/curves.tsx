// Loss, learning rate and norm of the gradient by step.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { StudyReport } from '../../../src/schema/report.ts'
import type { TrainRow } from '../../../src/schema/training.ts'
import { count, nats } from '../../../src/util/numbers.ts'
import { plural, printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { logAxis } from '../../parts/logAxis.ts'
import { Legend } from '../../parts/side.tsx'
import { lookOf, nameOf } from '../../sides.ts'
import { type Point, pointsOf, type Run, smoothed, thinned, windowOf } from './series.ts'
import { lossSentence } from './words.ts'

/** Largest over least from which an axis is logarithmic. */
const WIDE = 50

interface Line {
  name: string
  side: string
  colour: string
  points: readonly Point[]
}

const lineOf = (study: StudyReport, { training }: Run, points: readonly Point[]): Line => ({
  name: printable(nameOf(study, training)),
  side: training.side,
  colour: lookOf(study, training.side).colour,
  points,
})

export function Curves({ runs }: { runs: readonly Run[] }) {
  return (
    <>
      <Loss runs={runs} />
      <div class="columns">
        <Small
          runs={runs}
          title="Learning rate"
          name="learning-rate"
          value={({ learningRate }) => learningRate}
          note="By step, as the schedule of the recipe has it. Equal schedules lie on one line."
        />
        <Small
          runs={runs}
          title="Norm of the gradient"
          name="gradient-norm"
          value={({ gradientNorm }) => gradientNorm}
          note="By step, before clipping."
        />
      </div>
    </>
  )
}

function Loss({ runs }: { runs: readonly Run[] }) {
  const { study } = usePage()
  const ofLoss = runs.map((run) => ({ run, points: pointsOf(run, ({ loss }) => loss) }))
  const raw = ofLoss.map(({ run, points }) => lineOf(study, run, thinned(points)))
  const isLog = scaleOf(raw).isLog
  const smooth = ofLoss.map(({ run, points }) => lineOf(study, run, thinned(smoothed(points, isLog))))
  const heldOut = runs
    .map((run) =>
      lineOf(
        study,
        run,
        pointsOf(run, ({ heldOutLoss }) => heldOutLoss),
      ),
    )
    .filter(({ points }) => points.length > 0)
  const steps = ofLoss.map(({ points }) => points.length)
  const scale = { ...scaleOf([...smooth, ...heldOut]), isLog }
  return (
    <Chart
      label={lossLabel(study, runs)}
      note={lossNote(steps, scale.isLog, heldOut.length > 0)}
      name="loss"
      legend={<Legend sides={[...new Set(runs.map(({ training }) => training.side))]} />}
      table={lossTable(study, runs)}
      draw={(width) =>
        frame(width, 320, scale, [
          ...raw.map((line) => drawnLine(line, { strokeOpacity: 0.18, strokeWidth: 1 })),
          ...smooth.map((line) => drawnLine(line, { strokeWidth: 1.8 })),
          ...heldOut.flatMap((line) => [
            drawnLine(line, { strokeDasharray: '2,4', strokeWidth: 1.4 }),
            Plot.dot(line.points, {
              x: 'step',
              y: 'value',
              stroke: line.colour,
              fill: 'var(--paper)',
              r: 3.5,
            }),
          ]),
        ])
      }
    />
  )
}

const drawnLine = ({ points, colour }: Line, options: Plot.LineOptions): Plot.Line =>
  Plot.line(points, { x: 'step', y: 'value', stroke: colour, clip: true, ...options })

function lossLabel(study: StudyReport, runs: readonly Run[]): string {
  const results = runs.flatMap(({ training: { side, seed } }) =>
    study.results.trainings.filter((one) => one.side === side && one.seed === seed),
  )
  const of = results.length === 1 ? printable(nameOf(study, results[0]!)) : plural(results.length, 'training')
  return lossSentence(results, of)
}

function lossNote(steps: readonly number[], isLog: boolean, hasHeldOut: boolean): string {
  const windows = new Set(steps.map(windowOf))
  const span = windows.size === 1 ? `${count([...windows][0]!)} steps` : 'a twelfth of the steps'
  return [
    `Mean cross entropy of the tokens that are trained on, by step${isLog ? ', on a logarithmic axis' : ''}.`,
    Math.max(...windows) > 1
      ? `Strong lines are ${isLog ? 'geometric means' : 'means'} over ${span} around each, faint ones the steps themselves.`
      : '',
    hasHeldOut
      ? 'Hollow dots on dotted lines are the loss on held-out examples.'
      : 'No examples were held out.',
  ].join(' ')
}

interface SmallProps {
  runs: readonly Run[]
  title: string
  name: string
  note: string
  value: (row: TrainRow) => number
}

function Small({ runs, title, name, note, value }: SmallProps) {
  const { study } = usePage()
  const lines = runs.map((run) => lineOf(study, run, thinned(pointsOf(run, value), 600)))
  const all = lines.flatMap(({ points }) => points.map((point) => point.value))
  if (all.length === 0) return null
  const scale = { ...scaleOf(lines), ...(name === 'learning-rate' ? { isLog: false, low: 0 } : {}) }
  const most = lines.map((line) => [line.name, Math.max(...line.points.map((point) => point.value))] as const)
  return (
    <Chart
      label={`${title}: at most ${nats(Math.max(...all))}`}
      note={`${note}${scale.isLog ? ' The axis is logarithmic.' : ''}`}
      name={name}
      table={{
        kind: 'table',
        columns: [
          { title: 'training' },
          { title: 'largest', align: 'right' },
          { title: 'last', align: 'right' },
        ],
        rows: most.map(([of, largest], i) => [of, nats(largest), nats(lines[i]!.points.at(-1)?.value ?? 0)]),
      }}
      draw={(width) =>
        frame(
          width,
          180,
          scale,
          lines.map((line) => drawnLine(line, { strokeWidth: 1.3, strokeOpacity: 0.85 })),
        )
      }
    />
  )
}

interface Scale {
  isLog: boolean
  low: number
  high: number
}

function scaleOf(lines: readonly Line[]): Scale {
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value))
  const positive = values.filter((value) => value > 0)
  const [least, high] = [Math.min(...positive), Math.max(...positive)]
  const isLog = high / least > WIDE
  return isLog ? { isLog, low: least / 1.3, high: high * 1.3 } : { isLog, low: 0, high: high * 1.05 }
}

function frame(
  width: number,
  height: number,
  { isLog, low, high }: Scale,
  marks: readonly Plot.Markish[],
): Plot.PlotOptions {
  const axis = isLog ? logAxis('y', { low, high, length: height - 48, format: nats }) : null
  return {
    width,
    height,
    marginLeft: 58,
    marginRight: 26,
    marginBottom: 38,
    marginTop: 10,
    x: {
      label: 'step',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: Math.max(3, Math.round(width / 110)),
      tickFormat: count,
    },
    y: axis?.scale ?? { domain: [low, high], ticks: 5, tickFormat: nats, grid: true, label: null },
    marks: [...(axis?.marks ?? []), ...marks],
  }
}

function lossTable(study: StudyReport, runs: readonly Run[]): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'training' },
      { title: 'steps', align: 'right' },
      { title: 'loss, first step', align: 'right' },
      { title: 'last step', align: 'right' },
      { title: 'held-out loss, last', align: 'right' },
    ],
    rows: runs.map(({ training, rows }) => {
      const heldOut = rows.findLast((row) => row.heldOutLoss !== undefined)?.heldOutLoss
      return [
        nameOf(study, training),
        count(rows.length),
        nats(rows[0]?.loss ?? 0),
        nats(rows.at(-1)?.loss ?? 0),
        heldOut === undefined ? '-' : nats(heldOut),
      ]
    }),
  }
}
