// A run from recorded answers: another tool's log becomes a run folder, in the cache by key or where the user says.
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type LogOptions, type LogReading, openLog } from '../logs/index.ts'
import type { CodeTask, Task } from '../schema/problem.ts'
import { RUN_SCHEMA, type Run, type SkippedRow } from '../schema/run.ts'
import { isRunFolder, openSamples, readRun, writeRun } from '../store/runFolder.ts'
import { keepTask, resolveTask } from '../tasks/task.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFolderWhole } from '../util/files.ts'
import { sha256File, sha256Value } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'

export interface ImportOptions extends LogOptions {
  /** Name or path of the task; without it the log must tell. */
  task?: string
  name?: string
  model?: string
  solver?: string
  startFrom?: string
}

/** Where tasks and imported runs are kept, and how progress is told. */
export interface ImportContext {
  cacheFolder: string
  env: NodeJS.ProcessEnv
  onProgress?: (rows: number) => void
}

/** A run on disk. */
export interface StoredRun {
  folder: string
  run: Run
}

/** Raised when importing changes what is written, so that cached imports of an older kind are not used. */
const IMPORT_REVISION = 3

/** The readings of a log with the task that each belongs to. */
async function openReadings(
  path: string,
  options: ImportOptions,
  context: ImportContext,
): Promise<{ reading: LogReading; task: CodeTask | null }[]> {
  const readings = await openLog(path, options)
  const result: { reading: LogReading; task: CodeTask | null }[] = []
  for (const reading of readings) {
    const name = options.task ?? reading.task
    if (reading.scoring === 'execute' && name === null) {
      throw new UserError(`${path}: the answers are code, but the log does not say of which task`, {
        hint: 'name the problems with --task humaneval or --task PROBLEMS.jsonl',
      })
    }
    const task = reading.scoring === 'execute' ? await codeTask(path, name!, context) : null
    result.push({ reading, task })
  }
  return result
}

async function codeTask(path: string, name: string, context: ImportContext): Promise<CodeTask> {
  const task: Task = await resolveTask(name, context)
  if (task.kind === 'code') return task
  throw new UserError(`${path} holds programs, and ${name} has no tests for them`, {
    hint: 'name the problems with --task humaneval or --task PROBLEMS.jsonl',
  })
}

/** Imports a log into `folder` (several tasks: one folder a task below it). The folder must not exist. */
export async function importLog(
  path: string,
  folder: string,
  options: ImportOptions,
  context: ImportContext,
): Promise<StoredRun[]> {
  if (await exists(folder)) {
    throw new UserError(`${folder} exists`, { hint: 'choose another folder with -o, or delete it first' })
  }
  const opened = await openReadings(path, options, context)
  const parts = partNames(opened.map(({ reading }) => reading))
  const stored: StoredRun[] = []
  await writeFolderWhole(folder, async (temporary) => {
    for (const [i, { reading, task }] of opened.entries()) {
      const part = parts[i]!
      const written = join(temporary, part)
      await mkdir(written, { recursive: true })
      const run = await writeImported({ path, reading, task, folder: written, options, context })
      stored.push({ folder: join(folder, part), run })
    }
  })
  return stored
}

/** Folder names of a log's readings below its run folder: none for a single one, else the tasks', numbered where equal. */
function partNames(readings: readonly LogReading[]): string[] {
  if (readings.length === 1) return ['']
  const names = readings.map((reading) => (reading.task ?? basename(reading.path)).replace(/[^\w.-]+/g, '_'))
  return names.map((name, i) => (names.indexOf(name) === i ? name : `${name}-${i + 1}`))
}

/** Imports a log into the cache, or finds what was imported of the same contents before. */
export async function importCached(
  path: string,
  options: ImportOptions,
  context: ImportContext,
): Promise<StoredRun[]> {
  const stored: StoredRun[] = []
  for (const { reading, task } of await openReadings(path, options, context)) {
    stored.push(await cachedImport({ path, reading, task, options, context }))
  }
  return stored
}

