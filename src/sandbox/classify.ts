// What an exception means for the outcome, and how its parts are made safe: they come from untrusted code.

import type { Verdict } from '../schema/judge.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'

/** What an interpreter says about an exception. */
export interface Raised {
  /** Class name. */
  name: string
  /** Name of the nearest built-in base class. */
  base: string
  message: string
  /** It is an OSError. */
  system: boolean
  /** Innermost line of the program's text that was running; 0 if none is known. */
  line?: number
  /** `args`, encoded as data. */
  args?: unknown
}

export type Failure = Pick<Verdict, 'class' | 'exception' | 'message'>

const MAX_MESSAGE = 200
/** An exception described in more bytes than this is not described honestly. */
const MAX_DESCRIBED_BYTES = 65_536
const PYTHON_NAME = /^[\p{ID_Start}_]\p{ID_Continue}{0,99}$/u

const CLASS_OF: ReadonlyMap<string, OutcomeClass> = new Map([
  ['NameError', 'missing-name'],
  ['ImportError', 'missing-name'],
  ['ModuleNotFoundError', 'missing-name'],
  ['MemoryError', 'limit'],
  ['RecursionError', 'limit'],
])

/** The outcome of a program that `raised` ended; `denied` says whether an import was refused before. */
export function failureOf(raised: Raised, denied: boolean): Failure {
  const outcome = raised.system && denied ? 'violation' : (CLASS_OF.get(raised.base) ?? 'exception')
  return { class: outcome, exception: raised.name, ...asMessage(raised.message) }
}

export function asMessage(text: string): { message?: string } {
  const line = text.split(/[\r\n]/, 1)[0]!.slice(0, MAX_MESSAGE)
  return line === '' ? {} : { message: Buffer.from(line).toString() } // lone surrogates become U+FFFD
}

/** Reads an exception that an interpreter described; anything odd becomes a plain Exception. */
export function parseRaised(described: Uint8Array | undefined): Raised {
  const unknown: Raised = { name: 'Exception', base: 'Exception', message: '', system: false }
  if (!described || described.length > MAX_DESCRIBED_BYTES) return unknown
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(described).toString())
  } catch {
    return unknown
  }
  if (typeof value !== 'object' || value === null) return unknown
  const { name, base, message, system, args, line } = value as Record<string, unknown>
  const plainBase = isPythonName(base) ? base : unknown.base
  return {
    name: isPythonName(name) ? name : plainBase,
    base: plainBase,
    message: typeof message === 'string' ? message : '',
    system: system === true,
    args,
    line: typeof line === 'number' ? line : 0,
  }
}

const isPythonName = (value: unknown): value is string => typeof value === 'string' && PYTHON_NAME.test(value)
