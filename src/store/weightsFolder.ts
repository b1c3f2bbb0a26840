// A measurement of weights on disk: measurement.json, tensors.jsonl and settings.json in one folder. A row may be appended
// twice, first without and then with its spectrum: the last one wins.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Measurement,
  measurementSchema,
  type SettingsFile,
  settingsFileSchema,
  type TensorRow,
  tensorRowSchema,
} from '../schema/weights.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { JsonlWriter, readRows } from './jsonl.ts'
import { readMeasurementFile, writeMeasurementFile } from './measurementFile.ts'

const TENSORS_FILE = 'tensors.jsonl'
const SETTINGS_FILE = 'settings.json'

export function writeMeasurement(folder: string, measurement: Measurement): Promise<void> {
  return writeMeasurementFile(folder, measurement)
}

/** Begins a measurement: what of another one lies in the folder is removed. */
export async function startMeasurement(folder: string, measurement: Measurement): Promise<void> {
  for (const name of [TENSORS_FILE, SETTINGS_FILE]) await rm(join(folder, name), { force: true })
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

export const hasSettingsFile = (folder: string): Promise<boolean> => exists(join(folder, SETTINGS_FILE))

export const writeSettingsFile = (folder: string, settings: SettingsFile): Promise<void> =>
  writeFileWhole(join(folder, SETTINGS_FILE), `${JSON.stringify(settings, null, 2)}\n`)

export async function readSettingsFile(folder: string): Promise<SettingsFile> {
  const path = join(folder, SETTINGS_FILE)
  try {
    return settingsFileSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    throw new UserError(`${path} is missing or damaged`, {
      hint: 'delete it and run the same command again: what is missing is measured again',
      cause,
    })
  }
}
