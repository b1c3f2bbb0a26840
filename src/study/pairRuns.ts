// Runs of the sides of a comparison, paired by task, and what comparing takes of a run whose answers are judged.
import type { executedScores, RunFacts, Scores } from '../measure/answers.ts'
import type { Side } from '../measure/side.ts'
import type { Task } from '../schema/problem.ts'
import type { Rule } from '../schema/run.ts'
import type { StoredRun } from '../solve/recorded.ts'

// Two tasks of a harness may pose the same problems in other words: its own name of the task tells them apart.
export const taskName = ({ run }: StoredRun): string => run.import?.task ?? run.task.name

export const taskKey = (stored: StoredRun): string => `${taskName(stored)} ${stored.run.task.identity}`

/** One list a task that base and a variant share: the base's run, then each variant's. No side has a task twice. */
export function sharedTasks<T extends StoredRun>(sides: readonly (readonly T[])[]): T[][] {
  const [base, ...variants] = sides
  const ofTask = (runs: readonly T[], key: string): T[] => runs.filter((run) => taskKey(run) === key)
  return base!
    .map((run) => [run, ...variants.flatMap((runs) => ofTask(runs, taskKey(run)))])
    .filter((runs) => runs.length > 1)
}

export interface JudgedRun {
  facts: RunFacts
  /** Null where the log alone defines the task, or where nothing is asked of it. */
  task: Task | null
  /** By the task's scorer, or as recorded; null where answers are executed. */
  scores: Scores | null
  byRule: Awaited<ReturnType<typeof executedScores>> | null
  /** Rule that the run is scored under. */
  rule: Rule | null
}

export function sideOf(name: string, { facts, byRule, rule, scores }: JudgedRun): Side {
  if (scores) return { name, facts, scores, rules: null }
  return { name, facts, scores: byRule!.get(rule!)!, rules: { byRule: byRule!, rule: rule! } }
}
