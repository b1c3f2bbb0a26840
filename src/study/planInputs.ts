// Tasks and texts of a study, read.
import { resolve } from 'node:path'
import { builtInTexts, readTexts } from '../measure/predictions/texts.ts'
import type { Task } from '../schema/problem.ts'
import { resolveTask, type TaskContext } from '../tasks/task.ts'
import { UserError } from '../util/errors.ts'
import type { StudyFile } from './planFile.ts'
import { pathOrName } from './planPaths.ts'
import type { Side } from './planSides.ts'

export interface StudyTask {
  /** Name or absolute path. */
  named: string
  task: Task
}

export interface StudyTexts {
  /** Files, folders and fields with absolute paths; the built-in texts where there is none. */
  specs: readonly string[]
  /** Name and SHA-256 of each body of texts. */
  identities: readonly (readonly [name: string, identity: string])[]
  bytes: number
}

export async function readStudyTasks(
  { study, folder, placeOf }: StudyFile,
  sides: readonly Side[],
  context: TaskContext,
): Promise<StudyTask[]> {
  const asked = sides.find(({ kind }) => kind !== 'recorded')
  if (study.measures.includes('answers') && study.tasks.length === 0 && asked) {
    throw new UserError(`${placeOf('tasks')} names no task, and answers are measured`, {
      hint: 'name tasks, or leave answers out: measures: [weights, predictions]',
    })
  }
  const tasks: StudyTask[] = []
  for (const [i, written] of study.tasks.entries()) {
    const named = pathOrName(folder, written)
    const task = await resolveTask(named, context)
    const other = tasks.find((known) => known.task.name === task.name)
    if (other) {
      throw new UserError(`${placeOf('tasks', i)} is called ${task.name}, as ${other.named} is`, {
        hint: 'tasks are told apart by their names: rename one, or name it once',
      })
    }
    tasks.push({ named, task })
  }
  return tasks
}

/** Null where predictions are not measured. */
export async function readStudyTexts({ study, folder }: StudyFile): Promise<StudyTexts | null> {
  if (!study.measures.includes('predictions')) return null
  const specs = study.texts.map((spec) => resolve(folder, spec))
  const { corpora } = specs.length > 0 ? await readTexts(specs) : await builtInTexts()
  return {
    specs,
    identities: corpora.map(({ name, identity }) => [name, identity] as const),
    bytes: corpora.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
