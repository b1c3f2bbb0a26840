// measurement.json, which every measurement folder begins with: what was asked, written whole before the first row.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'

const MEASUREMENT_FILE = 'measurement.json'

export async function writeMeasurementFile(folder: string, measurement: unknown): Promise<void> {
  await writeFileWhole(join(folder, MEASUREMENT_FILE), `${JSON.stringify(measurement, null, 2)}\n`)
}

/**
 * Undefined where there is none, or where it is of another version and has to be made again. A folder of another kind
 * is refused: its rows are not ours to remove.
 */
export async function readMeasurementFile<T extends { kind: string }>(
  folder: string,
  kind: T['kind'],
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const path = join(folder, MEASUREMENT_FILE)
  if (!(await exists(path))) return undefined
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: 'delete the folder and measure again', cause })
  }
  const found = (value as { kind?: unknown } | null)?.kind
  if (typeof found === 'string' && found !== kind) {
    throw new UserError(`${folder} holds a measurement of ${found}, wanted is one of ${kind}`, {
      hint: 'give another folder with -o',
    })
  }
  return schema.safeParse(value).data
}
