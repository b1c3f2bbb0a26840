// Columns of a plain table: which hold the id, score, answer and repeat, and what a cell of them means.
import { UserError } from '../util/errors.ts'
import { nearest, oneLine } from '../util/text.ts'
import type { LogOptions } from './format.ts'
import { type Answer, kindOf } from './rows.ts'

const IDS = [
  'task_id',
  'problem_id',
  'problem',
  'question_id',
  'item_id',
  'doc_id',
  'example_id',
  'item',
  'id',
]
const SCORES = 'score pass passed correct is_correct solved is_solved success acc exact_match'.split(' ')
const REPEATS = ['repeat']

export interface Columns {
  id: string
  score: string | undefined
  answer: string | undefined
  repeat: string | undefined
}

/** Cells of a row by column; undefined where the row has none. */
export type Cell = (column: string) => unknown

/** What keeps columns of these names from being a plain table. */
export function lacksColumns(names: readonly string[], options: LogOptions): string[] {
  const needsScore = options.answer === undefined || options.score !== undefined
  const has = (wanted: string | undefined, candidates: readonly string[]): boolean =>
    wanted === undefined ? find(names, candidates) !== undefined : names.includes(wanted)
  return [
    ...(has(options.id, IDS) ? [] : ['no problem id (--id)']),
    ...(!needsScore || has(options.score, SCORES) ? [] : ['no score (--score)']),
  ]
}

/** The columns that the user names or that can only be meant; an error that lists them where that is not clear. */
export function chooseColumns(path: string, names: readonly string[], options: LogOptions): Columns {
  const shown = oneLine(names.join(', '), 200)
  const named = (flag: 'id' | 'score' | 'answer' | 'repeat'): string | undefined => {
    const wanted = options[flag]
    if (wanted === undefined || names.includes(wanted)) return wanted
    const meant = nearest(wanted, names)
    throw new UserError(`${path} has no column '${wanted}'; it has ${shown}`, {
      hint: meant ? `did you mean --${flag} ${meant}?` : `name one of them with --${flag}`,
    })
  }
  const [answer, namedScore] = [named('answer'), named('score')]
  const scores = SCORES.flatMap((name) => find(names, [name]) ?? [])
  if (!namedScore && !answer && scores.length > 1) {
    throw new UserError(`${path} has several columns that may be the score: ${scores.join(', ')}`, {
      hint: `name the one to compare, such as --score ${scores[0]}`,
    })
  }
  const id = named('id') ?? find(names, IDS)
  if (id === undefined) {
    throw new UserError(`${path} has no column that is known to hold problem ids; it has ${shown}`, {
      hint: 'name the column with --id',
    })
  }
  const score = namedScore ?? scores[0]
  if (score === undefined && answer === undefined) {
    throw new UserError(`${path} has no column that is known to hold scores; it has ${shown}`, {
      hint: 'name the column with --score',
    })
  }
  return { id, score, answer, repeat: named('repeat') ?? find(names, REPEATS) }
}

function find(names: readonly string[], candidates: readonly string[]): string | undefined {
  for (const candidate of candidates) {
    const name = names.find((known) => known.toLowerCase() === candidate)
    if (name !== undefined) return name
  }
  return undefined
}

/** Whether answers are executed: the user names their column, and a task, or there is no score to take instead. */
export const executes = (columns: Columns, options: LogOptions): boolean =>
  columns.answer !== undefined && (options.task !== undefined || columns.score === undefined)

/** The answer of a row, or why it has none. A score of an answer that is executed is its claim. */
export function answerOf(cell: Cell, columns: Columns, options: LogOptions): Answer | string {
  const id = cell(columns.id)
  if ((typeof id !== 'string' && !Number.isSafeInteger(id)) || id === '') return wrong(columns.id, id)
  const raw = columns.answer === undefined ? '' : cell(columns.answer)
  if (raw !== null && typeof raw !== 'string') return wrong(columns.answer!, raw)
  const repeat = columns.repeat === undefined ? undefined : toRepeat(cell(columns.repeat))
  if (repeat === null) return wrong(columns.repeat!, cell(columns.repeat!))
  const score = columns.score === undefined ? undefined : toScore(cell(columns.score))
  const answer = { problem: String(id), raw, repeat }
  if (!executes(columns, options)) {
    return score == null ? wrong(columns.score!, cell(columns.score!)) : { ...answer, recordedScore: score }
  }
  return { ...answer, claimed: score === 1 ? true : score === 0 ? false : undefined }
}

function wrong(column: string, value: unknown): string {
  if (value === undefined) return `${column} is missing`
  if (value === '') return `${column} is empty`
  const shown =
    typeof value === 'string' ? `'${oneLine(value, 40)}'` : typeof value === 'number' ? value : kindOf(value)
  return `${column} is ${shown}, which it cannot be`
}

function toRepeat(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null
}

const PASS_WORDS = new Set('true pass passed yes y correct right solved success ok'.split(' '))
const FAIL_WORDS = new Set('false fail failed no n incorrect wrong unsolved failure'.split(' '))
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/

/** Booleans, numbers, and the words for pass and fail; null for anything else. */
function toScore(value: unknown): number | null {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string') return null
  const word = value.trim().toLowerCase()
  if (PASS_WORDS.has(word)) return 1
  if (FAIL_WORDS.has(word)) return 0
  return NUMBER.test(word) && Number.isFinite(Number(word)) ? Number(word) : null
}
