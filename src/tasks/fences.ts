// Fenced code blocks of a chat answer. A small reading of CommonMark 0.31, section 4.5, for what models write: fences
// at any indentation (list items), blocks that are never closed or closed behind the last line of code, and fences
// within fences. It is no Markdown parser: everything outside the fences is one text.

export interface Block {
  code: string
  /** First word after the opening fence, in lower case; empty where there is none. */
  language: string
  /** Whether the reading is a guess: a part of a block, or text before a fence that nothing opened. */
  guessed: boolean
}

export interface FencedText {
  /** Blocks in order; each is followed by the guesses that it gives rise to. */
  blocks: Block[]
  /** The text outside the blocks. */
  outside: string
}

interface Fence {
  character: string
  length: number
  indent: number
  language: string
}

/** How deep fences within fences are followed. */
const MAX_DEPTH = 3
/** All marks of a run, or a long run would be tried at each of its lengths. */
const OPENING = /^([ \t]*)(`{3,}(?!`)|~{3,}(?!~))([^`]*)$/

export function readFences(text: string, depth = 0): FencedText {
  const lines = text.split(/\r?\n/)
  const blocks: Block[] = []
  const outside: string[] = []
  let hasTextOutside = false
  const unclosed = new Set<string>()
  let i = 0
  while (i < lines.length) {
    const fence = openingFence(lines[i]!)
    if (!fence) {
      const line = lines[i++]!
      outside.push(line)
      hasTextOutside ||= line.trim() !== ''
      continue
    }
    // A prompt that already opened the block leaves only its closing fence in the answer.
    if (blocks.length === 0 && fence.language === '' && hasTextOutside) {
      blocks.push({ code: outside.join('\n'), language: '', guessed: true })
    }
    const { inner, next } = blockFrom(lines, i + 1, { fence, unclosed })
    i = next
    if (inner.every((line) => line.trim() === '')) continue
    blocks.push({ code: inner.join('\n'), language: fence.language, guessed: false })
    if (depth < MAX_DEPTH) blocks.push(...innerBlocks(inner, fence, depth))
  }
  return { blocks, outside: outside.join('\n') }
}

function openingFence(line: string): Fence | null {
  const match = OPENING.exec(line)
  if (!match) return null
  const [, indent, marks, info] = match as unknown as [string, string, string, string]
  const language = /^[\w+#.-]*/.exec(info.trim())?.[0].toLowerCase() ?? ''
  return { character: marks[0]!, length: marks.length, indent: indent.length, language }
}

/**
 * Lines of the block that starts at `from`, and the index of the line behind it. `unclosed` keeps the kinds of fences that
 * no line closes any more, or an answer of many of them would be read again from each.
 */
function blockFrom(
  lines: string[],
  from: number,
  { fence, unclosed }: { fence: Fence; unclosed: Set<string> },
): { inner: string[]; next: number } {
  const marks = fence.character.repeat(fence.length)
  const kind = `${marks} ${fence.indent}`
  const block = (end: number): string[] =>
    lines.slice(from, end).map((line) => withoutIndent(line, fence.indent))
  const closing = unclosed.has(kind) ? -1 : indexFrom(lines, from, (line) => closes(line, fence))
  if (closing >= 0) return { inner: block(closing), next: closing + 1 }
  unclosed.add(kind)
  // Never closed, or closed right behind the last line of code.
  const glued = indexFrom(lines, from, (line) => line.trimEnd().endsWith(marks))
  if (glued < 0) return { inner: block(lines.length), next: lines.length }
  const last = withoutIndent(lines[glued]!, fence.indent).trimEnd()
  return { inner: [...block(glued), last.slice(0, -marks.length)], next: glued + 1 }
}

function indexFrom(lines: readonly string[], from: number, is: (line: string) => boolean): number {
  for (let i = from; i < lines.length; i++) if (is(lines[i]!)) return i
  return -1
}

function closes(line: string, fence: Fence): boolean {
  const trimmed = line.trim()
  if (trimmed.length < fence.length || trimmed !== fence.character.repeat(trimmed.length)) return false
  // Deeper fences belong to the code, such as to a docstring.
  return line.length - line.trimStart().length <= fence.indent + 3
}

const withoutIndent = (line: string, columns: number): string => {
  let cut = 0
  while (cut < columns && (line[cut] === ' ' || line[cut] === '\t')) cut++
  return line.slice(cut)
}

/** Blocks within a block: where an inner fence opens, the part before it and what it holds are guesses. */
function innerBlocks(inner: string[], outer: Fence, depth: number): Block[] {
  const at = inner.findIndex((line) => {
    const fence = openingFence(line)
    return fence !== null && (fence.language !== '' || fence.character !== outer.character)
  })
  if (at < 0) return []
  const before = inner.slice(0, at)
  const rest = readFences(inner.slice(at).join('\n'), depth + 1)
  const guesses = [{ code: before.join('\n'), language: outer.language, guessed: true }, ...rest.blocks]
  return guesses
    .filter(({ code }) => code.trim() !== '')
    .map(({ code, language }) => ({ code, language, guessed: true }))
}
