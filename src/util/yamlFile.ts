// A YAML file that the user wrote, with the place of each key, so that whatever is wrong can be told with line and column.
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { UserError } from './errors.ts'
import { oneLine } from './text.ts'
import { readTextFile } from './textFile.ts'

const MAX_BYTES = 1024 * 1024

export interface YamlFile {
  value: unknown
  /** `PATH, line 3, column 1` of the key (or list item) at this path, or of the nearest one above it that is there. */
  placeOf(keys: readonly PropertyKey[]): string
}

/** Reads a file of one document. What is no YAML is a UserError. */
export async function readYamlFile(path: string): Promise<YamlFile> {
  const { text } = await readTextFile(path, MAX_BYTES)
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset)
    return `${path}, line ${line}, column ${col}`
  }
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault) throw notYaml(at(fault.pos[0]), fault.message)
  try {
    const value = document.toJS() as unknown
    return { value, placeOf: (keys) => at(offsetOf(document.contents, keys)) }
  } catch (error) {
    throw notYaml(path, (error as Error).message) // such as aliases that would grow without end
  }
}

const notYaml = (where: string, why: string): UserError =>
  new UserError(`${where}: not YAML: ${oneLine(why, 160)}`, {
    hint: 'its lines are key: value, and a text with a colon or braces stands in quotes',
  })

function offsetOf(root: unknown, keys: readonly PropertyKey[]): number {
  let node = root
  let offset = isNode(root) ? (root.range?.[0] ?? 0) : 0
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key))
      if (!pair) return offset
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(key)]
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}
