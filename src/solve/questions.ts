// The questions of a run: which problems, how often, and the random seed of each answer.
import type { Task } from '../schema/problem.ts'
import { sampleId } from '../schema/run.ts'
import { sha256Value } from '../util/hash.ts'
import type { Question } from './solver.ts'

/** The first `limit` problems (null: all), `repeats` times; all of a problem together. */
export function questionsOf(task: Task, limit: number | null, repeats: number): Question[] {
  const problems = [...task.problems.values()].slice(0, limit ?? task.problems.size)
  return problems.flatMap((problem) =>
    Array.from({ length: repeats }, (_, repeat) => ({ id: sampleId(problem.id, repeat), repeat, problem })),
  )
}

/** The model is not in it: base and variant draw from the same stream, so that answers are paired. */
export function seedOf(seed: number, task: Pick<Task, 'identity'>, { problem, repeat }: Question): number {
  const hash = sha256Value([seed, task.identity, problem.id, repeat])
  // As many bits as a whole number holds.
  return Number.parseInt(hash.slice(0, 13), 16)
}
