// Renders a chat template, as transformers does it: blocks trimmed, the same globals. Templates are files of others: Jinja
// values are the interpreter's own, and their attributes are looked up in maps, never on JavaScript objects, so that a
// template has no way to files or the network. Time and memory are not bounded here: measure/settings does it outside.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'

/** Longer than any prompt that a template makes of a conversation that a model can take. */
const MAX_RENDERED_CHARS = 1_000_000
const MAX_RANGE = 100_000
/** Templates may ask for the date: it is always this one. */
const NOW = new Date(Date.UTC(2024, 6, 26, 12, 0, 0))

/** The template as a function of its variables; both throw an Error that says what is wrong. */
export function compileTemplate(template: string): (variables: Readonly<Record<string, unknown>>) => string {
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
