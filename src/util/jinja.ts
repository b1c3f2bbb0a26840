// Renders a template (of a chat, or of a task's prompts) as transformers does it: blocks trimmed, the same globals. Templates
// are files of others: Jinja values are the interpreter's own, and their attributes are looked up in maps, never on
// JavaScript objects, so that a template has no way to files or the network. Time and memory are not bounded here:
// measure/settings does it outside.
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

/** Names that the template reads and does not bind itself, those that every template has apart. Throws as compileTemplate. */
export function templateVariables(template: string): { variables: string[]; builtIn: string[] } {
  const names = { read: new Set<string>(), bound: new Set<string>() }
  collectNames(parse(tokenize(template)), names)
  const free = [...names.read].filter((name) => !names.bound.has(name))
  const isBuiltIn = (name: string): boolean => BUILT_IN.includes(name)
  return { variables: free.filter((name) => !isBuiltIn(name)), builtIn: free.filter(isBuiltIn) }
}

interface Names {
  read: Set<string>
  bound: Set<string>
}

/** Of the syntax tree of @huggingface/jinja, whose classes are not exported. */
type TreeNode = Readonly<Record<string, unknown>> & { type: string }

// Scopes are not followed: a name that is bound anywhere counts as bound everywhere.
function collectNames(tree: unknown, names: Names): void {
  if (Array.isArray(tree)) {
    for (const each of tree) collectNames(each, names)
  } else if (tree instanceof Map) {
    for (const [key, value] of tree) collectNames([key, value], names)
  } else if (isTreeNode(tree)) {
    if (tree.type === 'Identifier') names.read.add(String(tree.value))
    collectNames(partsOf(tree, names), names)
  }
}

/** The parts of a node in which names are looked up; what it binds is noted. */
function partsOf(node: TreeNode, names: Names): unknown[] {
  const { type, ...parts } = node
  switch (type) {
    case 'For':
      bind(parts.loopvar, names)
      return [parts.iterable, parts.body, parts.defaultBlock]
    case 'Set':
      bind(parts.assignee, names)
      return [parts.value, parts.body]
    case 'Macro':
      bind([parts.name, parts.args], names)
      return [parts.args, parts.body]
    case 'CallStatement':
      bind(parts.callerArgs, names)
      return [parts.call, parts.body]
    case 'MemberExpression':
      return [parts.object, parts.computed ? parts.property : undefined]
    case 'FilterExpression':
    case 'FilterStatement':
      return [parts.operand, (parts.filter as TreeNode).args, parts.body]
    case 'TestExpression':
      return [parts.operand]
    case 'KeywordArgumentExpression':
      return [parts.value]
    default:
      // Operators are tokens, and `and`, `or`, `in` and `not` look like names.
      return Object.values({ ...parts, operator: undefined })
  }
}

function bind(target: unknown, names: Names): void {
  if (Array.isArray(target)) {
    for (const each of target) bind(each, names)
  } else if (isTreeNode(target)) {
    if (target.type === 'Identifier') names.bound.add(String(target.value))
    else bind(target.type === 'TupleLiteral' ? target.value : target.key, names)
  }
}

const isTreeNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && 'type' in value

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

const BUILT_IN = [...Object.keys(GLOBALS), 'namespace', 'loop', 'caller']

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
