// A task by name, or by path: a task.yaml, its folder, or problems in HumanEval's format.
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { CodeTask, Task } from '../schema/problem.ts'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { nearest } from '../util/text.ts'
import { CODE_ASKING, HUMANEVAL_SHA256, humanEval, type TaskContext } from './humaneval.ts'
import { isTaskFile, readOwnTask, TASK_FILE } from './ownTask.ts'
import { readProblems } from './problems.ts'

export type { TaskContext } from './humaneval.ts'
export { keepTask, keptTask } from './kept.ts'

const TASKS: Readonly<Record<string, (context: TaskContext) => Promise<CodeTask>>> = { humaneval: humanEval }

/** Names that `resolveTask` knows; any other task goes by path. */
export const TASK_NAMES: readonly string[] = Object.keys(TASKS)

/** The task called `nameOrPath`, or the one at that path. */
export async function resolveTask(nameOrPath: string, context: TaskContext): Promise<Task> {
  if (Object.hasOwn(TASKS, nameOrPath)) return TASKS[nameOrPath]!(context)
  const entry = await stat(nameOrPath).catch(() => null)
  if (!entry) throw unknown(nameOrPath)
  const path = resolve(nameOrPath)
  if (isTaskFile(path) && entry.isFile()) return readOwnTask(path, context.onWarning)
  if (!entry.isDirectory()) return problemSet(path)
  const inFolder = join(path, TASK_FILE)
  if (await exists(inFolder)) return readOwnTask(inFolder, context.onWarning)
  throw new UserError(`${nameOrPath} is a folder without ${TASK_FILE}`, {
    hint: `a task is a ${TASK_FILE} beside its data, or a file of problems in HumanEval's format`,
  })
}

async function problemSet(path: string): Promise<CodeTask> {
  const { problems, identity } = await readProblems(path)
  const name =
    identity === HUMANEVAL_SHA256 ? 'humaneval' : basename(path).replace(/(\.(jsonl|json|gz))+$/i, '')
  return { kind: 'code', name: name || basename(path), identity, path, asking: CODE_ASKING, problems }
}

function unknown(nameOrPath: string): UserError {
  const isPath = /[/\\]|\.(jsonl|json|gz|ya?ml)$/i.test(nameOrPath)
  const meant = nearest(nameOrPath, TASK_NAMES)
  return new UserError(isPath ? `${nameOrPath} does not exist` : `there is no task '${nameOrPath}'`, {
    hint: meant
      ? `did you mean ${meant}?`
      : `tasks: ${TASK_NAMES.join(', ')}, or the path of a ${TASK_FILE} or of problems in HumanEval's format`,
  })
}
