// The interface of a log format: what tunediff reads of another tool's recorded answers. One file a format beside this
// one; index.ts recognises them. A reading streams: a file of any length is read with little memory.
import type { NamedSource, Rule, Sample, SkippedRow } from '../schema/run.ts'

export interface LogOptions {
  /** Format to read as, instead of recognising it. */
  format?: string
  /** plain: column of the problem id. */
  id?: string
  /** plain: column of the score. lm-eval: `metric` or `metric,filter`. */
  score?: string
  /** plain: column of the answer. */
  answer?: string
  /** plain: column of the repeat. */
  repeat?: string
  /** Task that the user names. plain: answers are executed only if there is one. */
  task?: string
}

export type LogRow = { sample: Sample } | { skipped: SkippedRow }

/** Recorded answers to one task. */
export interface LogReading {
  format: string
  /** File that the rows come from. */
  path: string
  /** Name of the task where the log tells it; `humaneval` for ids such as HumanEval/0. */
  task: string | null
  model: NamedSource
  solver: NamedSource
  scoring: 'execute' | 'recorded'
  /** Default assembly rule of the format; null where scores are recorded. */
  rule: { name: Rule; reason: string } | null
  /** Name of the recorded score; null where answers are executed. */
  metric: string | null
  /** Every key of FINGERPRINT_KEYS; null: not recorded. */
  fingerprint: Record<string, string | null>
  seeds: number[]
  versions: Record<string, string>
  /** Streams the rows; with `problems`, rows of other problems are skipped. */
  rows(problems?: ReadonlySet<string>): AsyncGenerator<LogRow>
}

export type JsonObject = Record<string, unknown>

export interface LogSource {
  path: string
  /** First row that fits the format. */
  first: JsonObject
  options: LogOptions
}

export interface LogFormat {
  /** As in --format. */
  name: string
  /** What it is, in a few words. */
  about: string
  /** What `row` lacks to be a row of this format; empty if it is one. */
  lacks(row: JsonObject, options: LogOptions): string[]
  read(source: LogSource): LogReading | Promise<LogReading>
}

/** Protocol keys of a run. */
export const FINGERPRINT_KEYS = [
  'dataset',
  'prompt',
  'template',
  'stops',
  'maxTokens',
  'temperature',
  'fewShot',
  'engine',
  'extraction',
] as const
export type Fingerprint = Record<(typeof FINGERPRINT_KEYS)[number], string | null>

export const notRecorded = (): Fingerprint =>
  Object.fromEntries(FINGERPRINT_KEYS.map((key) => [key, null])) as Fingerprint

export const UNKNOWN: NamedSource = { name: null, source: 'unknown' }
export const recorded = (name: string): NamedSource => ({ name, source: 'recorded' })

/** The task that a problem id belongs to, where ids tell it. */
export const taskOfId = (id: string): string | null => (/^HumanEval\/\d+$/.test(id) ? 'humaneval' : null)

/** What most formats share: code to execute, of which nothing but the answers is recorded. */
export function codeReading(
  own: Pick<LogReading, 'format' | 'path' | 'task' | 'rows'> & Partial<LogReading>,
): LogReading {
  return {
    model: UNKNOWN,
    solver: UNKNOWN,
    scoring: 'execute',
    rule: null,
    metric: null,
    fingerprint: notRecorded(),
    seeds: [],
    versions: {},
    ...own,
  }
}

/** Names of `keys` that `row` has not. */
export const missingKeys = (row: JsonObject, ...keys: string[]): string[] =>
  keys.filter((key) => !Object.hasOwn(row, key)).map((key) => `no ${key}`)

/** What keeps `key` of `row` from being an answer. */
export function missingAnswer(row: JsonObject, key: string): string[] {
  if (!Object.hasOwn(row, key)) return [`no ${key}`]
  return typeof row[key] === 'string' || row[key] === null ? [] : [`a ${key} that is no text`]
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
