// The rows of a task's data file: JSONL, a JSON list or CSV, gzipped or not, each with the line it stands on.
import { readCsvRecords } from '../util/csvRecords.ts'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import { parseJson, readJsonLines, readTextFile } from '../util/textFile.ts'

export interface DataRow {
  /** Of the line (of a JSON list: of the item), from 1. */
  number: number
  /** `PATH, line 3`. */
  place: string
  columns: ReadonlyMap<string, unknown>
}

const ENDINGS = '.jsonl, .json or .csv, and .gz behind it where it is gzipped'

/** Reads all rows. A row that is none is a UserError that names its line; so is a file without rows. */
export async function readRows(path: string): Promise<DataRow[]> {
  const rows = await readerOf(path)(path)
  if (rows.length === 0) {
    throw new UserError(`${path} holds no row`, { hint: 'a problem is made of each of its rows: add some' })
  }
  return rows
}

function readerOf(path: string): (path: string) => Promise<DataRow[]> {
  const name = path.toLowerCase().replace(/\.gz$/, '')
  if (name.endsWith('.jsonl')) return jsonlRows
  if (name.endsWith('.json')) return jsonRows
  if (name.endsWith('.csv')) return csvRows
  throw new UserError(`${path} is no file of data by its name`, { hint: `its name ends in ${ENDINGS}` })
}

async function jsonlRows(path: string): Promise<DataRow[]> {
  const rows: DataRow[] = []
  for await (const line of readJsonLines(path)) {
    const place = `${path}, line ${line.number}`
    if (line.fault !== undefined) throw notARow(place, line.fault)
    rows.push(objectRow(place, line.number, line.value))
  }
  return rows
}

async function jsonRows(path: string): Promise<DataRow[]> {
  const parsed = parseJson((await readTextFile(path)).text)
  if ('fault' in parsed) throw notARow(path, parsed.fault)
  if (!Array.isArray(parsed.value)) {
    throw new UserError(`${path} is ${kindOf(parsed.value)}, wanted a list of objects`, {
      hint: 'one object a line is JSONL: let its name end in .jsonl',
    })
  }
  return parsed.value.map((value, i) => objectRow(`${path}, item ${i + 1}`, i + 1, value))
}

async function csvRows(path: string): Promise<DataRow[]> {
  const rows: DataRow[] = []
  let names: string[] | undefined
  for await (const record of readCsvRecords(path, ',')) {
    const { line: number } = record
    const place = `${path}, line ${number}`
    if (record.fault !== undefined) throw notARow(place, record.fault)
    if (!names) {
      names = header(place, record.fields)
      continue
    }
    if (record.fields.length !== names.length) {
      throw notARow(place, `${record.fields.length} fields where the header has ${names.length}`)
    }
    rows.push({ number, place, columns: new Map(names.map((name, i) => [name, record.fields[i]])) })
  }
  return rows
}

function header(place: string, fields: readonly string[]): string[] {
  const names = fields.map((name) => name.trim())
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return names
  throw new UserError(`${place}: two columns are called '${oneLine(twice, 40)}'`, {
    hint: 'rename one of them',
  })
}

function objectRow(place: string, number: number, value: unknown): DataRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw notARow(place, `${kindOf(value)}, wanted an object of columns`)
  }
  return { number, place, columns: new Map(Object.entries(value)) }
}

const notARow = (place: string, what: string): UserError =>
  new UserError(`${place}: ${what}`, { hint: 'each row of the data is a problem: mend the row or delete it' })

/** The value of a column that the task names under `key`. UserError where the row has none. */
export function cell(row: DataRow, column: string, key: string): unknown {
  const value = row.columns.get(column)
  if (value !== undefined) return value
  const names = [...row.columns.keys()]
  const meant = nearest(column, names)
  const question = meant === undefined ? '' : `was ${oneLine(meant, 40)} meant? `
  throw new UserError(`${row.place} has no column '${oneLine(column, 40)}', which ${key} names`, {
    hint: `${question}its columns are ${oneLine(names.join(', '), 200)}`,
  })
}

/** As `cell`, a text that is not blank. Numbers are taken as they are written by default. */
export function textCell(row: DataRow, column: string, key: string): string {
  const value = cell(row, column, key)
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && text.trim() !== '') return text
  throw wrongCell(row, column, { value, wanted: `a text for ${key}` })
}

export function wrongCell(
  row: DataRow,
  column: string,
  { value, wanted, hint }: { value: unknown; wanted: string; hint?: string },
): UserError {
  return new UserError(`${row.place}: ${oneLine(column, 40)} is ${shown(value)}, wanted ${wanted}`, {
    hint: hint ?? 'mend the row or delete it',
  })
}

function shown(value: unknown): string {
  if (value === '') return 'empty'
  if (typeof value === 'string') return value.trim() === '' ? 'blank' : `'${oneLine(value, 60)}'`
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return (
    { string: 'a text', number: 'a number', boolean: 'true or false' }[typeof value as string] ?? 'an object'
  )
}
