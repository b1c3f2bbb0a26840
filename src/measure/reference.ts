// Reads the published figures that are shipped in assets/reference: CSV in, checked records out. Files of the same
// columns can be read by path. Every value is checked against what it must agree with in its own row.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CsvError, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { UserError } from '../util/errors.ts'
import { oneLine } from '../util/text.ts'
import { HUMANEVAL_PROBLEMS, type PublishedRow } from './humanevalTable.ts'
import type { LoraPair } from './loraPairs.ts'

const asset = (name: string): string =>
  fileURLToPath(new URL(`../../assets/reference/${name}`, import.meta.url))
const HUMANEVAL_FILE = asset('humaneval-published.csv')
const LORA_LAND_FILE = asset('lora-land.csv')

// Printed with three digits, so a gain and its two scores may disagree by one unit of the last and a half.
const PRINTED_ERROR = 0.0015

const words = z.string().trim().min(1, 'is empty')
const optionalWords = z
  .string()
  .trim()
  .transform((text) => text || null)
// Number('') is 0 and Number('0x1') is 1: only plain decimals are taken.
const decimal = z
  .string()
  .trim()
  .regex(/^-?\d+(\.\d+)?$/, 'is not a decimal number')
  .transform(Number)
const fraction = decimal.refine((x) => x >= 0 && x <= 1, 'does not lie in 0 to 1')

const publishedSchema = z
  .strictObject({
    system: words,
    base_weights: words,
    weights_changed: z.enum(['yes', 'no'], 'is neither yes nor no'),
    solver: words,
    starting_programs: optionalWords,
    score_pct: decimal,
    solved_of_164: z
      .string()
      .trim()
      .regex(/^\d+$/, 'is not a whole number')
      .transform(Number)
      .refine((n) => n <= HUMANEVAL_PROBLEMS, `is more than ${HUMANEVAL_PROBLEMS}`),
    published: z.string().regex(/^\d{4}(-\d\d)?$/, 'is not a year or a year and month'),
    source: words,
    note: optionalWords,
  })
  .superRefine((row, context) => {
    const percent = (100 * row.solved_of_164) / HUMANEVAL_PROBLEMS
    if (Math.abs(percent - row.score_pct) <= 0.051) return
    const message = `does not agree with ${row.solved_of_164} of ${HUMANEVAL_PROBLEMS}, which is ${percent.toFixed(1)}`
    context.addIssue({ code: 'custom', path: ['score_pct'], message })
  })

const loraSchema = z
  .strictObject({
    category: words,
    task: words,
    metric: words,
    model: words,
    base: fraction,
    tuned: fraction,
    gain: decimal,
    gpt_3_5_turbo: fraction,
    gpt_4: fraction,
  })
  .superRefine((row, context) => {
    if (Math.abs(row.tuned - row.base - row.gain) <= PRINTED_ERROR) return
    const message = `does not agree with tuned - base, which is ${(row.tuned - row.base).toFixed(3)}`
    context.addIssue({ code: 'custom', path: ['gain'], message })
  })

/** The published HumanEval rows, in the order of the file. Throws a UserError that names line and column. */
export function readPublishedRows(path: string = HUMANEVAL_FILE): PublishedRow[] {
  return readCsv(path, publishedSchema).map((row) => ({
    system: row.system,
    baseWeights: row.base_weights,
    weightsChanged: row.weights_changed === 'yes',
    solver: row.solver,
    startingPrograms: row.starting_programs,
    scorePercent: row.score_pct,
    solved: row.solved_of_164,
    published: row.published,
    source: row.source,
    note: row.note,
  }))
}

/** LoRA Land's pairs, in the order of the file. Throws a UserError that names line and column, or the row that is there twice. */
export function readLoraPairs(path: string = LORA_LAND_FILE): LoraPair[] {
  const seen = new Set<string>()
  return readCsv(path, loraSchema).map(({ gpt_3_5_turbo: gpt35, gpt_4: gpt4, ...row }) => {
    const key = JSON.stringify([row.task, row.model])
    if (seen.has(key)) throw bad(path, `holds ${oneLine(row.model)} on ${oneLine(row.task)} twice`)
    seen.add(key)
    return { ...row, gpt35, gpt4 }
  })
}

function readCsv<T>(path: string, schema: z.ZodType<T>): T[] {
  const records = parseCsv(path)
  if (records.length === 0) throw bad(path, 'has no rows')
  return records.map(({ record, info }) => {
    const result = schema.safeParse(record)
    if (result.success) return result.data
    const issue = result.error.issues[0]!
    throw bad(path, `line ${info.lines}: ${issueText(issue, record)}`)
  })
}

interface CsvRow {
  record: Record<string, string>
  info: { lines: number }
}

function parseCsv(path: string): CsvRow[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw bad(path, `cannot be read: ${(cause as Error).message}`, cause)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return parse(text, { columns: true, info: true, skip_empty_lines: true }) as unknown as CsvRow[]
  } catch (cause) {
    if (cause instanceof CsvError) throw bad(path, `is not CSV: ${oneLine(cause.message, 200)}`, cause)
    if (cause instanceof TypeError) throw bad(path, 'is not UTF-8 text', cause)
    throw cause
  }
}

function issueText(issue: z.core.$ZodIssue, record: Record<string, string>): string {
  if (issue.code === 'unrecognized_keys') return `column '${oneLine(issue.keys[0]!)}' is not known`
  const column = String(issue.path[0])
  const value = record[column]
  if (value === undefined) return `column '${column}' is missing`
  return `${column} '${oneLine(value, 40)}' ${issue.message}`
}

function bad(path: string, what: string, cause?: unknown): UserError {
  const hint = 'install tunediff again, or compare the file with assets/reference/README.md'
  return new UserError(`${basename(path)} ${what}`, { hint, cause })
}
