// Option parsers and flags that several commands share.
import { InvalidArgumentError, Option } from 'commander'
import type { Wall } from '../schema/judge.ts'
import { RULES } from '../schema/run.ts'
import { cacheFolder } from '../util/cache.ts'

/** A number above zero, as commander wants its parsers. */
export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0 || text.trim() === '') {
    throw new InvalidArgumentError(`wanted a number above 0, got '${text}'.`)
  }
  return value
}

/** A whole number above zero. */
export function wholeNumber(text: string): number {
  const value = positiveNumber(text)
  if (!Number.isInteger(value)) throw new InvalidArgumentError(`wanted a whole number, got '${text}'.`)
  return value
}

/** A margin in percentage points: above 0 and below 100, beyond which everything is "no worse". */
export function marginPoints(text: string): number {
  const value = positiveNumber(text)
  if (value >= 100) throw new InvalidArgumentError(`wanted percentage points below 100, got '${text}'.`)
  return value
}

/** Says on stderr that another process holds a run folder. */
export function onWait(folder: string, holder: string): void {
  process.stderr.write(`waiting: ${folder} is being written by ${holder}\n`)
}

export const ruleOption = (description: string): Option =>
  new Option('--rule <rule>', description).choices([...RULES])

export const wallOption = (): Option =>
  new Option(
    '--wall <wall>',
    'second wall around the interpreters (default: bwrap where it works, else node)',
  ).choices(['bwrap', 'node', 'none'] satisfies Wall[])

export const jsonOption = (): Option => new Option('--json', 'print JSON')
export const markdownOption = (): Option => new Option('--md', 'print Markdown').conflicts('json')

/** How a log is read, for commands that take one. */
export const logOptions = (formats: readonly string[]): Option[] => [
  new Option('--format <format>', 'format of the log, if it is not recognised').choices([...formats]),
  new Option('--task <task>', 'humaneval, or a problem file in its format'),
  new Option('--id <column>', 'plain: column of the problem id'),
  new Option('--score <column>', 'plain: column of the score; lm-eval: metric, or metric,filter'),
  new Option('--answer <column>', 'plain: column of the answer, to execute it'),
  new Option('--repeat <column>', 'plain: column of the repeat'),
]

/** The folders and settings that every command starts from. */
export const context = (): { cacheFolder: string; env: NodeJS.ProcessEnv } => ({
  cacheFolder: cacheFolder(),
  env: process.env,
})

/** Writes data to stdout, waiting where the reader is slow. */
export async function print(text: string): Promise<void> {
  if (process.stdout.write(text)) return
  await new Promise((resolve) => process.stdout.once('drain', resolve))
}
