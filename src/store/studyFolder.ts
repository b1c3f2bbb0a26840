// A study on disk: cells/KEY, a variant, run or measurement folder as any other, and beside it KEY.cell.json (what was asked,
// written first; when it was finished, written last) and KEY.error.json where it failed.
import { mkdir, readFile, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { CELL_SCHEMA, type Cell, type CellError, cellErrorSchema, cellSchema } from '../schema/study.ts'
import { exists, removeAllAbandoned, writeFileWhole } from '../util/files.ts'
import { lockFolder } from './lock.ts'

const cellFile = (folder: string): string => `${folder}.cell.json`
const errorFile = (folder: string): string => `${folder}.error.json`

export const cellFolder = (study: string, key: string): string => join(study, 'cells', key)

/** One process at a time works on a study. What a killed one left half written is removed. */
export async function lockStudy(study: string, onWait?: (holder: string) => void): Promise<AsyncDisposable> {
  await mkdir(study, { recursive: true })
  const lock = await lockFolder(study, onWait)
  await removeAllAbandoned(study)
  return lock
}

/** Reads studies while nobody works on them. */
export async function whileLocked<T>(
  studies: readonly string[],
  read: () => Promise<T>,
  onWait?: (study: string, holder: string) => void,
): Promise<T> {
  const places = new Set(await Promise.all(studies.map((study) => realpath(study).catch(() => study))))
  // In one order, so that no two wait for each other.
  const [study, ...rest] = [...places].sort()
  if (study === undefined) return read()
  await using _lock = await lockFolder(study, (holder) => onWait?.(study, holder)).catch(unlessUnwritable)
  return await whileLocked(rest, read, onWait)
}

/** What may not be written is read without a lock; of what is not there its reader says so. */
function unlessUnwritable(error: NodeJS.ErrnoException): null {
  if (['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(error.code ?? '')) return null
  throw error
}

/** Undefined where there is none, or where it is not one of this version: it is made again then. */
export const readCell = (folder: string): Promise<Cell | undefined> => read(cellFile(folder), cellSchema)

export const readCellError = (folder: string): Promise<CellError | undefined> =>
  read(errorFile(folder), cellErrorSchema)

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  if (!(await exists(path))) return undefined
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** Begins a cell, or goes on with it: what it failed of before no longer counts. Says whether it was begun before. */
export async function beginCell(
  folder: string,
  asked: Pick<Cell, 'kind' | 'key' | 'asked'>,
): Promise<boolean> {
  const known = await readCell(folder)
  await rm(errorFile(folder), { force: true })
  if (known) return true
  await writeCell(folder, {
    schema: CELL_SCHEMA,
    ...asked,
    createdAt: new Date().toISOString(),
    finished: null,
  })
  return false
}

export async function finishCell(folder: string, finished: NonNullable<Cell['finished']>): Promise<void> {
  const cell = (await readCell(folder))!
  await writeCell(folder, { ...cell, finished })
}

export const failCell = (folder: string, error: CellError): Promise<void> =>
  writeFileWhole(errorFile(folder), `${JSON.stringify(error, null, 2)}\n`)

const writeCell = (folder: string, cell: Cell): Promise<void> =>
  writeFileWhole(cellFile(folder), `${JSON.stringify(cell, null, 2)}\n`)
