// A task of one's own: task.yaml and the rows of its data file become problems.
import { basename, dirname, resolve } from 'node:path'
import type { Asking, Task } from '../schema/problem.ts'
import type { TaskFile } from '../schema/task.ts'
import { UserError } from '../util/errors.ts'
import { sha256Value } from '../util/hash.ts'
import { oneLine, plural } from '../util/text.ts'
import { choiceProblems } from './choiceProblems.ts'
import { codeProblem } from './codeProblem.ts'
import { cell, type DataRow, readRows, wrongCell } from './dataRows.ts'
import { CODE_ASKING } from './humaneval.ts'
import { type AskedRow, promptsOf } from './prompts.ts'
import { targetsOf } from './targets.ts'
import { readTaskFile, type TaskSource } from './taskFile.ts'

export const TASK_FILE = 'task.yaml'

/** Greedy, and ended by the model alone: where an answer ends is for the task to say. */
const TEXT_ASKING: Asking = { maxTokens: 256, temperature: 0, topP: 1, stops: [] }

/** Reads the task of a task.yaml. Whatever is wrong with it or with its data is a UserError. */
export async function readOwnTask(path: string, onWarning?: (text: string) => void): Promise<Task> {
  const source = await readTaskFile(path)
  const rows = await readRows(resolve(dirname(path), source.file.data))
  const ids = idsOf(rows, source.file.id)
  const prompts = promptsOf(source, rows)
  const asked = rows.map((row, i) => ({ row, id: ids[i]!, prompt: prompts[i]! }))
  const task = taskOf(source, asked)
  refuseSame(source, task)
  warnOfBlanks(source, { prompts, onWarning })
  return task
}

function taskOf(source: TaskSource, asked: readonly AskedRow[]): Task {
  const { file, path } = source
  const { scorer, system } = file
  const common = {
    name: file.name?.trim() ?? nameOf(path),
    path,
    ...(system === undefined ? {} : { system }),
  }
  const asking = { ...(scorer.kind === 'code' ? CODE_ASKING : TEXT_ASKING), ...given(file.ask ?? {}) }
  if (scorer.kind === 'code') {
    const problems = byId(asked.map((each) => codeProblem(file, each)))
    return { ...common, kind: 'code', identity: identityOf('code', system, problems), asking, problems }
  }
  if (scorer.kind === 'choice') {
    const { delimiter = ' ' } = file
    const problems = byId(choiceProblems(file, delimiter, asked))
    const identity = identityOf('choice', system, problems)
    return { ...common, kind: 'choice', identity, asking, delimiter, normalise: scorer.normalise, problems }
  }
  const problems = byId(
    asked.map(({ row, id, prompt }) => ({ id, prompt, targets: targetsOf(file, scorer, row) })),
  )
  return { ...common, kind: 'text', identity: identityOf('text', system, problems), asking, scorer, problems }
}

/** The folder's name for task.yaml, else that of the file. */
function nameOf(path: string): string {
  return basename(path) === TASK_FILE
    ? basename(dirname(path)) || 'task'
    : basename(path).replace(/\.ya?ml$/i, '')
}

/** Without keys that are undefined. */
function given(ask: NonNullable<TaskFile['ask']>): Partial<Asking> {
  return Object.fromEntries(Object.entries(ask).filter(([, value]) => value !== undefined))
}

const byId = <P extends { id: string }>(problems: readonly P[]): ReadonlyMap<string, P> =>
  new Map(problems.map((problem) => [problem.id, problem]))

/** Over what is asked and what is right, in order; not over how texts are scored. */
function identityOf(kind: Task['kind'], system: string | undefined, problems: Task['problems']): string {
  return sha256Value({ kind, system: system ?? null, problems: [...problems.values()] })
}

function idsOf(rows: readonly DataRow[], column: string | undefined): string[] {
  if (column === undefined) return rows.map(({ number }) => String(number))
  const places = new Map<string, string>()
  return rows.map((row) => {
    const value = cell(row, column, 'id')
    const isId = typeof value === 'string' ? value.trim() !== '' : Number.isSafeInteger(value)
    if (!isId) throw wrongCell(row, column, { value, wanted: 'an id: a text or a whole number' })
    const id = String(value)
    const earlier = places.get(id)
    if (earlier !== undefined) {
      throw new UserError(`${row.place}: the id ${oneLine(id, 60)} stands in ${earlier} too`, {
        hint: 'each problem has an id of its own; without the key id the number of the line is taken',
      })
    }
    places.set(id, row.place)
    return id
  })
}

/** Problems that all ask the same are a template that forgot its columns. */
function refuseSame({ placeOf }: TaskSource, { problems }: Task): void {
  const asked = [...problems.values()].map((problem) =>
    JSON.stringify([problem.prompt, 'choices' in problem ? problem.choices : []]),
  )
  if (asked.length < 2 || asked.some((each) => each !== asked[0])) return
  throw new UserError(`${placeOf('prompt')}: the prompt is the same for all ${asked.length} problems`, {
    hint: 'name a column of the data in it, such as {{ question }}',
  })
}

/** A model has learnt the blank as the beginning of the next token: behind one it answers worse. */
function warnOfBlanks(
  { placeOf, file }: TaskSource,
  { prompts, onWarning }: { prompts: readonly string[]; onWarning: ((text: string) => void) | undefined },
): void {
  const count = prompts.filter((prompt) => /[^\S\r\n]$/.test(prompt)).length
  if (count === 0 || !onWarning) return
  const mend = file.scorer.kind === 'choice' ? 'delimiter puts one before each choice' : 'leave it out'
  onWarning(
    `${placeOf('prompt')}: ${plural(count, 'prompt')} of ${prompts.length} end in a blank, which models have as the beginning of the answer: ${mend}`,
  )
}

/** Whether a path names a task file by its ending. */
export const isTaskFile = (path: string): boolean => /\.ya?ml$/i.test(path)
