// The files of lm-evaluation-harness: OUTPUT/MODEL/samples_TASK_DATE.jsonl beside results_DATE.json
// (lm_eval/loggers/evaluation_tracker.py). One folder may hold several dates.
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../util/errors.ts'
import { fileError } from '../util/textFile.ts'

const SAMPLES = /^samples_(.+)_(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:\.\d+)?)\.jsonl(?:\.gz)?$/

/** Task that a samples file is named after; else the file's name without its ending. */
export function taskOfFile(path: string): string {
  const name = basename(path)
  return SAMPLES.exec(name)?.[1] ?? name.replace(/(\.(jsonl|gz))+$/i, '')
}

/** Path of the results of the same date, or null. */
export async function resultsBeside(path: string): Promise<string | null> {
  const date = SAMPLES.exec(basename(path))?.[2]
  if (!date) return null
  const name = (await namesIn(dirname(path))).find((other) => other.endsWith(`_${date}.json`))
  return name === undefined ? null : join(dirname(path), name)
}

/** The samples files of a folder, one a task; of the only folder in it that has some, if it has none itself. */
export async function samplesIn(folder: string): Promise<string[]> {
  const own = await samplesOf(folder)
  if (own.length > 0) return oneATask(folder, own)
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw fileError(folder, error)
  })
  const inner: { folder: string; names: string[] }[] = []
  for (const entry of entries) {
    if (!entry.isDirectory()) continue
    const path = join(folder, entry.name)
    const names = await samplesOf(path)
    if (names.length > 0) inner.push({ folder: path, names })
  }
  if (inner.length === 1) return oneATask(inner[0]!.folder, inner[0]!.names)
  if (inner.length === 0) {
    throw new UserError(`${folder} is a folder without lm-eval samples (samples_TASK_DATE.jsonl)`, {
      hint: 'name a log file, or a folder that lm-eval wrote with --log_samples',
    })
  }
  const names = inner.map((found) => basename(found.folder)).sort()
  throw new UserError(`${folder} holds samples of ${inner.length} models: ${names.join(', ')}`, {
    hint: `name one of them, such as ${join(folder, names[0]!)}`,
  })
}

const samplesOf = async (folder: string): Promise<string[]> =>
  (await namesIn(folder)).filter((name) => SAMPLES.test(name)).sort()

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw fileError(folder, error)
  })
}

function oneATask(folder: string, names: string[]): string[] {
  const byTask = new Map<string, string>()
  for (const name of names) {
    const task = SAMPLES.exec(name)![1]!
    const earlier = byTask.get(task)
    if (earlier !== undefined) {
      throw new UserError(`${folder} holds two runs of ${task}: ${earlier} and ${name}`, {
        hint: 'name the samples file of one of them, or move the other run to a folder of its own',
      })
    }
    byTask.set(task, name)
  }
  return [...byTask.values()].map((name) => join(folder, name))
}
