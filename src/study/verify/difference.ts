// Where two JSON values differ: each place once, the smallest that says it. Numbers are compared exactly: computing is
// deterministic.

export interface Difference {
  /** Keys and indices from the root. */
  path: readonly string[]
  /** Undefined: there is nothing at this place. */
  stored: unknown
  found: unknown
}

type Json = Record<string, unknown>

const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** A list of another length is one difference, and so are a list of plain values and a value that is absent on one side. */
export function differences(stored: unknown, found: unknown, path: readonly string[] = []): Difference[] {
  if (Array.isArray(stored) && Array.isArray(found)) {
    const hasRecords = stored.some(isRecord) || found.some(isRecord)
    if (stored.length === found.length && hasRecords)
      return stored.flatMap((item, i) => differences(item, found[i], [...path, String(i)]))
    return JSON.stringify(stored) === JSON.stringify(found) ? [] : [{ path, stored, found }]
  }
  if (isRecord(stored) && isRecord(found)) {
    if ('absent' in stored !== 'absent' in found) return [{ path, stored, found }]
    const keys = new Set([...Object.keys(stored), ...Object.keys(found)])
    return [...keys].flatMap((key) => differences(stored[key], found[key], [...path, key]))
  }
  return Object.is(stored, found) ? [] : [{ path, stored, found }]
}

/** Numbers in a value. */
export function countNumbers(value: unknown): number {
  if (typeof value === 'number') return 1
  if (value === null || typeof value !== 'object') return 0
  return Object.values(value).reduce((sum: number, inner) => sum + countNumbers(inner), 0)
}

/** As it would be read from a file: what JSON has no word for is gone. */
export const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
