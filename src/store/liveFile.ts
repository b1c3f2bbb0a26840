// live.json: what the check of a variant's liveness found, in a folder of its own or beside a run's answers.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Absent } from '../schema/estimate.ts'
import { LIVE_SCHEMA, type Liveness, liveFileSchema } from '../schema/live.ts'
import { writeFileWhole } from '../util/files.ts'

const LIVE_FILE = 'live.json'

export async function writeLive(folder: string, liveness: Liveness | Absent): Promise<void> {
  const file = { schema: LIVE_SCHEMA, liveness }
  await writeFileWhole(join(folder, LIVE_FILE), `${JSON.stringify(file, null, 2)}\n`)
}

/** Undefined where there is none, or where it is damaged or of another version: the check is made again. */
export async function findLive(folder: string): Promise<Liveness | Absent | undefined> {
  try {
    return liveFileSchema.parse(JSON.parse(await readFile(join(folder, LIVE_FILE), 'utf8'))).liveness
  } catch {
    return undefined
  }
}

export async function readLive(folder: string): Promise<Liveness | Absent> {
  return (await findLive(folder)) ?? { absent: 'it was not checked' }
}
