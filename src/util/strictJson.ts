// JSON that is read as its writer must have meant it: no key twice in one object (JSON.parse keeps the last one), and
// no nesting that could exhaust memory. For headers and configs of files that other people wrote.
import { parseJson } from './textFile.ts'

/** The value of a JSON text, or why there is none. Depth 1 is an object without inner objects or arrays. */
export function parseStrictJson(text: string, maxDepth = 64): { value: unknown } | { fault: string } {
  const fault = structureFault(text, maxDepth)
  return fault === undefined ? parseJson(text) : { fault }
}

/** The first repeated key or too deep nesting. Of text that is not JSON only what comes before its fault counts. */
function structureFault(text: string, maxDepth: number): string | undefined {
  // One set of keys an open object, null for an open array.
  const open: (Set<string> | null)[] = []
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x7b: // {
      case 0x5b: // [
        if (open.length === maxDepth) return `nested deeper than ${maxDepth} levels`
        open.push(text[i] === '{' ? new Set() : null)
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        break
      case 0x22: {
        const end = endOfString(text, i)
        if (end < 0) return undefined
        const keys = open.at(-1)
        if (keys && isKey(text, end)) {
          const key = unescaped(text.slice(i, end))
          if (keys.has(key)) return `the key ${JSON.stringify(key)} stands twice in one object`
          keys.add(key)
        }
        i = end - 1
      }
    }
  }
  return undefined
}

/** Offset after the closing quote of the string that begins at `start`; -1 where none closes it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  return -1
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (' \t\r\n'.includes(text[at] ?? 'x')) at++
  return text[at] === ':'
}

function unescaped(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  const parsed = parseJson(quoted)
  return 'value' in parsed ? String(parsed.value) : quoted
}
