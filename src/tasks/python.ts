// The top level of Python source, read with tree-sitter: which statements stand there and which names they define.
// tree-sitter forgives more than Python does; what it forgives and CPython refuses is checked here as far as it matters.
import { createRequire } from 'node:module'
import { Language, type Node, Parser } from 'web-tree-sitter'

/** A statement at the top level. Indexes are of UTF-16 units, rows and columns count from 0. */
export interface Statement {
  /** Node type of the grammar; of an expression statement, the type of its expression. */
  type: string
  /** Names that it binds. */
  names: readonly string[]
  start: number
  end: number
  startRow: number
  endRow: number
  column: number
}

/** What one parse told. */
export interface Outline {
  /** Whether the whole text is Python. */
  parses: boolean
  statements: readonly Statement[]
  /** Row of the first thing that is not Python; null if there is none. */
  errorRow: number | null
}

/**
 * Longest parse, in calls of the progress callback (one each 100 steps of the parser, so about 200 kB of text). Hostile
 * text costs no more than that, and gives the same outline each time, which a clock would not.
 */
const MAX_PARSE_CALLS = 4000
/** Most pieces of one node that are looked at: each costs a call into the parser. */
const MAX_PIECES = 5000

let parser: Parser | undefined
let preparing: Promise<void> | undefined

/** Loads the Python grammar. Awaited once before `outline`. */
export function preparePython(): Promise<void> {
  preparing ??= (async () => {
    await Parser.init()
    const grammar = createRequire(import.meta.url).resolve('#tree-sitter-python.wasm')
    const language = await Language.load(grammar)
    parser = new Parser().setLanguage(language)
  })()
  return preparing
}

/** The top level of `source`. */
export function outline(source: string): Outline {
  return withTree(source, { parses: false, statements: [], errorRow: 0 }, (root) => {
    const statements = root.namedChildren.flatMap(topLevel)
    const errorRow = root.hasError ? firstError(root) : (strayIndent(statements) ?? emptyBody(root))
    return { parses: errorRow === null, statements, errorRow }
  })
}

/** Import statements that open the function `name` of `source`, before or instead of its docstring. */
export function leadingImports(source: string, name: string): string[] {
  return withTree(source, [], (root) => {
    const entry = root.namedChildren.findLast((child) => boundNames(child).includes(name))
    const definition = entry?.childForFieldName('definition') ?? entry
    const body = definition?.childForFieldName('body')?.namedChildren ?? []
    const end = body.findIndex((child) => !/^import_(from_)?statement$/.test(child.type))
    return body.slice(0, end < 0 ? body.length : end).map((child) => child.text)
  })
}

/** Whether a statement at column 0 binds `name`. */
export const defines = (source: Outline, name: string): boolean =>
  source.statements.some((statement) => statement.column === 0 && statement.names.includes(name))

/** `read` of the syntax tree, which is freed; `tooHard` where the parse was given up. */
function withTree<T>(source: string, tooHard: T, read: (root: Node) => T): T {
  if (!parser) throw new Error('Python is parsed before preparePython()')
  let calls = 0
  // The callback's type forgets that a true result ends the parse.
  const progressCallback = (() => ++calls > MAX_PARSE_CALLS) as unknown as () => void
  const tree = parser.parse(source, null, { progressCallback })
  if (!tree) {
    parser.reset()
    return tooHard
  }
  try {
    return tree.rootNode.childCount > MAX_PIECES ? tooHard : read(tree.rootNode)
  } finally {
    tree.delete()
  }
}

function topLevel(node: Node): Statement[] {
  if (node.type === 'comment') return []
  // A broken text keeps its definitions below ERROR nodes.
  if (node.type === 'ERROR' && node.childCount > MAX_PIECES) return []
  if (node.type === 'ERROR') return [...node.namedChildren.flatMap(topLevel), ...brokenDefinitions(node)]
  const inner = node.type === 'expression_statement' ? node.namedChild(0) : null
  return [statement(node, inner?.type ?? node.type, boundNames(inner ?? node))]
}

function statement(node: Node, type: string, names: string[]): Statement {
  return {
    type,
    names,
    start: node.startIndex,
    end: node.endIndex,
    startRow: node.startPosition.row,
    endRow: node.endPosition.row,
    column: node.startPosition.column,
  }
}

function boundNames(node: Node): string[] {
  switch (node.type) {
    case 'function_definition':
    case 'class_definition':
      return texts(node.childForFieldName('name'))
    case 'decorated_definition': {
      const definition = node.childForFieldName('definition')
      return definition ? boundNames(definition) : []
    }
    case 'assignment': {
      const left = node.childForFieldName('left')
      const right = node.childForFieldName('right')
      const names = left?.type.endsWith('pattern_list') ? left.namedChildren : left ? [left] : []
      const here = names.filter((name) => name.type === 'identifier').flatMap(texts)
      return right?.type === 'assignment' ? [...here, ...boundNames(right)] : here
    }
    case 'import_statement':
    case 'import_from_statement':
      return node
        .childrenForFieldName('name')
        .flatMap((name) => texts(name?.childForFieldName('alias') ?? name?.namedChild(0) ?? null))
    default:
      return []
  }
}

const texts = (node: Node | null): string[] => (node ? [node.text] : [])

/** `def NAME` or `class NAME` in the pieces of a statement that does not parse: the answer was cut off within it. */
function brokenDefinitions(error: Node): Statement[] {
  const pieces = error.children
  return pieces.flatMap((piece, i) => {
    const name = pieces[i + 1]
    if ((piece.type !== 'def' && piece.type !== 'class') || name?.type !== 'identifier') return []
    const before = pieces[i - 1]
    return [statement(before?.type === 'async' ? before : piece, 'broken_definition', [name.text])]
  })
}

/** Row of a top-level statement that is indented. */
function strayIndent(statements: readonly Statement[]): number | null {
  const stray = statements.find((s, i) => s.column > 0 && s.startRow !== statements[i - 1]?.endRow)
  return stray?.startRow ?? null
}

/** Row of a top-level definition without a body, which the grammar takes and Python does not. */
function emptyBody(root: Node): number | null {
  for (const child of root.namedChildren) {
    const definition = child.type === 'decorated_definition' ? child.childForFieldName('definition') : child
    if (definition?.type !== 'function_definition' && definition?.type !== 'class_definition') continue
    if (definition.childForFieldName('body')?.namedChildCount === 0) return definition.startPosition.row
  }
  return null
}

function firstError(node: Node): number {
  for (;;) {
    if (node.isError || node.isMissing) return node.startPosition.row
    const inner =
      node.childCount > MAX_PIECES
        ? undefined
        : node.children.find((child) => child.hasError || child.isMissing)
    if (!inner) return node.startPosition.row
    node = inner
  }
}
