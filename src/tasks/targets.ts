// What is right for a text problem, from the answer column of its row: a value, or a list of which any is right.
import type { TextScorer } from '../schema/problem.ts'
import type { TaskFile } from '../schema/task.ts'
import { cell, type DataRow, wrongCell } from './dataRows.ts'
import { parseFlat } from './scorers/json.ts'
import { numberAlone } from './scorers/numeric.ts'

export function targetsOf(
  { answer: column }: Pick<TaskFile, 'answer'>,
  scorer: TextScorer,
  row: DataRow,
): string[] {
  if (column === undefined) return []
  const value = cell(row, column, 'answer')
  const values: unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) throw wrongCell(row, column, { value, wanted: 'at least one answer' })
  return values.map((each) => targetOf(scorer, each, { row, column }))
}

function targetOf(
  scorer: TextScorer,
  value: unknown,
  { row, column }: { row: DataRow; column: string },
): string {
  if (scorer.kind === 'json') {
    if (typeof value !== 'string') return JSON.stringify(value)
    if (parseFlat(value)) return value
    throw wrongCell(row, column, {
      value,
      wanted: 'JSON',
      hint: 'a text of JSON stands in quotes: "\\"Paris\\""',
    })
  }
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.trim() === '') {
    throw wrongCell(row, column, { value, wanted: 'a text, a number or a list of them' })
  }
  if (scorer.kind === 'numeric' && !numberAlone(text)) {
    throw wrongCell(row, column, {
      value,
      wanted: 'a number alone',
      hint: 'decimals have a point, thousands a comma: 1,234.5; fractions are not read',
    })
  }
  return text
}
