// How often a run called its model for each problem, as far as that is recorded. Every answer is a call; of a solver that
// tries again, so is every attempt and every reflection that its log keeps. Calls that leave no trace there (Reflexion has its
// tests written, LDB asks about each trace) are not counted, so the number of a scaffold is the least that it can be.

import { mean } from '../../measure/pairs.ts'
import type { Attempt } from '../../schema/run.ts'
import { isPlain } from '../../solve/solver.ts'
import { readSamples } from '../../store/runFolder.ts'
import type { InstanceRun } from './runs.ts'

type Calls = ReadonlyMap<string, { calls: number; answers: number }>

/** Mean over problems; null where it is not recorded. */
export async function meanCalls(run: InstanceRun, all: readonly InstanceRun[]): Promise<number | null> {
  const calls = await callsOf(run, all)
  return calls && mean([...calls.values()].map((problem) => problem.calls))
}

async function callsOf(run: InstanceRun, all: readonly InstanceRun[]): Promise<Calls | null> {
  const solver = run.run.solver.name
  const start = startOf(run, all)
  const startCalls = start ? await callsOf(start, all) : null
  if (run.run.startFrom !== undefined && startCalls === null) return null
  const calls = new Map<string, { calls: number; answers: number }>()
  let hasAttempts = false
  for await (const { problem, attempts } of readSamples(run.folder)) {
    hasAttempts ||= attempts !== undefined
    const began = startCalls?.get(problem)
    // The first attempt is where the solver began.
    const before = began ? began.calls / began.answers - 1 : 0
    const known = calls.get(problem) ?? { calls: 0, answers: 0 }
    calls.set(problem, { calls: known.calls + answerCalls(attempts) + before, answers: known.answers + 1 })
  }
  return isPlain(solver) || hasAttempts ? calls : null
}

/** Logs that keep reflections alone have one for each attempt but the last, which is the answer. */
function answerCalls(attempts: readonly Attempt[] = []): number {
  const programs = attempts.filter(({ program }) => program !== undefined).length
  const reflections = attempts.filter(({ reflection }) => reflection !== undefined).length
  return programs > 0 ? programs + reflections : 1 + 2 * attempts.length
}

/** The run whose answers a solver began from; null where it did not, or where that is not of the study. */
export function startOf({ run }: InstanceRun, all: readonly InstanceRun[]): InstanceRun | null {
  if (run.startFrom === undefined) return null
  const folder = run.startFrom.replaceAll('\\', '/')
  const there = all.filter(({ place }) => place === folder || place.startsWith(`${folder}/`))
  const one =
    there.length === 1 ? there[0] : there.find((other) => other.run.task.identity === run.task.identity)
  return one ?? null
}
