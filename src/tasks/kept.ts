// Copies of tasks in the cache, by identity: runs outlive the folder that the problems lay in. A problem set in HumanEval's
// format is copied as it is; a task of one's own is written as its problems are asked, so that the copy needs no template.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Task } from '../schema/problem.ts'
import type { TaskFile } from '../schema/task.ts'
import { exists, writeFileWhole, writeFolderWhole } from '../util/files.ts'
import { HUMANEVAL_SHA256 } from './humaneval.ts'
import { isTaskFile, TASK_FILE } from './ownTask.ts'

/** Keeps a copy, unless there is one. */
export async function keepTask(task: Task, cacheFolder: string): Promise<void> {
  const { identity, path } = task
  if (identity === HUMANEVAL_SHA256 || (await keptTask(identity, cacheFolder))) return
  const place = join(cacheFolder, 'tasks', identity)
  if (!isTaskFile(path)) {
    return writeFileWhole(`${place}.jsonl${path.endsWith('.gz') ? '.gz' : ''}`, await readFile(path))
  }
  try {
    await writeFolderWhole(place, (folder) => writeOwnTask(task, folder))
  } catch (error) {
    // Another process kept it first.
    if (!(await keptTask(identity, cacheFolder))) throw error
  }
}

/** Path of the kept copy of the task with this identity, or null. */
export async function keptTask(identity: string, cacheFolder: string): Promise<string | null> {
  // A run says it, and may come from anywhere.
  if (!/^[\w-]+$/.test(identity)) return null
  for (const ending of ['', '.jsonl', '.jsonl.gz']) {
    const path = join(cacheFolder, 'tasks', identity + ending)
    if (await exists(path)) return path
  }
  return null
}

const DATA = 'problems.jsonl'

async function writeOwnTask(task: Task, folder: string): Promise<void> {
  const file = {
    name: task.name,
    data: DATA,
    id: 'id',
    prompt: '{{ prompt }}',
    ...(task.system === undefined ? {} : { system: task.system }),
    ...scoring(task),
  } satisfies TaskFile
  const rows = [...task.problems.values()].map((problem) =>
    'choices' in problem && task.kind === 'choice'
      ? { ...problem, choices: problem.choices.map((choice) => choice.slice(task.delimiter.length)) }
      : problem,
  )
  await writeFileWhole(join(folder, DATA), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await writeFileWhole(join(folder, TASK_FILE), stringify(file))
}

function scoring(task: Task): Pick<TaskFile, 'scorer'> & Partial<TaskFile> {
  const ask = { ...task.asking, stops: [...task.asking.stops] }
  if (task.kind === 'code') return { scorer: { kind: 'code' }, entryPoint: 'entryPoint', test: 'test', ask }
  if (task.kind === 'choice') {
    const { delimiter, normalise } = task
    return { scorer: { kind: 'choice', normalise }, choices: 'choices', answer: 'answer', delimiter }
  }
  const hasTargets = [...task.problems.values()].some(({ targets }) => targets.length > 0)
  return { scorer: task.scorer, ...(hasTargets ? { answer: 'targets' } : {}), ask }
}
