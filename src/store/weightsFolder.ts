// A measurement of weights on disk: measurement.json and tensors.jsonl in one folder. A row may be appended twice, first
// without and then with its spectrum: the last one wins.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Measurement, measurementSchema, type TensorRow, tensorRowSchema } from '../schema/weights.ts'
import { JsonlWriter, readRows } from './jsonl.ts'
import { readMeasurementFile, writeMeasurementFile } from './measurementFile.ts'

const TENSORS_FILE = 'tensors.jsonl'

export function writeMeasurement(folder: string, measurement: Measurement): Promise<void> {
  return writeMeasurementFile(folder, measurement)
}

/** Begins a measurement: rows of another one that lie in the folder are removed. */
export async function startMeasurement(folder: string, measurement: Measurement): Promise<void> {
  await rm(join(folder, TENSORS_FILE), { force: true })
  await writeMeasurement(folder, measurement)
}

/** Undefined where there is none, or where it is of another version and has to be made again. */
export function readMeasurement(folder: string): Promise<Measurement | undefined> {
  return readMeasurementFile(folder, 'weights', measurementSchema)
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
