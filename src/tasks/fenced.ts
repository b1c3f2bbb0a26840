// Finds the code of a chat answer. It takes, in this order:
//   1. the first fenced block that parses and defines the entry point, else the first that defines it and does not parse;
//   2. outside the blocks, or where there are none, the text itself if it is code that defines the entry point, else
//      the longest run of lines around such a definition that is code;
//   3. the first fenced block that parses and is more than tests, calls and imports.
// What it finds is a program if it defines something at its left edge, else the body of the function.
import { readFences } from './fences.ts'
import { defines, type Outline, outline } from './python.ts'

export interface FoundCode {
  code: string
  kind: 'program' | 'body'
}

const PYTHON_WORDS = new Set(['', 'python', 'py', 'python3', 'python2'])
/** Lines above a definition that are tried: helper functions, long docstrings, tables of data. */
const MAX_ROWS_UP = 200
/** Definitions of the entry point in one text that are followed. */
const MAX_DEFINITIONS = 5
/** Characters that the search in one text without fences may parse, so that no answer holds up the others. */
const SEARCH_BUDGET = 2_000_000

/** The code that `answer` gives for `entryPoint`, or null. */
export function findCode(answer: string, entryPoint: string): FoundCode | null {
  const { blocks, outside } = readFences(answer)
  const read = blocks.map((block) => ({ ...block, ...readBlock(block.code) }))
  const defining = read.filter((block) => defines(block.outline, entryPoint))
  const chosen = defining.find((block) => block.outline.parses) ?? defining[0]
  if (chosen) return { code: chosen.code, kind: 'program' }
  const bare = unfenced(outside, entryPoint)
  if (bare !== null) return { code: bare, kind: 'program' }
  const other = read.find((block) => !block.guessed && PYTHON_WORDS.has(block.language) && isCode(block))
  if (!other) return null
  return { code: other.code, kind: other.isBody ? 'body' : 'program' }
}

interface ReadBlock {
  code: string
  outline: Outline
  /** Whether the code goes on inside a function: it is indented, or it returns at its left edge. */
  isBody: boolean
}

function readBlock(code: string): ReadBlock {
  const found = outline(code)
  const first = found.statements[0]
  if (first && first.column > 0) {
    // Indented code is a body if it parses as one.
    const wrapped = outline(`def _():\n${code}`)
    return { code, outline: { ...found, parses: wrapped.parses }, isBody: true }
  }
  const definesSomething = found.statements.some((s) => s.type.endsWith('_definition'))
  const returns = found.statements.some((s) => s.type === 'return_statement')
  if (!found.parses || !returns || definesSomething) return { code, outline: found, isBody: false }
  return { code: code.replace(/^(?=.*\S)/gm, '    '), outline: found, isBody: true }
}

const CODE =
  /_definition$|^(assignment|augmented_assignment|return_statement|if_statement|for_statement|while_statement|try_statement|with_statement|match_statement|raise_statement|yield)$/

function isCode({ outline: found, isBody }: ReadBlock): boolean {
  if (!found.parses) return false
  return found.statements.some((s) => (isBody ? CODE.test(s.type) : s.type.endsWith('_definition')))
}

/** Code in a text without fences that defines `entryPoint`. */
function unfenced(text: string, entryPoint: string): string | null {
  if (!text.includes(entryPoint)) return null
  const whole = outline(text)
  if (whole.parses && defines(whole, entryPoint)) return text
  const search: Search = { lines: text.split('\n'), entryPoint, budget: SEARCH_BUDGET }
  const rows = search.lines.flatMap((line, row) => (opensDefinition(line, entryPoint) ? [row] : []))
  const runs = rows.slice(0, MAX_DEFINITIONS).flatMap((row) => runAround(search, row) ?? [])
  return runs.toSorted((a, b) => b.length - a.length)[0] ?? null
}

const opensDefinition = (line: string, name: string): boolean =>
  [`def ${name}`, `async def ${name}`, `${name} =`, `${name}=`].some((start) => line.startsWith(start))

interface Search {
  lines: readonly string[]
  entryPoint: string
  budget: number
}

/** The longest code around the definition on `row`: down to the first line that is no code, then up. */
function runAround(search: Search, row: number): string | null {
  let end = search.lines.length
  let found = readRows(search, row, end)
  while (found && !found.parses) {
    end = row + (found.errorRow ?? 0)
    found = end > row ? readRows(search, row, end) : null
  }
  if (!found || !defines(found, search.entryPoint)) return null
  let first = row
  while (search.lines[first - 1]?.startsWith('@')) first--
  // What stands above is code if it is on its own: the definition starts at the left edge.
  let start = first
  for (let up = first - 1; up >= Math.max(0, first - MAX_ROWS_UP); up--) {
    if (readRows(search, up, first)?.parses) start = up
  }
  return withoutProse(search.lines.slice(start, end).join('\n'))
}

/** Outline of some rows; null where the budget is spent. */
function readRows(search: Search, start: number, end: number): Outline | null {
  const text = search.lines.slice(start, end).join('\n')
  search.budget -= text.length
  return search.budget < 0 ? null : outline(text)
}

/** Cuts words at both ends that happen to parse ("Solution", "Done"): they would be names at run time. */
function withoutProse(code: string): string {
  const { statements } = outline(code)
  const isProse = (type: string): boolean =>
    /^(identifier|attribute|tuple|comparison_operator|not_operator)$/.test(type)
  const first = statements.findIndex((s) => !isProse(s.type))
  const last = statements.findLastIndex((s) => !isProse(s.type))
  return code.slice(statements[first]?.start ?? 0, statements[last]?.end ?? code.length)
}
