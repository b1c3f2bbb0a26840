// Which runs of a study stand beside which: each side beside the one it is compared with, by seed and task.
import type { Warning } from '../../schema/comparison.ts'
import type { AskedResults, ResultSide } from '../../schema/results.ts'
import { sharedTasks } from '../pairRuns.ts'
import { type InstanceRun, seedsOf } from './runs.ts'

export interface RunPair {
  task: string
  base: InstanceRun
  variant: InstanceRun
}

export interface StudyPairs {
  /** In the order of the file: sides, seeds, tasks. */
  pairs: readonly RunPair[]
  warnings: Warning[]
}

export function pairStudy(asked: AskedResults, runs: readonly InstanceRun[]): StudyPairs {
  const pairs: RunPair[] = []
  const warnings: Warning[] = []
  const of = (side: ResultSide, seed: number | null): InstanceRun[] =>
    runs.filter((run) => run.side === side.name && run.seed === seed)
  for (const side of asked.sides) {
    const against = asked.sides.find(({ name }) => name === side.against)
    if (!against) continue
    const left: InstanceRun[] = []
    for (const seed of seedsOf(side)) {
      const sides = [of(against, partner(against, seed)), of(side, seed)]
      const shared = areAlone(sides, asked) ? [sides.flat()] : sharedTasks(sides)
      for (const [base, variant] of shared) pairs.push({ task: base!.task, base: base!, variant: variant! })
      const used = new Set(shared.flat())
      left.push(...sides.flat().filter((run) => !used.has(run)))
    }
    warnings.push(...unsharedTasks(side, left))
  }
  return { pairs, warnings }
}

/** One run on each side: they are compared, whatever logs call the task. Runs that were made here know it. */
function areAlone(sides: readonly (readonly InstanceRun[])[], { tasks }: AskedResults): boolean {
  if (sides.some((runs) => runs.length !== 1) || sides.every(([run]) => run!.run.asked !== null)) return false
  return tasks.length < 2 || sides.every(([run]) => run!.run.import !== null)
}

/** Seeds are paired where the other side has several too. */
const partner = (against: ResultSide, seed: number | null): number | null =>
  seedsOf(against).length > 1 ? seed : seedsOf(against)[0]!

function unsharedTasks({ name, against }: ResultSide, left: readonly InstanceRun[]): Warning[] {
  if (left.length === 0) return []
  const tasks = [...new Set(left.map(({ task }) => task))].map((task) => {
    const names = new Set(left.filter((run) => run.task === task).map((run) => run.name))
    return `${task} (${[...names].join(', ')})`
  })
  const message = `${name} against ${against}: left out, since only one side has it: ${tasks.join(', ')}.`
  return [{ code: 'task-on-one-side', message }]
}
