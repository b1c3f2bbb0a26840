// Mean divergence by position in the document, with intervals over documents.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { PredictionsView } from '../../../src/schema/report.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, interval, nats } from '../../../src/util/numbers.ts'
import { usePage } from '../../context.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { logAxis } from '../../parts/logAxis.ts'
import { lookOf } from '../../sides.ts'
import { positionSentence, type Stretch } from './words.ts'

interface PositionProps {
  name: string
  result: PredictionsResult
  stretches: PredictionsView['byPosition']
}

/** Largest over least from which the axis is logarithmic. */
const WIDE = 30

export function ByPosition({ name, result, stretches }: PositionProps) {
  const { study } = usePage()
  if (stretches.length === 0) return null
  const { colour } = lookOf(study, result.side)
  // One document has none.
  const hasBounds = stretches.some(({ kl }) => kl.low !== null)
  return (
    <Chart
      label={positionSentence(name, stretches, { hasAll: !('absent' in result.whole.kl) })}
      note={`Mean KL in nats a token, by the position of the token in its document, the first that is predicted being 1${hasBounds ? '; bars are 95 % intervals over documents' : ''}.${isWide(stretches) ? ' The axis is logarithmic.' : ''}`}
      name={`kl-position-${name}`}
      table={table(stretches)}
      draw={(width) => drawn(stretches, colour, width)}
    />
  )
}

function isWide(stretches: readonly Stretch[]): boolean {
  const lows = stretches.map(({ kl }) => kl.low ?? kl.value)
  const least = Math.min(...lows)
  return least > 0 && Math.max(...stretches.map(({ kl }) => kl.value)) / least > WIDE
}

function drawn(stretches: readonly Stretch[], colour: string, width: number): Plot.PlotOptions {
  const isLog = isWide(stretches)
  const high = Math.max(...stretches.map(({ kl }) => kl.high ?? kl.value)) * 1.08
  const low = isLog ? Math.min(...stretches.map(({ kl }) => kl.low ?? kl.value)) / 1.2 : 0
  const axis = isLog ? logAxis('y', { low, high, length: 234, format: nats }) : null
  return {
    width,
    height: 286,
    marginLeft: 58,
    marginBottom: 40,
    marginTop: 12,
    x: {
      type: 'point',
      domain: stretches.map(({ first }) => first),
      padding: 0.6,
      label: 'from position',
      labelAnchor: 'center',
      labelArrow: 'none',
      tickSize: 0,
    },
    y: axis?.scale ?? { domain: [0, high || 1], ticks: 5, tickFormat: nats, grid: true, label: null },
    marks: [
      ...(axis?.marks ?? []),
      Plot.lineY(stretches, {
        x: 'first',
        y: ({ kl }: Stretch) => kl.value,
        stroke: colour,
        strokeOpacity: 0.4,
      }),
      Plot.ruleX(
        stretches.filter(({ kl }) => kl.low !== null),
        {
          x: 'first',
          y1: ({ kl }: Stretch) => kl.low,
          y2: ({ kl }: Stretch) => kl.high,
          stroke: colour,
          strokeWidth: 2.5,
          strokeLinecap: 'round',
        },
      ),
      Plot.dot(stretches, { x: 'first', y: ({ kl }: Stretch) => kl.value, fill: colour, r: 4.5 }),
    ],
  }
}

function table(stretches: readonly Stretch[]): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'from', align: 'right' },
      { title: 'to', align: 'right' },
      { title: 'KL, nats a token', align: 'right' },
      { title: '95 % interval', align: 'right' },
      { title: 'documents', align: 'right' },
    ],
    rows: stretches.map(({ first, last, kl }) => [
      String(first),
      String(last),
      nats(kl.value),
      interval(kl, nats),
      count(kl.n),
    ]),
  }
}
