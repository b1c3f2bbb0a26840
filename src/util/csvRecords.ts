// Records of a CSV file (RFC 4180), streamed, each with the line it starts on. A record that is no CSV costs its first
// line only: reading goes on with the next one, so that one stray quote cannot swallow a file.
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { readTextLines, type TextLine } from './textFile.ts'

export type CsvRecord =
  | { line: number; fields: string[]; fault?: undefined }
  | { line: number; fault: string }

/** Lines that one record may span: answers are code, rarely of more than a few hundred lines. */
const MAX_RECORD_LINES = 2000

export async function* readCsvRecords(path: string, delimiter: string): AsyncGenerator<CsvRecord> {
  const source = readTextLines(path)
  const lines = new Lookahead(source)
  try {
    for (;;) {
      const record = await nextRecord(lines, delimiter)
      if (!record) return
      yield record
    }
  } finally {
    await source.return(undefined)
  }
}

/** The fields of the text of one record; an error if it is none. */
export function csvFields(text: string, delimiter: string): string[] {
  const records = parse(text, { delimiter, relax_column_count: true, record_delimiter: '\n' })
  return records[0] ?? []
}

async function nextRecord(lines: Lookahead, delimiter: string): Promise<CsvRecord | null> {
  let first = await lines.at(0)
  while (first && first.fault === undefined && first.text.trim() === '') {
    lines.drop(1)
    first = await lines.at(0)
  }
  if (!first) return null
  const line = first.number
  if (first.fault !== undefined) {
    lines.drop(1)
    return { line, fault: first.fault }
  }
  const text = await recordText(lines, first.text)
  lines.drop(text === null ? 1 : text.count)
  if (text === null) return { line, fault: 'a quote opens here that is not closed' }
  try {
    return { line, fields: csvFields(text.text, delimiter) }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    // The lines behind the first were taken for its quoted field.
    lines.putBack(text.count - 1)
    return { line, fault: `not CSV: ${QUOTE_FAULTS[error.code] ?? error.code}` }
  }
}

const QUOTE_FAULTS: Partial<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'a quote stands within a field that does not begin with one',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
}

/** The lines that belong to the record at the front: up to where its quotes are even. Null if they never are. */
async function recordText(lines: Lookahead, first: string): Promise<{ text: string; count: number } | null> {
  const parts = [first]
  let open = quotes(first) % 2 === 1
  while (open) {
    const next = parts.length < MAX_RECORD_LINES ? await lines.at(parts.length) : undefined
    if (!next || next.fault !== undefined) return null
    parts.push(next.text)
    if (quotes(next.text) % 2 === 1) open = false
  }
  return { text: parts.join('\n'), count: parts.length }
}

function quotes(text: string): number {
  let count = 0
  for (let i = text.indexOf('"'); i >= 0; i = text.indexOf('"', i + 1)) count++
  return count
}

/** Lines that can be looked at before they are taken, and the last ones taken put back. */
class Lookahead {
  readonly #source: AsyncGenerator<TextLine>
  #waiting: TextLine[] = []
  #dropped: TextLine[] = []

  constructor(source: AsyncGenerator<TextLine>) {
    this.#source = source
  }

  async at(index: number): Promise<TextLine | undefined> {
    while (this.#waiting.length <= index) {
      const next = await this.#source.next()
      if (next.done) return undefined
      this.#waiting.push(next.value)
    }
    return this.#waiting[index]
  }

  drop(count: number): void {
    this.#dropped = this.#waiting.splice(0, count)
  }

  /** Puts the last `count` of the lines that were just dropped back in front. */
  putBack(count: number): void {
    if (count > 0) this.#waiting.unshift(...this.#dropped.slice(-count))
  }
}
