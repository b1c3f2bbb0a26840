// A measurement of weights on disk: measurement.json and tensors.jsonl in one folder. A row may be appended twice, first
// without and then with its spectrum: the last one wins.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, measurementSchema, type TensorRow, tensorRowSchema } from '../schema/weights.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { JsonlWriter, readRows } from './jsonl.ts'

const MEASUREMENT_FILE = 'measurement.json'
const TENSORS_FILE = 'tensors.jsonl'

export async function writeMeasurement(folder: string, measurement: Measurement): Promise<void> {
  await writeFileWhole(join(folder, MEASUREMENT_FILE), `${JSON.stringify(measurement, null, 2)}\n`)
}

/** Begins a measurement: rows of another one that lie in the folder are removed. */
export async function startMeasurement(folder: string, measurement: Measurement): Promise<void> {
  await rm(join(folder, TENSORS_FILE), { force: true })
  await writeMeasurement(folder, measurement)
}

/** Undefined where there is none, or where it is of another version and has to be made again. */
export async function readMeasurement(folder: string): Promise<Measurement | undefined> {
  const path = join(folder, MEASUREMENT_FILE)
  if (!(await exists(path))) return undefined
  try {
    return measurementSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: 'delete the folder and measure again', cause })
  }
}

/** Rows by the tensor's name. */
export async function readTensorRows(folder: string): Promise<Map<string, TensorRow>> {
  const rows = new Map<string, TensorRow>()
  for await (const row of readRows(join(folder, TENSORS_FILE), tensorRowSchema)) rows.set(row.name, row)
  return rows
}

export function openTensorRows(folder: string): Promise<JsonlWriter> {
  return JsonlWriter.open(join(folder, TENSORS_FILE))
}
