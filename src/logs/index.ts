// Opens other tools' logs: recognises the format from a file's first rows, or takes the one that the user names.
import { stat } from 'node:fs/promises'
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import { fileError, parseJson, readTextFile, readTextLines } from '../util/textFile.ts'
import { evalplusResults } from './evalplusResults.ts'
import { evalplusSamples } from './evalplusSamples.ts'
import { isObject, type JsonObject, type LogFormat, type LogOptions, type LogReading } from './format.ts'
import { humanEvalSamples } from './humanEvalSamples.ts'
import { ldb } from './ldb.ts'
import { ldbSeed } from './ldbSeed.ts'
import { lmEval } from './lmEval.ts'
import { samplesIn } from './lmEvalFiles.ts'
import { type CsvStart, csvDelimiter, plain, plainCsv } from './plain.ts'
import { reflexion } from './reflexion.ts'

export type { LogOptions, LogReading } from './format.ts'

/** In the order in which they are tried: formats that ask for more come first. */
const KNOWN: readonly LogFormat[] = [
  lmEval,
  evalplusResults,
  ldb,
  ldbSeed,
  reflexion,
  evalplusSamples,
  humanEvalSamples,
  plain,
]

/** Names of the formats, as in --format. */
export const FORMATS: readonly string[] = KNOWN.map((format) => format.name)

/** Rows and characters that are looked at to recognise a format. */
const START_ROWS = 50
const START_CHARACTERS = 64 * 1024 * 1024

/** Opens a log; a folder of lm-eval samples gives one reading a task. */
export async function openLog(path: string, options: LogOptions = {}): Promise<LogReading[]> {
  const asked = options.format === undefined ? undefined : formatNamed(options.format)
  const file = await stat(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  if (!file.isDirectory()) return [await openFile(path, options, asked)]
  if (asked && asked !== lmEval) {
    throw new UserError(`${path} is a folder, and ${asked.name} is a file`, { hint: 'name the file' })
  }
  const readings: LogReading[] = []
  for (const samples of await samplesIn(path)) readings.push(await openFile(samples, options, lmEval))
  return readings
}

function formatNamed(name: string): LogFormat {
  const format = KNOWN.find((known) => known.name === name)
  if (format) return format
  const meant = nearest(name, FORMATS)
  throw new UserError(`there is no log format '${name}'`, {
    hint: meant ? `did you mean ${meant}?` : `formats: ${FORMATS.join(', ')}`,
  })
}

async function openFile(
  path: string,
  options: LogOptions,
  asked: LogFormat | undefined,
): Promise<LogReading> {
  // Columns that the user names belong to a plain table.
  const wanted = asked ?? (options.id !== undefined || options.answer !== undefined ? plain : undefined)
  const formats = wanted ? [wanted] : KNOWN
  const start = await readStart(path, formats, options)
  const { found, row, csv } = start
  if (found) return found.format.read({ path, first: found.row, options })
  if (wanted === plain && row) return plain.read({ path, first: row, options })
  if (formats.includes(plain) && csv) {
    const delimiter = csvDelimiter(csv, options)
    if (delimiter !== null || wanted === plain) return plainCsv(csv, options, delimiter)
  }
  throw unrecognised(path, start, wanted, options)
}

interface Start {
  /** First row that is of one of the formats. A plain row counts if none of the first rows is of another format. */
  found: { format: LogFormat; row: JsonObject } | null
  /** First row of any kind. */
  row: JsonObject | null
  /** First two lines, if they may be CSV. */
  csv: CsvStart | null
}

async function readStart(path: string, formats: readonly LogFormat[], options: LogOptions): Promise<Start> {
  const start: Start = { found: null, row: null, csv: null }
  const texts: string[] = []
  let seen = 0
  let characters = 0
  for await (const line of readTextLines(path)) {
    if (line.fault === undefined && line.text.trim() === '') continue
    seen++
    if (line.fault === undefined) {
      characters += line.text.length
      if (texts.length < 2) texts.push(line.text)
      const parsed = parseJson(line.text)
      if ('value' in parsed && isObject(parsed.value)) {
        const row = parsed.value
        const format = formats.find((known) => known.lacks(row, options).length === 0)
        if (format && (format !== plain || !start.found)) start.found = { format, row }
        if (format && format !== plain) return start
        start.row ??= row
      }
    }
    if (seen >= START_ROWS || characters > START_CHARACTERS) break
  }
  if (seen === 0) throw new UserError(`${path} is empty`, { hint: 'name a log that holds answers' })
  if (start.row) return start
  const [header = '', firstRow = ''] = texts
  const row = seen === 1 || /^\s*[[{]/.test(header) ? await wholeJson(path) : null
  const format = row && formats.find((known) => known.lacks(row, options).length === 0)
  return { found: format ? { format, row } : null, row, csv: { path, header, firstRow } }
}

/** A file that is one JSON object over many lines, or on one line that is too long for a row. */
async function wholeJson(path: string): Promise<JsonObject | null> {
  const { text } = await readTextFile(path)
  const parsed = parseJson(text)
  if (!('value' in parsed)) return null
  if (Array.isArray(parsed.value)) {
    throw new UserError(`${path} is one JSON list, and logs have one row a line`, {
      hint: `convert it: jq -c '.[]' FILE > FILE.jsonl`,
    })
  }
  return isObject(parsed.value) ? parsed.value : null
}

function unrecognised(
  path: string,
  start: Start,
  wanted: LogFormat | undefined,
  options: LogOptions,
): UserError {
  const { row, csv } = start
  const hint = `formats: ${KNOWN.map((format) => `${format.name} (${format.about})`).join('; ')}`
  if (!row) {
    const what = csv?.header
      ? `its first line begins with '${oneLine(csv.header, 60)}'`
      : 'it has no row that can be read'
    return new UserError(
      `${path} is not in ${wanted ? `format ${wanted.name}` : 'a known format'}: ${what}`,
      { hint },
    )
  }
  const has = (...names: string[]): boolean => names.every((name) => Object.hasOwn(row, name))
  if (has('configs', 'results')) {
    return new UserError(`${path} is lm-eval's summary, without answers`, {
      hint: 'name the samples_*.jsonl beside it, or their folder: lm-eval writes them with --log_samples',
    })
  }
  if (has('prompt', 'test', 'entry_point') && !has('solution') && !has('completion')) {
    return new UserError(`${path} holds problems, not answers`, {
      hint: `give it as the task: --task ${path}`,
    })
  }
  const keys = oneLine(Object.keys(row).join(', '), 160)
  const lacks = (format: LogFormat): string[] => format.lacks(row, options)
  const near = wanted ?? KNOWN.toSorted((a, b) => lacks(a).length - lacks(b).length)[0]!
  const known = wanted ? `format ${near.name}` : 'a known format'
  const nearest = wanted ? '' : `; nearest is ${near.name}`
  return new UserError(
    `${path} is not in ${known}: its rows have ${keys}${nearest}, but ${lacks(near).join(', ')}`,
    { hint },
  )
}
