// LoRA Land's rows (one base fine-tuned on one task), and means of them that count tasks: the ten rows of a task share
// its data and prompt, so they are one cluster (clusteredMean of src/stats).
import type { Absent, Estimate } from '../schema/estimate.ts'
import { clusteredMean } from '../stats/index.ts'

/** One base model fine-tuned on one task; scores are fractions. */
export interface LoraPair {
  category: string
  task: string
  metric: string
  model: string
  base: number
  tuned: number
  gain: number
  gpt35: number
  gpt4: number
}

/** A mean over n tasks, too few for an interval. */
type PlainMean = { value: number; n: number; interval: Absent }
export type MeanOverTasks = Estimate | PlainMean

// Two tasks give an interval wider than the scale.
const FEWEST_TASKS = 3

/** Mean over rows with its interval over tasks, where there are enough of them. */
export function meanOverTasks<T extends LoraPair>(
  rows: readonly T[],
  score: (row: T) => number,
): MeanOverTasks {
  const scores = rows.map(score)
  const clusters = rows.map((row) => row.task)
  const tasks = new Set(clusters).size
  if (tasks >= FEWEST_TASKS) return clusteredMean(scores, clusters)
  const value = scores.reduce((sum, x) => sum + x, 0) / scores.length
  return { value, n: tasks, interval: { absent: `fewer than ${FEWEST_TASKS} tasks` } }
}

/** Plain mean of a column. */
export const average = (rows: readonly LoraPair[], key: 'base' | 'tuned'): number =>
  rows.reduce((sum, row) => sum + row[key], 0) / rows.length

/** Rows by key, in the order in which the keys come. */
export function groups<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const map = new Map<string, T[]>()
  for (const row of rows) {
    const group = map.get(key(row))
    if (group) group.push(row)
    else map.set(key(row), [row])
  }
  return map
}
