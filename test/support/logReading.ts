// A log as the tests read it: whole, and checked against what every reading keeps. Not a test itself.
import { expect } from 'vitest'
import { FINGERPRINT_KEYS } from '../../src/logs/format.ts'
import { FORMATS, type LogOptions, type LogReading, openLog } from '../../src/logs/index.ts'
import { type Sample, type SkippedRow, sampleSchema } from '../../src/schema/run.ts'

/** The one reading of a log. */
export async function openOne(path: string, options: LogOptions = {}): Promise<LogReading> {
  const readings = await openLog(path, options)
  expect(readings).toHaveLength(1)
  return readings[0]!
}

/** All its rows, each after its schema. */
export async function rowsOf(reading: LogReading): Promise<{ samples: Sample[]; skipped: SkippedRow[] }> {
  const samples: Sample[] = []
  const skipped: SkippedRow[] = []
  for await (const row of reading.rows()) {
    if ('sample' in row) samples.push(sampleSchema.parse(row.sample))
    else skipped.push(row.skipped)
  }
  expect(Object.keys(reading.fingerprint).sort()).toEqual([...FINGERPRINT_KEYS].sort())
  expect(FORMATS).toContain(reading.format)
  return { samples, skipped }
}

export const claims = (samples: Sample[]): number => samples.filter((sample) => sample.claimed).length
export const ids = (samples: Sample[]): string[] => samples.map((sample) => sample.id)
