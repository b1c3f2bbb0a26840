// What a training learnt against what it lost: a point each, lines where nothing changed.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { StudyReport, TrainingView } from '../../../src/schema/report.ts'
import { interval, signedNats, signedPoints } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { useSetQuery } from '../../parts/instance.tsx'
import { Absent, Choice } from '../../parts/shared.tsx'
import { Legend } from '../../parts/side.tsx'
import { lookOf, nameOf } from '../../sides.ts'
import { type Lost, lostSentence, type Spot } from './words.ts'

export function Forgetting() {
  const { study, route } = usePage()
  const setQuery = useSetQuery()
  const choices = (['tasks', 'text'] as const).filter((lost) => spotsOf(study, lost).length > 0)
  const asked = choices.find((lost) => lost === route.query.lost)
  const lost = asked ?? choices[0]
  return (
    <section class="section">
      <h2>Learnt and lost</h2>
      {lost === undefined ? (
        <Absent>{whyNot(study)}</Absent>
      ) : (
        <>
          <div class="choices">
            <Choice
              label="What was lost"
              value={lost}
              options={choices.map((value) => ({ value, text: LOST[value] }))}
              onChange={(value) => setQuery({ lost: value })}
            />
          </div>
          <Spots study={study} spots={spotsOf(study, lost)} lost={lost} />
        </>
      )}
    </section>
  )
}

const LOST: Readonly<Record<Lost, string>> = {
  tasks: 'points on the other tasks',
  text: 'bits per byte on texts',
}

function whyNot({ trainings }: StudyReport): string {
  const { learnt, others } = trainings[0]!
  const reason = 'absent' in learnt ? learnt.absent : 'absent' in others ? others.absent : ''
  return `What these trainings lost is not known: ${reason}, and their predictions were not measured.`
}

function spotsOf(study: StudyReport, lost: Lost): Spot[] {
  return study.trainings.flatMap((one): Spot[] => {
    const { learnt } = one
    const found = lostOf(one, lost)
    if ('absent' in learnt || found === null) return []
    return [
      {
        name: printable(nameOf(study, one)),
        side: one.side,
        task: printable(learnt.task),
        learnt: learnt.delta,
        lost: found,
      },
    ]
  })
}

function lostOf({ others, deltaBitsPerByte }: TrainingView, lost: Lost): Spot['lost'] | null {
  if (lost === 'text') return 'absent' in deltaBitsPerByte ? null : deltaBitsPerByte
  return 'absent' in others ? null : { value: others.delta, low: null, high: null }
}

function Spots({ study, spots, lost }: { study: StudyReport; spots: readonly Spot[]; lost: Lost }) {
  return (
    <Chart
      label={lostSentence(spots, lost)}
      note={`A mark is a training. Across: change on the task where it is largest, in points. Up: ${
        lost === 'tasks'
          ? 'mean change on all other tasks, in points'
          : 'change in bits per byte on texts, where more is worse'
      }. Bars are 95 % intervals${lost === 'tasks' ? '; a mean over tasks has none' : ''}. Lines at 0: nothing changed.`}
      name={`learnt-and-lost-${lost}`}
      legend={<Legend sides={[...new Set(spots.map(({ side }) => side))]} />}
      table={table(spots, lost)}
      draw={(width) => drawn(study, spots, lost, width)}
    />
  )
}

function drawn(study: StudyReport, spots: readonly Spot[], lost: Lost, width: number): Plot.PlotOptions {
  const scale = lost === 'tasks' ? 100 : 1
  const data = spots.map(({ side, learnt, lost: found }) => ({
    ...{ x: learnt.value * 100, low: learnt.low, high: learnt.high },
    ...{ y: found.value * scale, below: found.low, above: found.high },
    ...lookOf(study, side),
  }))
  type Datum = (typeof data)[number]
  const colour = ({ colour: own }: Datum) => own
  return {
    width: Math.min(width, 760),
    height: 380,
    marginLeft: 64,
    marginBottom: 40,
    marginTop: 26,
    marginRight: 20,
    x: {
      label: 'gain on the task learnt, points',
      labelAnchor: 'center',
      labelArrow: 'none',
      nice: true,
      zero: true,
      ticks: Math.round(Math.min(width, 760) / 90),
      tickFormat: signed,
    },
    y: {
      label: lost === 'tasks' ? 'change on other tasks, points' : 'change in bits per byte',
      labelArrow: 'none',
      nice: true,
      zero: true,
      grid: true,
      ticks: 6,
      tickFormat: lost === 'tasks' ? signed : signedNats,
    },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--line-strong)' }),
      Plot.ruleY([0], { stroke: 'var(--line-strong)' }),
      Plot.ruleY(
        data.filter(({ low }) => low !== null),
        {
          y: 'y',
          x1: ({ low }: Datum) => low! * 100,
          x2: ({ high }: Datum) => high! * 100,
          stroke: colour,
          strokeOpacity: 0.55,
          strokeWidth: 1.5,
        },
      ),
      Plot.ruleX(
        data.filter(({ below }) => below !== null),
        {
          x: 'x',
          y1: ({ below }: Datum) => below! * scale,
          y2: ({ above }: Datum) => above! * scale,
          stroke: colour,
          strokeOpacity: 0.55,
          strokeWidth: 1.5,
        },
      ),
      Plot.dot(data, {
        x: 'x',
        y: 'y',
        symbol: ({ symbol }: Datum) => symbol,
        fill: colour,
        stroke: 'var(--paper)',
        r: 6,
      }),
    ],
  }
}

const signed = (value: number): string => (value > 0 ? `+${value}` : String(value))

function table(spots: readonly Spot[], lost: Lost): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'training' },
      { title: 'task learnt' },
      { title: 'gain, points', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: lost === 'tasks' ? 'other tasks, points' : 'bits per byte', align: 'right' },
      ...(lost === 'text' ? [{ title: '95 % interval', align: 'right' as const }] : []),
    ],
    rows: spots.map(({ name, task, learnt, lost: found }) => [
      name,
      task,
      signedPoints(learnt.value),
      interval(learnt),
      lost === 'tasks' ? signedPoints(found.value) : signedNats(found.value),
      ...(lost === 'text' ? [interval(found, signedNats)] : []),
    ]),
  }
}
