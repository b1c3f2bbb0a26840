// How a leaderboard is drawn: a row a run, the best first, with brackets beside rows that are not told apart; or scores over
// the time at which runs were made.
import type { Leaderboard, LeaderboardRow, StudyReport } from '../../../src/schema/report.ts'
import { points } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { Plot } from '../../parts/chart.tsx'
import { rowNames, rowsLayout, TALL } from '../../parts/rows.ts'
import { lookOf } from '../../sides.ts'

export interface BoardDrawing {
  study: StudyReport
  board: Leaderboard
  metric: string
  width: number
}

interface Bracket {
  first: number
  last: number
  lane: number
}

const LANE_WIDTH = 9
const SCORE_WIDTH = 52
const PERCENT = 100

export function inOrder({ study, board, metric, width }: BoardDrawing): Plot.PlotOptions {
  const rows = board.rows.map((row, at) => ({
    ...row,
    at,
    ...lookOfRow(study, row),
    name: printable(row.name),
  }))
  const brackets = bracketsOf(board)
  const lanes = Math.max(0, ...brackets.map(({ lane }) => lane + 1))
  const bracketsWidth = lanes === 0 ? 0 : lanes * LANE_WIDTH + 8
  const layout = rowsLayout(
    rows.map(({ name }) => name),
    { width, beside: bracketsWidth },
  )
  const height = layout.isNarrow ? 44 : 25
  const right = SCORE_WIDTH + bracketsWidth
  const top = rows.length > TALL ? 24 : 8
  const axis = { tickSize: 0, tickSpacing: 110 }
  const of = { y: 'at' as const }
  return {
    width,
    height: top + rows.length * height + 44,
    ...{ marginLeft: layout.left, marginRight: right, marginTop: top, marginBottom: 44 },
    x: { domain: scoreDomain(board.rows), insetRight: 4 },
    y: { type: 'band', domain: rows.map(({ at }) => at), padding: 0, axis: null },
    marks: [
      Plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, tickSpacing: 110 }),
      Plot.axisX({ ...axis, label: `${metric}, %`, labelAnchor: 'center', labelArrow: 'none' }),
      ...(rows.length > TALL ? [Plot.axisX({ ...axis, anchor: 'top', label: null })] : []),
      ...rowNames(rows, {
        layout,
        y: ({ at }) => at,
        name: ({ name }) => name,
        fill: ({ instance }) => (instance === null ? 'var(--none)' : 'var(--ink)'),
      }),
      Plot.ruleY(rows, {
        ...of,
        x1: ({ rate }: LeaderboardRow) => (rate.low ?? rate.value) * PERCENT,
        x2: ({ rate }: LeaderboardRow) => (rate.high ?? rate.value) * PERCENT,
        stroke: 'colour',
        strokeWidth: 1.75,
        strokeOpacity: 0.75,
        dy: layout.shift,
      }),
      ...[true, false].map((isOwn) =>
        Plot.dot(
          rows.filter(({ instance }) => (instance !== null) === isOwn),
          {
            ...of,
            x: ({ rate }: LeaderboardRow) => rate.value * PERCENT,
            symbol: isOwn ? 'symbol' : 'circle',
            fill: isOwn ? 'colour' : 'var(--paper)',
            stroke: isOwn ? 'var(--paper)' : 'var(--none)',
            strokeWidth: isOwn ? 1 : 1.5,
            r: isOwn ? 5.5 : 4,
            dy: layout.shift,
          },
        ),
      ),
      Plot.text(rows, {
        ...of,
        text: ({ rate }: LeaderboardRow) => points(rate.value),
        frameAnchor: 'right',
        textAnchor: 'end',
        dx: SCORE_WIDTH - 6,
        dy: layout.shift,
        fontSize: 12.5,
        fill: ({ instance }: LeaderboardRow) => (instance === null ? 'var(--none)' : 'var(--ink)'),
        fontVariant: 'tabular-nums',
      }),
      ...brackets.map((bracket) => bracketMark(bracket, height)),
    ],
    // Symbols and colours are given as they are.
    color: { type: 'identity' },
    symbol: { type: 'identity' },
  } as Plot.PlotOptions
}

