// A task by name or by the path of its problems.
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Task } from '../schema/problem.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { nearest } from '../util/text.ts'
import { HUMANEVAL_SHA256, humanEval, type TaskContext } from './humaneval.ts'
import { readProblems } from './problems.ts'

export type { TaskContext } from './humaneval.ts'

const TASKS: Readonly<Record<string, (context: TaskContext) => Promise<Task>>> = { humaneval: humanEval }

/** Names that `resolveTask` knows; any other problem set goes by path. */
export const TASK_NAMES: readonly string[] = Object.keys(TASKS)

/** The task called `nameOrPath`, or the problems of the file at that path. */
export async function resolveTask(nameOrPath: string, context: TaskContext): Promise<Task> {
  if (Object.hasOwn(TASKS, nameOrPath)) return TASKS[nameOrPath]!(context)
  if (await exists(nameOrPath)) {
    const path = resolve(nameOrPath)
    const { problems, identity } = await readProblems(path)
    const name =
      identity === HUMANEVAL_SHA256 ? 'humaneval' : basename(path).replace(/(\.(jsonl|json|gz))+$/i, '')
    return { name: name || basename(path), identity, path, problems }
  }
  const meant = nearest(nameOrPath, TASK_NAMES)
  const isPath = /[/\\]|\.(jsonl|json|gz)$/i.test(nameOrPath)
  throw new UserError(isPath ? `${nameOrPath} does not exist` : `there is no task '${nameOrPath}'`, {
    hint: meant
      ? `did you mean ${meant}?`
      : `tasks: ${TASK_NAMES.join(', ')}, or the path of problems in HumanEval's format`,
  })
}

/** Keeps a copy of a task's problems in the cache, by identity: runs outlive the folder that the problems lay in. */
export async function keepTask(task: Task, cacheFolder: string): Promise<void> {
  if (task.identity === HUMANEVAL_SHA256 || (await keptTask(task.identity, cacheFolder))) return
  const name = `${task.identity}.jsonl${task.path.endsWith('.gz') ? '.gz' : ''}`
  await writeFileWhole(join(cacheFolder, 'tasks', name), await readFile(task.path))
}

/** Path of the kept copy of the task with this identity, or null. */
export async function keptTask(identity: string, cacheFolder: string): Promise<string | null> {
  for (const ending of ['.jsonl', '.jsonl.gz']) {
    const path = join(cacheFolder, 'tasks', identity + ending)
    if (await exists(path)) return path
  }
  return null
}
