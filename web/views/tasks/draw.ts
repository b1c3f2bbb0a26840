// The forest plot of a study's effects: a row an effect, grouped by task or by variant, around one strong line at no change.
import type { StudyReport } from '../../../src/schema/report.ts'
import type { EffectResult } from '../../../src/schema/results.ts'
import { withAgainst } from '../../../src/schema/sideNames.ts'
import { interval, signedPoints } from '../../../src/util/numbers.ts'
import { printable } from '../../../src/util/text.ts'
import { Plot } from '../../parts/chart.tsx'
import { isNarrow, rowBands, rowNames, rowsLayout, TALL } from '../../parts/rows.ts'
import { lookOf } from '../../sides.ts'
import { type EffectMark, markOf, zerosOf } from './marks.ts'

interface ForestOptions {
  study: StudyReport
  by: 'task' | 'variant'
  width: number
}

interface Row {
  effect: EffectResult
  /** Its place from the top, headings of groups among the places. */
  at: number
  name: string
  mark: EffectMark
  tone: string
  value: number
  low: number
  high: number
}

interface Group {
  at: number
  name: string
  /** Of a variant's group. */
  side: string
}

const NUMBERS_WIDTH = 150
const POINTS = 100
/** Of a row: a heading has no marks below it. */
const NARROW_HEADING = 0.65
/** Half of the length of a stroke of the zero line, in pixels. */
const ZERO_REACH = 6

const AXIS = {
  tickSize: 0,
  tickSpacing: 110,
  tickFormat: (tick: number) => (tick > 0 ? `+${tick}` : String(tick)),
}

const TONES: Readonly<Record<EffectMark, string>> = {
  better: 'var(--better)',
  worse: 'var(--worse)',
  'no-worse': 'var(--ink)',
  'cannot-tell': 'var(--none)',
  'trainings-better': 'var(--better)',
  'trainings-worse': 'var(--worse)',
}

export function forest({ study, by, width }: ForestOptions): Plot.PlotOptions {
  const { rows, groups, total } = placed(study, by, isNarrow(width) ? NARROW_HEADING : 1)
  const names = [...rows, ...groups].map(({ name }) => name)
  const isByTask = by === 'task'
  const layout = rowsLayout(names, { width, beside: NUMBERS_WIDTH, hasLooks: true })
  const height = layout.isNarrow ? 44 : 22
  const hasTop = total > TALL
  const top = hasTop ? 24 : 4
  const lookOfRow = ({ effect }: Row) => lookOf(study, effect.side)
  const lookOfGroup = ({ side }: Group) => lookOf(study, side)
  const named = { layout, y: ({ at }: { at: number }) => at, name: ({ name }: { name: string }) => name }
  const margin = study.results.asked.margin
  return {
    width,
    height: top + total * height + 42,
    ...{ marginLeft: layout.left, marginTop: top, marginBottom: 42 },
    marginRight: layout.isNarrow ? 8 : NUMBERS_WIDTH,
    x: { domain: domainOf(rows), inset: 8 },
    y: { domain: [0, total], range: [top, top + total * height], axis: null },
    marks: [
      ...(margin === null ? [] : [bandMark(margin, total)]),
      Plot.gridX({ stroke: 'var(--line)', strokeOpacity: 1, tickSpacing: 110 }),
      Plot.axisX({ ...AXIS, label: 'change, percentage points', labelAnchor: 'center', labelArrow: 'none' }),
      ...(hasTop ? [Plot.axisX({ ...AXIS, anchor: 'top', label: null })] : []),
      ...effectMarks(rows, { below: layout.shift / height, reach: ZERO_REACH / height }),
      ...rowNames(groups, {
        ...named,
        fill: 'var(--ink)',
        isBold: true,
        ...(isByTask ? {} : { look: lookOfGroup }),
      }),
      ...rowNames(rows, { ...named, fill: 'var(--ink-soft)', ...(isByTask ? { look: lookOfRow } : {}) }),
      Plot.text(rows, {
        y: 'at',
        text: ({ effect }: Row) => `${signedPoints(effect.delta.value)} ${interval(effect.delta)}`,
        ...{ frameAnchor: 'right', textAnchor: 'end', fontVariant: 'tabular-nums', fill: 'tone' },
        ...{ stroke: 'var(--paper)', strokeWidth: 4 },
        ...{ dx: layout.isNarrow ? 0 : NUMBERS_WIDTH, dy: -layout.shift },
      }),
      rowBands(rows, {
        height,
        y: ({ at }) => at,
        row: ({ effect }) => study.results.effects.indexOf(effect),
        title: ({ effect }) => linkWords(effect),
      }),
    ],
    color: { type: 'identity' },
    symbol: { type: 'identity' },
  } as Plot.PlotOptions
}

