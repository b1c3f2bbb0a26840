// Steps of a training as lines of a picture: smoothed, and no more points than a line can show.
import type { TrainingView } from '../../../src/schema/report.ts'
import type { TrainRow } from '../../../src/schema/training.ts'

export interface Run {
  training: TrainingView
  /** A row a step. */
  rows: readonly TrainRow[]
}

export interface Point {
  step: number
  value: number
}

const MOST_POINTS = 1500
/** Of this many windows all steps are. */
const WINDOW = 12

/** The last row of a step wins, as a resumed training writes a step again. */
export function runOf(training: TrainingView, rows: readonly TrainRow[]): Run {
  const bySteps = new Map(rows.map((row) => [row.step, row]))
  return { training, rows: [...bySteps.values()].sort((a, b) => a.step - b.step) }
}

export function pointsOf({ rows }: Run, value: (row: TrainRow) => number | undefined): Point[] {
  return rows.flatMap((row) => {
    const found = value(row)
    return found === undefined || !Number.isFinite(found) ? [] : [{ step: row.step, value: found }]
  })
}

/** Steps of the window in which a line of so many is averaged: an odd number. */
export const windowOf = (steps: number): number => 2 * Math.floor(steps / WINDOW / 2) + 1

/**
 * Mean over a window of steps around each; at both ends over those that there are. Geometric for a logarithmic axis, where
 * one high step would else stand as a block.
 */
export function smoothed(points: readonly Point[], isGeometric: boolean): Point[] {
  const half = (windowOf(points.length) - 1) / 2
  const used = isGeometric ? points.filter(({ value }) => value > 0) : points
  const sums = [0]
  for (const { value } of used) sums.push(sums.at(-1)! + (isGeometric ? Math.log(value) : value))
  return used.map(({ step }, at) => {
    const [from, to] = [Math.max(0, at - half), Math.min(used.length, at + half + 1)]
    const mean = (sums[to]! - sums[from]!) / (to - from)
    return { step, value: isGeometric ? Math.exp(mean) : mean }
  })
}

/** At most so many: neighbours are averaged. */
export function thinned(points: readonly Point[], most = MOST_POINTS): Point[] {
  const each = Math.ceil(points.length / most)
  if (each <= 1) return [...points]
  return Array.from({ length: Math.ceil(points.length / each) }, (_, i) => {
    const group = points.slice(i * each, (i + 1) * each)
    const mean = group.reduce((sum, { value }) => sum + value, 0) / group.length
    return { step: group[Math.floor(group.length / 2)]!.step, value: mean }
  })
}
