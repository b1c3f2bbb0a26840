// How many tokens diverge by how much, with the mean and quantiles as lines.
import type { TableBlock } from '../../../src/schema/blocks.ts'
import type { PredictionsView } from '../../../src/schema/report.ts'
import type { PredictionsResult } from '../../../src/schema/results.ts'
import { count, interval, nats, share } from '../../../src/util/numbers.ts'
import { plural } from '../../../src/util/text.ts'
import { Chart, Plot } from '../../parts/chart.tsx'
import { logAxis } from '../../parts/logAxis.ts'
import { inLanes } from './lanes.ts'

type Counts = Exclude<PredictionsView['histogram'], { absent: string }>

interface HistogramProps {
  name: string
  result: PredictionsResult
  histogram: Counts
}

interface Line {
  value: number
  text: string
  isDashed: boolean
}

const QUANTILES: readonly [percent: number, name: string][] = [
  [50, 'half'],
  [95, '95 %'],
  [99, '99 %'],
  [100, 'largest'],
]
const MARGIN = { left: 52, right: 12, bottom: 40 }
const LANE = 16

export function Histogram({ name, result, histogram }: HistogramProps) {
  const lines = linesOf(result, histogram)
  return (
    <Chart
      label={sentence(name, result, histogram)}
      note={note(result, histogram)}
      name={`kl-${name}`}
      table={table(histogram)}
      draw={(width) => drawn(histogram, lines, width)}
    />
  )
}

function sentence(name: string, { whole, quantiles }: PredictionsResult, { mean }: Counts): string {
  const bounds = interval(whole.kl, nats)
  const half = 'absent' in quantiles ? undefined : quantiles.kl.find(([share]) => share === 50)
  const of = half ? `; half of its tokens by at most ${nats(half[1])}` : ''
  const over = `${count(whole.tokens)} tokens of ${plural(whole.documents, 'document')}`
  return `${name} diverges from the base by ${nats(mean)} nats a token on average${bounds && ` ${bounds}`}, over ${over}${of}`
}

function note({ whole: { kl }, ruler }: PredictionsResult, { below, bins }: Counts): string {
  const parts = [
    'Tokens by KL(base || variant) in nats, on a logarithmic axis; bins of a quarter of a decade. Dotted lines: that share of the tokens diverges no more.',
  ]
  if (below > 0)
    parts.push(
      `${count(below)} tokens diverge by less than ${nats(bins[0]?.low ?? 1e-8)}, and are not drawn.`,
    )
  if ('absent' in kl) parts.push(`Its mean is ${kl.absent}.`)
  else if (kl.zero)
    parts.push(
      'absent' in kl.zero
        ? `Base against itself: ${kl.zero.absent}.`
        : `Base against itself: ${nats(kl.zero.value)}.`,
    )
  if (!('absent' in ruler)) parts.push(rulerText(ruler))
  return parts.join(' ')
}

function rulerText({
  below,
  above,
  source,
}: Exclude<PredictionsResult['ruler'], { absent: string }>): string {
  const marks = [below, above].flatMap((mark) => (mark ? [`${mark.name} (${nats(mark.klNats)})`] : []))
  const where =
    marks.length === 2 ? `between ${marks.join(' and ')}` : below ? `above ${marks[0]}` : `below ${marks[0]}`
  return `For scale, the mean lies ${where}, which are ${source}.`
}

function linesOf({ quantiles, whole: { kl } }: PredictionsResult, { mean }: Counts): Line[] {
  const zero = 'absent' in kl || !kl.zero || 'absent' in kl.zero ? 0 : kl.zero.value
  const lines = [
    { value: mean, text: `mean ${nats(mean)}`, isDashed: false },
    { value: zero, text: `base against itself ${nats(zero)}`, isDashed: true },
  ]
  for (const [share, text] of QUANTILES) {
    const found = 'absent' in quantiles ? undefined : quantiles.kl.find(([of]) => of === share)
    if (found) lines.push({ value: found[1], text: `${text} ${nats(found[1])}`, isDashed: true })
  }
  // Zero has no place on a logarithmic axis.
  return lines.filter(({ value }) => value > 0 && Number.isFinite(value))
}

function drawn({ bins }: Counts, all: readonly Line[], width: number): Plot.PlotOptions {
  const low = bins[0]?.low ?? 1e-8
  const high = bins.at(-1)?.high ?? 1
  const xOf = (value: number): number =>
    MARGIN.left + (Math.log(value / low) / Math.log(high / low)) * (width - MARGIN.left - MARGIN.right)
  const shown = all.filter(({ value }) => value >= low && value <= high * 1.001)
  const lines = inLanes(
    shown.map((line) => ({ ...line, x: xOf(line.value) })),
    0,
    width,
  )
  const axis = logAxis('x', {
    low,
    high,
    length: width - MARGIN.left - MARGIN.right,
    format: shortNats,
    label: 'nats',
    hasGrid: false,
  })
  const lanes = Math.max(0, ...lines.map(({ lane }) => lane + 1))
  return {
    width,
    height: 230 + lanes * LANE + MARGIN.bottom,
    marginTop: 8 + lanes * LANE,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    x: axis.scale,
    y: { label: null, grid: true, ticks: 4, tickFormat: count },
    marks: [
      ...axis.marks,
      Plot.rect(bins, {
        x1: 'low',
        x2: 'high',
        y1: 0,
        y2: 'count',
        fill: 'var(--heat-1)',
        fillOpacity: 0.55,
        inset: 0.5,
      }),
      Plot.ruleY([0], { stroke: 'var(--line-strong)' }),
      ...lines.map(({ value, isDashed, lane }) =>
        Plot.ruleX([value], {
          insetTop: -(lane * LANE + 1),
          stroke: 'var(--ink)',
          strokeWidth: isDashed ? 1 : 1.8,
          ...(isDashed ? { strokeDasharray: '3,3' } : {}),
        }),
      ),
      ...lines.map(({ value, text, isDashed, lane, middle, x }) =>
        Plot.text([value], {
          x: (d: number) => d,
          text: () => text,
          frameAnchor: 'top',
          dx: middle - x,
          dy: -(lane * LANE + 10),
          fill: isDashed ? 'var(--ink-soft)' : 'var(--ink)',
          fontWeight: isDashed ? 400 : 600,
          stroke: 'var(--paper)',
          strokeWidth: 5,
        }),
      ),
    ],
  }
}

/** Powers as such: zeros of small numbers do not fit beside each other. */
const shortNats = (value: number): string => (value < 0.001 ? value.toExponential(0) : String(value))

function table({ bins, below }: Counts): TableBlock {
  const all = below + bins.reduce((sum, bin) => sum + bin.count, 0)
  const row = (from: string, to: string, tokens: number) => [from, to, count(tokens), share(tokens / all)]
  return {
    kind: 'table',
    columns: [
      { title: 'from, nats', align: 'right' },
      { title: 'to, nats', align: 'right' },
      { title: 'tokens', align: 'right' },
      { title: 'of all, %', align: 'right' },
    ],
    rows: [
      ...(below > 0 ? [row('0', nats(bins[0]?.low ?? 1e-8), below)] : []),
      ...bins.map((bin) => row(nats(bin.low), nats(bin.high), bin.count)),
    ],
  }
}