/** Where a row leads. */
export const linkWords = ({ task, side }: EffectResult): string => printable(`Flips of ${side} on ${task}`)

/** Rows below the heading of their group, in the order of the study. */
function placed(
  study: StudyReport,
  by: 'task' | 'variant',
  heading: number,
): { rows: Row[]; groups: Group[]; total: number } {
  const { effects, asked } = study.results
  const base = asked.sides[0]!.name
  const variantName = ({ side, against }: EffectResult): string => printable(withAgainst(side, against, base))
  const taskName = ({ task }: EffectResult): string => printable(task)
  const [groupName, rowName] = by === 'task' ? [taskName, variantName] : [variantName, taskName]
  const rows: Row[] = []
  const groups: Group[] = []
  let at = 0
  for (const name of new Set(effects.map(groupName))) {
    if (at > 0) at += 0.6
    const own = effects.filter((one) => groupName(one) === name)
    groups.push({ at: at + 0.5, name, side: own[0]!.side })
    at += heading
    for (const effect of own) {
      rows.push({ ...rowOf(effect), at: at + 0.5, name: rowName(effect) })
      at += 1
    }
  }
  return { rows, groups, total: at }
}

function rowOf(effect: EffectResult): Omit<Row, 'at' | 'name'> {
  const { value, low, high } = effect.delta
  const mark = markOf(effect)
  return {
    ...{ effect, mark, tone: TONES[mark], value: value * POINTS },
    ...{ low: (low ?? value) * POINTS, high: (high ?? value) * POINTS },
  }
}

/** All intervals, and no change. */
function domainOf(rows: readonly Row[]): [number, number] {
  const low = Math.min(0, ...rows.map((row) => row.low))
  const high = Math.max(0, ...rows.map((row) => row.high))
  return low === high ? [-1, 1] : [low, high]
}

function bandMark(margin: number, total: number): Plot.Markish {
  const x = { x1: -margin * POINTS, x2: margin * POINTS }
  return Plot.rect([0], { ...x, y1: 0, y2: total, fill: 'var(--band)' })
}

/** Intervals, what the measure reads where nothing changed, and the findings by shape and colour. */
function effectMarks(
  rows: readonly Row[],
  { below, reach }: { below: number; reach: number },
): Plot.Markish[] {
  const y = (row: Row): number => row.at + below
  const of = (...marks: EffectMark[]): Row[] => rows.filter(({ mark }) => marks.includes(mark))
  const zeros = rows.flatMap((row) => zerosOf(row.effect).map((zero) => ({ zero: zero * POINTS, y: y(row) })))
  const triangle = (some: Row[], rotate: number, r: number): Plot.Markish =>
    Plot.dot(some, { x: 'value', y, rotate, r, symbol: 'triangle', fill: 'tone', stroke: 'var(--paper)' })
  const glyph = (some: Row[], text: string, fontSize: number): Plot.Markish[] => [
    Plot.dot(some, { x: 'value', y, r: 6.5, fill: 'var(--paper)' }),
    Plot.text(some, { x: 'value', y, text: () => text, fill: 'tone', fontSize, fontWeight: 700 }),
  ]
  return [
    Plot.ruleX(zeros, {
      ...{ x: 'zero', stroke: 'var(--line-strong)', strokeWidth: 1.5 },
      ...{ y1: ({ y: at }: { y: number }) => at - reach, y2: ({ y: at }: { y: number }) => at + reach },
    }),
    Plot.ruleX([0], { stroke: 'var(--ink)', strokeWidth: 1.75 }),
    Plot.ruleY(rows, { y, x1: 'low', x2: 'high', stroke: 'tone', strokeWidth: 1.75, strokeOpacity: 0.8 }),
    triangle(of('better'), 0, 6),
    triangle(of('worse'), 180, 6),
    ...glyph(of('no-worse'), '≥', 14),
    ...glyph(of('cannot-tell'), '?', 12),
    ...glyph(of('trainings-better', 'trainings-worse'), '(   )', 12.5),
    triangle(of('trainings-better'), 0, 3.6),
    triangle(of('trainings-worse'), 180, 3.6),
  ]
}
