// The runs that a user names, as run folders or as logs, and the tasks that they belong to.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChoiceTask, CodeTask, Task, TextTask } from '../schema/problem.ts'
import type { Run } from '../schema/run.ts'
import { isRunFolder, readRun } from '../store/runFolder.ts'
import { keptTask, resolveTask } from '../tasks/task.ts'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { type ImportContext, type ImportOptions, importCached, type StoredRun } from './recorded.ts'

/** Runs of a side of a comparison: a run folder, a folder of run folders, or a log that is imported into the cache. */
export async function openRuns(
  path: string,
  options: ImportOptions,
  context: ImportContext,
): Promise<StoredRun[]> {
  const folders = (await isRunFolder(path)) ? [path] : await runFoldersIn(path)
  if (folders.length > 0) {
    return Promise.all(folders.map(async (folder) => ({ folder, run: await readRun(folder) })))
  }
  if (!(await exists(path))) {
    throw new UserError(`${path} does not exist`, { hint: 'give a run folder or a log file' })
  }
  return importCached(path, options, context)
}

export async function runFoldersIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  const folders: string[] = []
  for (const entry of entries) {
    const folder = join(path, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.') && (await isRunFolder(folder)))
      folders.push(folder)
  }
  return folders.sort()
}

/**
 * The task of a run, with the contents that it had when the run was imported: the one that the user names, the one at
 * the recorded path, else the copy that the import left in the cache.
 */
export async function taskOf(run: Run, context: ImportContext, named?: string): Promise<Task> {
  const { identity, name, path } = run.task
  const candidates = [named, path, identity && (await keptTask(identity, context.cacheFolder)), name]
  const seen: string[] = []
  for (const candidate of candidates) {
    if (!candidate || (candidate === path && !(await isPlain(candidate)))) continue
    if (candidate === name && name !== 'humaneval') continue
    const task = await resolveTask(candidate, context)
    if (task.identity === identity) return { ...task, name }
    seen.push(`${task.path} (${task.identity.slice(0, 12)})`)
  }
  const found = seen.length > 0 ? `: ${seen.join(' and ')} hold others` : ''
  throw new UserError(
    `the problems of ${run.name}, ${path ?? name} (${identity?.slice(0, 12)}), are not here${found}`,
    {
      hint: 'name them with --task PROBLEMS.jsonl, or import the log again',
    },
  )
}

/** A run may come from anywhere: a device that its path names would be read without end. */
const isPlain = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile() || found.isDirectory(),
    () => false,
  )

/** The task of a run whose answers are programs. */
export async function codeTaskOf(run: Run, context: ImportContext, named?: string): Promise<CodeTask> {
  const task = await taskOf(run, context, named)
  if (task.kind === 'code') return task
  throw new UserError(`the answers of ${run.name} are programs, and ${task.path} has no tests for them`, {
    hint: 'name the problems with --task PROBLEMS.jsonl',
  })
}

/** The task of a run whose answers a scorer scores. */
export async function scoredTaskOf(
  run: Run,
  context: ImportContext,
  named?: string,
): Promise<TextTask | ChoiceTask> {
  const task = await taskOf(run, context, named)
  if (task.kind !== 'code') return task
  throw new UserError(`the answers of ${run.name} are texts, and ${task.path} has tests of programs`, {
    hint: 'name the task with --task task.yaml',
  })
}
