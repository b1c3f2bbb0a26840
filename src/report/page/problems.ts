// Problems of the tasks as they were asked, where the task is at hand: texts beside what is computed, never part of it.
import type { Task } from '../../schema/problem.ts'
import type { ReportProblem, ReportTask } from '../../schema/report.ts'
import { taskOf } from '../../solve/openRuns.ts'
import type { TaskContext } from '../../tasks/task.ts'
import { UserError } from '../../util/errors.ts'
import { SHARD_BYTES, type ViewShard } from './pieces.ts'
import type { TaskRuns } from './runs.ts'

export async function reportTask(
  { task, metric, problems, runs }: TaskRuns,
  context: TaskContext | null,
  nameOf: (index: number) => string,
): Promise<{ task: ReportTask; shards: ViewShard[] }> {
  const found = context ? await findTask(runs, context) : { absent: 'not looked for' }
  const common = { name: task, metric, problems: [...problems] }
  if ('absent' in found) return { task: { ...common, texts: found }, shards: [] }
  const groups: ReportProblem[][] = []
  let bytes = 0
  const at = problems.map((id) => {
    const problem = describe(id, found)
    if (!problem) return -1
    const size = Buffer.byteLength(JSON.stringify(problem))
    if (groups.length === 0 || bytes + size > SHARD_BYTES) {
      groups.push([])
      bytes = 0
    }
    bytes += size
    groups.at(-1)!.push(problem)
    return groups.length - 1
  })
  const shards = groups.map((group, i) => ({ name: nameOf(i), value: group }))
  return { task: { ...common, texts: { shards: shards.map(({ name }) => name), at } }, shards }
}

/** By the first run that knows its problems. */
async function findTask(runs: TaskRuns['runs'], context: TaskContext): Promise<Task | { absent: string }> {
  const known = runs.find(({ run }) => run.task.identity !== null)
  if (!known) return { absent: 'the log alone defines its problems' }
  try {
    return await taskOf(known.run, context)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { absent: error.message }
  }
}

function describe(id: string, task: Task): ReportProblem | undefined {
  if (task.kind === 'code') {
    const problem = task.problems.get(id)
    return problem && { id, prompt: problem.prompt, expected: { kind: 'tests', texts: [problem.test] } }
  }
  if (task.kind === 'text') {
    const problem = task.problems.get(id)
    return problem && { id, prompt: problem.prompt, expected: { kind: 'answers', texts: problem.targets } }
  }
  const problem = task.problems.get(id)
  if (!problem) return undefined
  const { choices, answer, prompt } = problem
  const texts = [choices[answer]!, ...choices.filter((_, i) => i !== answer)]
  const { delimiter } = task
  const bare = (text: string): string => (text.startsWith(delimiter) ? text.slice(delimiter.length) : text)
  return { id, prompt, expected: { kind: 'choices', texts: texts.map(bare) } }
}
