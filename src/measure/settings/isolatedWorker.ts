// Entry of a child process that renders a chat template or turns texts into token ids: one job on stdin, a JSON line on
// stdout for each result. Both come from files of others; isolated.ts bounds time, memory and output from outside.
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { Tokenizer } from '@huggingface/tokenizers'
import type { IsolatedJob, IsolatedReply } from './isolated.ts'

/** Longer than any prompt that a template makes of the fixed conversations. */
const MAX_RENDERED_CHARS = 1_000_000
const MAX_RANGE = 100_000
/** Templates may ask for the date: it is always this one. */
const NOW = new Date(Date.UTC(2024, 6, 26, 12, 0, 0))

function run(job: IsolatedJob): void {
  if (job.kind === 'render') {
    const render = attempt(() => compiled(job.template))
    for (const variables of job.variables) {
      reply('error' in render ? render : attempt(() => render.value(variables)))
    }
    return
  }
  const tokenizer = attempt(() => openTokenizer(job.tokenizerPath, job.tokenizerConfig))
  for (const each of job.texts) {
    reply(
      'error' in tokenizer
        ? tokenizer
        : attempt(() => tokenizer.value.encode(each, { add_special_tokens: job.addSpecial }).ids),
    )
  }
}

const reply = (line: IsolatedReply): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

function attempt<T>(make: () => T): { value: T } | { error: string } {
  try {
    return { value: make() }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/** Blocks are trimmed as transformers does it. */
function compiled(template: string): (variables: Readonly<Record<string, unknown>>) => string {
  const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }))
  return (variables) => {
    const environment = new Environment()
    for (const [name, value] of Object.entries({ ...GLOBALS, ...variables })) environment.set(name, value)
    const { value } = new Interpreter(environment).run(program)
    if (typeof value !== 'string') throw new Error('it gives no text')
    if (value.length > MAX_RENDERED_CHARS)
      throw new Error(`it gives ${value.length} characters, at most ${MAX_RENDERED_CHARS} are taken`)
    return value
  }
}

const GLOBALS = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  raise_exception: (message: unknown) => {
    throw new Error(String(message))
  },
  range: (...bounds: number[]) => range(bounds),
  strftime_now: (format: string) => strftime(format),
}

function range(bounds: readonly number[]): number[] {
  const [start, stop, step] =
    bounds.length === 1 ? [0, bounds[0]!, 1] : [bounds[0]!, bounds[1]!, bounds[2] ?? 1]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} numbers, at most ${MAX_RANGE} are made`)
  return Array.from({ length }, (_, i) => start + i * step)
}

function strftime(format: string): string {
  const name = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' }).format(NOW)
  const two = (value: number): string => String(value).padStart(2, '0')
  const parts: Record<string, string> = {
    Y: String(NOW.getUTCFullYear()),
    y: two(NOW.getUTCFullYear() % 100),
    m: two(NOW.getUTCMonth() + 1),
    d: two(NOW.getUTCDate()),
    H: two(NOW.getUTCHours()),
    I: two(NOW.getUTCHours() % 12 || 12),
    M: two(NOW.getUTCMinutes()),
    S: two(NOW.getUTCSeconds()),
    p: NOW.getUTCHours() < 12 ? 'AM' : 'PM',
    B: name({ month: 'long' }),
    b: name({ month: 'short' }),
    A: name({ weekday: 'long' }),
    a: name({ weekday: 'short' }),
    '%': '%',
  }
  return format.replace(/%(.)/g, (whole, letter: string) => parts[letter] ?? whole)
}

function openTokenizer(path: string, config: Readonly<Record<string, unknown>>): Tokenizer {
  return new Tokenizer(JSON.parse(readFileSync(path, 'utf8')) as object, config)
}

run(JSON.parse(await text(process.stdin)) as IsolatedJob)
