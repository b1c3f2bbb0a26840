// LoRA Land's table of 310 fine-tuned models (10 bases x 31 tasks; Zhao et al. 2024, arXiv 2405.00732, Table 12)
// summed up again, beside what its abstract says. Intervals count tasks (loraPairs.ts).
import {
  type Elsewhere,
  elsewhere,
  type HumanevalPair,
  humanevalPairs,
  type LowBase,
  lowBase,
} from './loraFormat.ts'
import { average, groups, type LoraPair, type MeanOverTasks, meanOverTasks as mean } from './loraPairs.ts'

export interface GroupRow {
  name: string
  pairs: number
  tasks: number
  meanBase: number
  meanTuned: number
  gain: MeanOverTasks
  /** tuned - GPT-4 */
  againstGpt4: MeanOverTasks
}

export interface LoraLandTable {
  pairs: number
  tasks: number
  models: number
  gain: MeanOverTasks
  /** Lowest and highest gain of a single pair. */
  gainRange: [number, number]
  improved: number
  unchanged: number
  worse: number
  /** Rows that did not improve, worst first. */
  notImproved: { task: string; model: string; gain: number }[]
  gpt4: {
    meanTuned: MeanOverTasks
    /** Best tuned model of each task, chosen by the very scores that are compared. */
    bestOfTask: MeanOverTasks
    /** The model that is best on all other tasks, so that the choice has not seen the task's score. */
    chosenOnOtherTasks: MeanOverTasks
    chosenModels: { model: string; tasks: number }[]
    /** Pairs whose tuned score is above, at and below GPT-4's. */
    beat: number
    tie: number
    lose: number
  }
  /** Best tuned model of a task against the best base of that task: both chosen. */
  bestOverBestBase: MeanOverTasks
  /** Null where no pair, or every pair, has such a base. */
  lowBase: LowBase | null
  humaneval: HumanevalPair[]
  /** The HumanEval row whose base another harness scored; null where the table has none. */
  elsewhere: Elsewhere | null
  quoted: { overBase: number; overGpt4: number; source: string }
  byCategory: GroupRow[]
  byMetric: GroupRow[]
  byModel: GroupRow[]
}

/** What the paper's abstract says of this table. */
const QUOTED = { overBase: 0.34, overGpt4: 0.1, source: 'arXiv 2405.00732, abstract' }

/** What the pairs say; there must be at least one. */
export function loraLandTable(pairs: readonly LoraPair[]): LoraLandTable {
  if (pairs.length === 0) throw new RangeError('pairs must hold at least one pair')
  const tasks = groups(pairs, (pair) => pair.task)
  const others = pairs.filter((pair) => pair.gain <= 0).sort((a, b) => a.gain - b.gain)
  const unchanged = others.filter((pair) => pair.gain === 0).length
  return {
    pairs: pairs.length,
    tasks: tasks.size,
    models: groups(pairs, (pair) => pair.model).size,
    gain: mean(pairs, (pair) => pair.gain),
    gainRange: [Math.min(...pairs.map((pair) => pair.gain)), Math.max(...pairs.map((pair) => pair.gain))],
    improved: pairs.length - others.length,
    unchanged,
    worse: others.length - unchanged,
    notImproved: others.map(({ task, model, gain }) => ({ task, model, gain })),
    gpt4: againstGpt4(pairs, tasks),
    bestOverBestBase: mean(
      [...tasks.values()].map((rows) => ({
        ...best(rows),
        bestBase: Math.max(...rows.map((row) => row.base)),
      })),
      (row) => row.tuned - row.bestBase,
    ),
    lowBase: lowBase(pairs),
    humaneval: humanevalPairs(pairs),
    elsewhere: elsewhere(humanevalPairs(pairs)),
    quoted: QUOTED,
    byCategory: groupRows(pairs, (pair) => pair.category),
    byMetric: groupRows(pairs, (pair) => pair.metric),
    byModel: groupRows(pairs, (pair) => pair.model),
  }
}

const overGpt4 = (pair: LoraPair): number => pair.tuned - pair.gpt4

function againstGpt4(
  pairs: readonly LoraPair[],
  tasks: ReadonlyMap<string, readonly LoraPair[]>,
): LoraLandTable['gpt4'] {
  const chosen = [...tasks.values()].map((rows) => chosenElsewhere(rows, pairs))
  const beat = pairs.filter((pair) => pair.tuned > pair.gpt4).length
  const tie = pairs.filter((pair) => pair.tuned === pair.gpt4).length
  return {
    meanTuned: mean(pairs, overGpt4),
    bestOfTask: mean([...tasks.values()].map(best), overGpt4),
    chosenOnOtherTasks: mean(chosen, overGpt4),
    chosenModels: [...groups(chosen, (pair) => pair.model)].map(([model, own]) => ({
      model,
      tasks: own.length,
    })),
    beat,
    tie,
    lose: pairs.length - beat - tie,
  }
}

/** The task's row of the model with the highest mean tuned score on the other tasks. */
function chosenElsewhere(rows: readonly LoraPair[], pairs: readonly LoraPair[]): LoraPair {
  const elsewhere = pairs.filter((pair) => pair.task !== rows[0]!.task)
  const means = new Map(
    [...groups(elsewhere, (pair) => pair.model)].map(([model, own]) => [model, average(own, 'tuned')]),
  )
  return rows.reduce((a, b) => ((means.get(b.model) ?? 0) > (means.get(a.model) ?? 0) ? b : a))
}

function groupRows(pairs: readonly LoraPair[], key: (pair: LoraPair) => string): GroupRow[] {
  return [...groups(pairs, key)].map(([name, rows]) => ({
    name,
    pairs: rows.length,
    tasks: groups(rows, (pair) => pair.task).size,
    meanBase: average(rows, 'base'),
    meanTuned: average(rows, 'tuned'),
    gain: mean(rows, (pair) => pair.gain),
    againstGpt4: mean(rows, overGpt4),
  }))
}

const best = (rows: readonly LoraPair[]): LoraPair => rows.reduce((a, b) => (b.tuned > a.tuned ? b : a))