interface ImportWork {
  /** What the user named: the log, or the folder that holds it. */
  path: string
  reading: LogReading
  task: CodeTask | null
  options: ImportOptions
  context: ImportContext
}

async function cachedImport(work: ImportWork): Promise<StoredRun> {
  const { path, reading, task, options, context } = work
  const { task: _, ...asked } = options
  const key = sha256Value({
    revision: IMPORT_REVISION,
    file: await sha256File(reading.path),
    // The name is shown in reports, and two files may be equal.
    name: options.name ?? nameOf(path, reading.format),
    format: reading.format,
    metric: reading.metric,
    task: task?.identity ?? reading.task,
    asked,
  })
  const folder = join(context.cacheFolder, 'runs', key.slice(0, 32))
  if (await isRunFolder(folder)) return { folder, run: await readRun(folder) }
  try {
    let run: Run | undefined
    await writeFolderWhole(folder, async (temporary) => {
      run = await writeImported({ ...work, folder: temporary })
    })
    return { folder, run: run! }
  } catch (error) {
    // Another process finished the same import first.
    if (await isRunFolder(folder)) return { folder, run: await readRun(folder) }
    throw error
  }
}

async function writeImported(work: ImportWork & { folder: string }): Promise<Run> {
  const { path, reading, task, folder, options, context } = work
  const identity = await sha256File(reading.path)
  if (task) await keepTask(task, context.cacheFolder)
  const skipped: SkippedRow[] = []
  const seen = new Set<string>()
  let samples = 0
  {
    await using writer = await openSamples(folder)
    for await (const row of reading.rows(task ? new Set(task.problems.keys()) : undefined)) {
      if ('skipped' in row) {
        skipped.push(row.skipped)
      } else {
        samples++
        seen.add(row.sample.problem)
        await writer.append(row.sample)
      }
      context.onProgress?.(samples + skipped.length)
    }
  }
  if (samples === 0) throw nothingRead(reading, skipped)
  const run: Run = {
    schema: RUN_SCHEMA,
    name: options.name ?? nameOf(path, reading.format),
    createdAt: new Date().toISOString(),
    model: options.model ? { name: options.model, source: 'stated' } : reading.model,
    solver: options.solver ? { name: options.solver, source: 'stated' } : reading.solver,
    ...(options.startFrom ? { startFrom: options.startFrom } : {}),
    task: task
      ? { name: task.name, identity: task.identity, path: task.path }
      : { name: options.task ?? reading.task ?? 'problems', identity: null, path: null },
    scoring: reading.scoring,
    rule: reading.rule,
    metric: reading.metric,
    // What is executed is judged by our problems, whatever the log had.
    fingerprint: task ? { ...reading.fingerprint, dataset: task.identity } : reading.fingerprint,
    seeds: reading.seeds,
    versions: { ...reading.versions, tunediff: VERSION },
    import: {
      format: reading.format,
      task: reading.task,
      path: reading.path,
      identity,
      rows: samples + skipped.length,
      samples,
      skipped,
      missing: task ? [...task.problems.keys()].filter((id) => !seen.has(id)) : [],
    },
    asked: null,
  }
  await writeRun(folder, run)
  return run
}

function nothingRead(reading: LogReading, skipped: SkippedRow[]): UserError {
  const first = skipped[0]
  return new UserError(
    `${reading.path}: none of its ${skipped.length} rows is an answer${first ? `; line ${first.line}: ${first.reason}` : ''}`,
    {
      hint: `it was read as ${reading.format}: name another format with --format, or another task with --task`,
    },
  )
}

/** The file's name without the endings that say what it holds. */
function nameOf(path: string, format: string): string {
  const name = basename(path).replace(/(\.(jsonl|json|csv|gz))+$/i, '')
  return (name.endsWith(`.${format}`) ? name.slice(0, -format.length - 1) : name) || basename(path)
}
