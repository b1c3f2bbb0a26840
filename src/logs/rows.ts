// From a file's rows to samples and skips: every row becomes one or the other. The only state is what repeats and
// duplicates need: a count or a line a problem.
import { z } from 'zod'
import type { Attempt, Sample } from '../schema/run.ts'
import { sampleId } from '../schema/run.ts'
import { oneLine } from '../util/text.ts'
import { readJsonLines } from '../util/textFile.ts'
import type { LogRow } from './format.ts'

/** One answer as a format finds it in a row. */
export interface Answer {
  problem: string
  /** Null: the log holds null for it. */
  raw: string | null
  /** Without one, answers to a problem are numbered in the order of the file. */
  repeat?: number | undefined
  claimed?: boolean | undefined
  recordedScore?: number | undefined
  visibleTests?: readonly string[] | null | undefined
  attempts?: readonly Attempt[] | undefined
}

/** The answers of one row, or the reason why there is none. */
export type ReadRow = (row: unknown) => Answer[] | string

export interface RowRules {
  /** Whether a problem may have several answers; where not, a second one is skipped. */
  repeats: boolean
  /** Problems of the task, where known. */
  problems: ReadonlySet<string> | undefined
}

/** Problem ids: texts, or the whole numbers that some tools write. */
export const idSchema = z.union([z.string().min(1), z.number().int()]).transform(String)
/** The text of an answer. */
export const answerSchema = z.string().nullable()

/** Streams the samples of a JSONL file. */
export async function* answerRows(path: string, read: ReadRow, rules: RowRules): AsyncGenerator<LogRow> {
  const toRow = sampleMaker(rules)
  for await (const line of readJsonLines(path)) {
    if (line.fault !== undefined) {
      yield skip(line.number, line.fault)
      continue
    }
    const answers = read(line.value)
    if (typeof answers === 'string') yield skip(line.number, answers)
    else for (const answer of answers) yield toRow(answer, line.number)
  }
}

export const skip = (line: number, reason: string): LogRow => ({ skipped: { line, reason } })

/** Makes samples of answers, numbering repeats and refusing duplicates and unknown problems. */
export function sampleMaker({ repeats, problems }: RowRules): (answer: Answer, line: number) => LogRow {
  const lines = new Map<string, number>()
  const counts = new Map<string, number>()
  return (answer, line) => {
    const { problem } = answer
    if (problems && !problems.has(problem)) return skip(line, `the task has no problem ${oneLine(problem)}`)
    const repeat = answer.repeat ?? counts.get(problem) ?? 0
    if (!repeats || answer.repeat !== undefined) {
      const key = repeats ? sampleId(problem, repeat) : problem
      const earlier = lines.get(key)
      if (earlier !== undefined) return skip(line, `${oneLine(key)} has an answer on line ${earlier}`)
      lines.set(key, line)
    }
    counts.set(problem, repeat + 1)
    return { sample: toSample(answer, repeat) }
  }
}

function toSample(
  { problem, raw, claimed, recordedScore, visibleTests, attempts }: Answer,
  repeat: number,
): Sample {
  return {
    id: sampleId(problem, repeat),
    problem,
    repeat,
    raw: raw ?? '',
    ...(claimed === undefined ? {} : { claimed }),
    ...(recordedScore === undefined ? {} : { recordedScore }),
    ...(visibleTests && visibleTests.length > 0 ? { visibleTests: [...visibleTests] } : {}),
    ...(attempts && attempts.length > 0 ? { attempts: [...attempts] } : {}),
    ...(raw === null ? { error: 'answer is null' } : {}),
  }
}

/** Reads rows by a schema; a row that does not fit it is skipped with the first thing that is wrong. */
export function readBy<T>(schema: z.ZodType<T>, toAnswers: (row: T) => Answer[] | string): ReadRow {
  return (row) => {
    const parsed = schema.safeParse(row)
    return parsed.success ? toAnswers(parsed.data) : whatIsWrong(parsed.error, row)
  }
}

function whatIsWrong(error: z.ZodError, row: unknown): string {
  const issue = error.issues[0]
  const path = issue?.path ?? []
  let value: unknown = row
  for (const key of path) {
    const has = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    value = has ? (value as Record<PropertyKey, unknown>)[key] : undefined
  }
  const name = path.length === 0 ? 'the row' : path.map(String).join('.')
  if (value === undefined) return `${name} is missing`
  if (value === '') return `${name} is empty`
  const wanted = issue?.code === 'invalid_type' ? WANTED[issue.expected] : undefined
  return `${name} is ${kindOf(value)}, ${wanted ? `wanted ${wanted}` : 'which it cannot be'}`
}

const WANTED: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** What a JSON value is, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  const kinds: Partial<Record<string, string>> = {
    string: 'a text',
    boolean: 'true or false',
    object: 'an object',
  }
  return kinds[typeof value] ?? `a ${typeof value}`
}