function lookOfRow(study: StudyReport, { instance }: LeaderboardRow): { colour: string; symbol: string } {
  return instance === null ? { colour: 'var(--none)', symbol: 'circle' } : lookOf(study, instance.side)
}

/** Ends of all intervals with some air, within 0 and 100. */
function scoreDomain(rows: readonly LeaderboardRow[]): [number, number] {
  const low = Math.min(...rows.map(({ rate }) => rate.low ?? rate.value)) * PERCENT
  const high = Math.max(...rows.map(({ rate }) => rate.high ?? rate.value)) * PERCENT
  const air = Math.max(1, (high - low) * 0.04)
  return [Math.max(0, low - air), Math.min(PERCENT, high + air)]
}

/** Ties as rows of the whole table, each in the first lane where it touches no other. */
function bracketsOf({ rows, ties }: Leaderboard): Bracket[] {
  const own = rows.flatMap(({ instance }, at) => (instance === null ? [] : [at]))
  const ends: number[] = []
  return ties.map(([from, to]) => {
    const [first, last] = [own[from]!, own[to]!]
    const free = ends.findIndex((end) => end < first)
    const lane = free === -1 ? ends.length : free
    ends[lane] = last
    return { first, last, lane }
  })
}

/** A line right of the scores, with its ends turned towards the rows. */
function bracketMark({ first, last, lane }: Bracket, height: number): Plot.Markish {
  const dx = SCORE_WIDTH + lane * LANE_WIDTH + 4
  const reach = height / 2 - 5
  return (_index, scales, _values, { width, marginRight }) => {
    const middle = (row: number): number => Number(scales.y!(row)) + height / 2
    const x = width - marginRight + dx
    const [top, bottom] = [middle(first) - reach, middle(last) + reach]
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', `M${x - 4} ${top}H${x}V${bottom}H${x - 4}`)
    path.setAttribute('fill', 'none')
    path.setAttribute('stroke', 'var(--line-strong)')
    path.setAttribute('stroke-width', '1.5')
    return path
  }
}

export function overTime({ study, board, metric, width }: BoardDrawing): Plot.PlotOptions {
  const rows = board.rows
    .flatMap((row) =>
      row.instance === null || row.createdAt === null
        ? []
        : [{ ...row, ...lookOfRow(study, row), time: new Date(row.createdAt) }],
    )
    .sort((a, b) => a.time.getTime() - b.time.getTime())
  let best = Number.NEGATIVE_INFINITY
  const steps = rows.map(({ time, rate }) => {
    best = Math.max(best, rate.value)
    return { time, best: best * PERCENT }
  })
  return {
    width,
    height: Math.min(420, Math.max(300, width * 0.42)),
    ...{ marginLeft: 44, marginRight: 16, marginTop: 32, marginBottom: 40 },
    x: { type: 'utc', label: null, inset: 14 },
    y: { domain: scoreDomain(rows), label: null },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1 }),
      Plot.axisX({ tickSize: 0, ticks: width < 560 ? 4 : 8 }),
      Plot.axisY({ tickSize: 0, label: `${metric}, %`, labelArrow: 'none' }),
      Plot.line(steps, {
        x: 'time',
        y: 'best',
        curve: 'step-after',
        stroke: 'var(--line-strong)',
        strokeWidth: 2,
      }),
      Plot.ruleX(rows, {
        x: 'time',
        y1: ({ rate }: LeaderboardRow) => (rate.low ?? rate.value) * PERCENT,
        y2: ({ rate }: LeaderboardRow) => (rate.high ?? rate.value) * PERCENT,
        stroke: 'colour',
        strokeWidth: 1.75,
        strokeOpacity: 0.6,
      }),
      Plot.dot(rows, {
        x: 'time',
        y: ({ rate }: LeaderboardRow) => rate.value * PERCENT,
        symbol: 'symbol',
        fill: 'colour',
        stroke: 'var(--paper)',
        r: 5.5,
        title: ({ name, rate }: LeaderboardRow) => `${printable(name)}: ${points(rate.value)} %`,
      }),
    ],
    color: { type: 'identity' },
    symbol: { type: 'identity' },
  } as Plot.PlotOptions
}
