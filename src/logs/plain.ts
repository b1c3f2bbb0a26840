// Plain tables of scores: JSONL or CSV with a column of problem ids and a column of scores, from any source. No rule of
// its own: nothing is executed unless the user names an answer column and a task, and then rule body-or-program reads
// both ways in which answers are stored.
import { csvFields, readCsvRecords } from '../util/csvRecords.ts'
import {
  codeReading,
  isObject,
  type LogFormat,
  type LogOptions,
  type LogReading,
  type LogRow,
  taskOfId,
} from './format.ts'
import { answerOf, type Columns, chooseColumns, executes, lacksColumns } from './plainColumns.ts'
import { answerRows, kindOf, type ReadRow, type RowRules, sampleMaker, skip } from './rows.ts'

const DELIMITERS = [',', '\t', ';']

export const plain: LogFormat = {
  name: 'plain',
  about: 'JSONL or CSV with a problem id and a score',
  lacks: (row, options) => lacksColumns(Object.keys(row), options),
  read({ path, first, options }) {
    const columns = chooseColumns(path, Object.keys(first), options)
    const readRow: ReadRow = (row) => {
      if (!isObject(row)) return `the row is ${kindOf(row)}, wanted an object`
      const cell = (name: string): unknown => (Object.hasOwn(row, name) ? row[name] : undefined)
      const answer = answerOf(cell, columns, options)
      return typeof answer === 'string' ? answer : [answer]
    }
    const firstId = String(first[columns.id])
    return plainReading({ path, columns, options, firstId }, (rules) => answerRows(path, readRow, rules))
  },
}

/** First lines of a file that may be CSV. */
export interface CsvStart {
  path: string
  header: string
  firstRow: string
}

/** The delimiter under which the first line is a header with an id and a score; null if it is none. */
export function csvDelimiter({ header }: CsvStart, options: LogOptions): string | null {
  const fits = (delimiter: string): boolean => lacksColumns(fieldsOf(header, delimiter), options).length === 0
  return DELIMITERS.find(fits) ?? null
}

/** A CSV file as plain. `delimiter` null: the one that splits the header into most columns. */
export function plainCsv(start: CsvStart, options: LogOptions, delimiter: string | null): LogReading {
  const { path, header, firstRow } = start
  const split = DELIMITERS.toSorted((a, b) => fieldsOf(header, b).length - fieldsOf(header, a).length)
  const separator = delimiter ?? split[0]!
  const names = fieldsOf(header, separator)
  const columns = chooseColumns(path, names, options)
  const firstId = fieldsOf(firstRow, separator)[names.indexOf(columns.id)] ?? ''
  return plainReading({ path, columns, options, firstId }, (rules) =>
    csvRows({ path, delimiter: separator, names, columns, options }, rules),
  )
}

function fieldsOf(line: string, delimiter: string): string[] {
  try {
    return csvFields(line, delimiter).map((name) => name.trim())
  } catch {
    return []
  }
}

interface CsvTable {
  path: string
  delimiter: string
  names: string[]
  columns: Columns
  options: LogOptions
}

async function* csvRows(table: CsvTable, rules: RowRules): AsyncGenerator<LogRow> {
  const { path, delimiter, names, columns, options } = table
  const toRow = sampleMaker(rules)
  const index = new Map(names.map((name, i) => [name, i]))
  let isHeader = true
  for await (const record of readCsvRecords(path, delimiter)) {
    if (isHeader) {
      isHeader = false
    } else if (record.fault !== undefined) {
      yield skip(record.line, record.fault)
    } else if (record.fields.length !== names.length) {
      yield skip(record.line, `${record.fields.length} fields where the header has ${names.length}`)
    } else {
      const answer = answerOf((name) => record.fields[index.get(name)!], columns, options)
      yield typeof answer === 'string' ? skip(record.line, answer) : toRow(answer, record.line)
    }
  }
}

function plainReading(
  about: { path: string; columns: Columns; options: LogOptions; firstId: string },
  rows: (rules: RowRules) => AsyncGenerator<LogRow>,
): LogReading {
  const { path, columns, options, firstId } = about
  const execute = executes(columns, options)
  return codeReading({
    format: 'plain',
    path,
    task: taskOfId(firstId),
    scoring: execute ? 'execute' : 'recorded',
    rule: execute
      ? {
          name: 'body-or-program',
          reason: 'a plain file does not say whether answers are bodies or programs',
        }
      : null,
    metric: execute ? null : columns.score!,
    rows: (problems) => rows({ repeats: true, problems }),
  })
}
