// Multiple choice, from the columns that the task names. An answer may be an index (from 0), a letter or the text of a
// choice; which it is, is told from the whole column. Where two readings fit and disagree it is an error, never a guess.
import type { ChoiceProblem } from '../schema/problem.ts'
import type { TaskFile } from '../schema/task.ts'
import { UserError } from '../util/errors.ts'
import { oneLine } from '../util/text.ts'
import { cell, type DataRow, textCell, wrongCell } from './dataRows.ts'
import type { AskedRow } from './prompts.ts'

interface Choices {
  row: DataRow
  /** As they stand in the data: a number is not the text of its digits. */
  values: readonly (string | number)[]
}

export function choiceProblems(
  file: TaskFile,
  delimiter: string,
  asked: readonly AskedRow[],
): ChoiceProblem[] {
  const rows = choicesOf(
    file.choices!,
    asked.map(({ row }) => row),
  )
  const answers = answersOf(file.answer!, rows)
  return asked.map(({ id, prompt }, i) => {
    const choices = rows[i]!.values.map((value) => delimiter + value)
    return { id, prompt, choices, answer: answers[i]! }
  })
}

/** Of a column with a list, of columns with a text each, or the same ones for every row. */
function choicesOf(choices: NonNullable<TaskFile['choices']>, rows: readonly DataRow[]): Choices[] {
  const isOfColumns = typeof choices !== 'string' && areColumns(choices, rows[0]!)
  return rows.map((row) => {
    const values =
      typeof choices === 'string'
        ? listOf(choices, row)
        : isOfColumns
          ? choices.map((column) => columnText(column, row))
          : choices
    refuseEqual(row, values.map(String))
    return { row, values }
  })
}

function refuseEqual({ place }: DataRow, texts: readonly string[]): void {
  const again = texts.findIndex((text, i) => texts.indexOf(text) !== i)
  if (again < 0) return
  const first = texts.indexOf(texts[again]!)
  throw new UserError(
    `${place}: choices ${first + 1} and ${again + 1} are both '${oneLine(texts[again]!, 60)}'`,
    {
      hint: 'a choice stands once: which of two equal ones is chosen says nothing',
    },
  )
}

function listOf(column: string, row: DataRow): (string | number)[] {
  const value = cell(row, column, 'choices')
  const isText = (each: unknown): each is string | number =>
    typeof each === 'number' || (typeof each === 'string' && each.trim() !== '')
  if (Array.isArray(value) && value.length >= 2 && value.every(isText)) return value
  throw wrongCell(row, column, {
    value,
    wanted: 'a list of two or more texts',
    hint: 'in a CSV file each choice has a column: choices: [first, second]',
  })
}

/** Whether a list in the task names columns: all of them, or none. */
function areColumns(names: readonly string[], row: DataRow): boolean {
  const [column, other] = [true, false].map((has) => names.find((name) => row.columns.has(name) === has))
  if (column === undefined || other === undefined) return column !== undefined
  throw new UserError(
    `${row.place}: choices names the column '${oneLine(column, 40)}', and '${oneLine(other, 40)}', which is none`,
    { hint: 'choices are columns, all of them, or texts that are no columns' },
  )
}

function columnText(column: string, row: DataRow): string | number {
  const value = cell(row, column, 'choices')
  return typeof value === 'number' ? value : textCell(row, column, 'choices')
}

type Reading = (answer: unknown, values: readonly (string | number)[]) => number

/** Each gives the index of the choice that an answer names, -1 where it names none in this way. */
const READINGS: Readonly<Record<string, Reading>> = {
  index: (answer, values) => {
    const isIndex =
      typeof answer === 'string' ? /^\d{1,6}$/.test(answer.trim()) : Number.isSafeInteger(answer)
    return isIndex && Number(answer) >= 0 && Number(answer) < values.length ? Number(answer) : -1
  },
  letter: (answer, values) => {
    const isLetter = typeof answer === 'string' && /^[A-Za-z]$/.test(answer.trim())
    const index = isLetter ? answer.trim().toUpperCase().charCodeAt(0) - 65 : -1
    return index < values.length ? index : -1
  },
  text: (answer, values) =>
    values.findIndex((value) =>
      typeof value === 'string' && typeof answer === 'string'
        ? value.trim() === answer.trim()
        : value === answer,
    ),
}

function answersOf(column: string, rows: readonly Choices[]): number[] {
  let fitting = Object.keys(READINGS)
  for (const { row, values } of rows) {
    const answer = cell(row, column, 'answer')
    const left = fitting.filter((reading) => READINGS[reading]!(answer, values) >= 0)
    if (left.length === 0) {
      const above = fitting.length < 3 ? `, where rows above have ${fitting.join(' or ')}` : ''
      throw wrongCell(row, column, {
        value: answer,
        wanted: `one of ${values.length} choices: its index from 0 to ${values.length - 1}, its letter or its text${above}`,
      })
    }
    fitting = left
  }
  return rows.map(({ row, values }) => {
    const answer = cell(row, column, 'answer')
    const indexes = fitting.map((reading) => READINGS[reading]!(answer, values))
    if (indexes.every((index) => index === indexes[0])) return indexes[0]!
    throw new UserError(
      `${row.place}: ${oneLine(column, 40)} is '${oneLine(String(answer), 40)}', which is choice ${fitting.map((reading, i) => `${indexes[i]! + 1} by ${reading}`).join(' and ')}`,
      {
        hint: 'make it one thing in the data: the index as a number and the choices as texts, as JSONL has them',
      },
    )
  })
}
