// A stretch of text token by token, each marked by a level: in colour where the terminal has it, else in brackets with its
// value. Tokens are text of models and files: controls are escaped, line ends are shown.
import pc from 'picocolors'
import { displayWidth } from '../util/table.ts'
import { tokenText } from '../util/text.ts'

export interface MarkedToken {
  text: string
  /** 0: not marked; 3: the strongest. Without colour only 2 and 3 are marked. */
  level: 0 | 1 | 2 | 3
  /** Shown with the token in brackets where there is no colour. */
  value: string
}

const BRACKETED = 2

type Colours = ReturnType<typeof pc.createColors>

/** `colours`: of the terminal. */
export function tokensText(tokens: readonly MarkedToken[], width: number, colours: Colours = pc): string {
  if (!colours.isColorSupported) return bracketed(tokens, width).join('\n')
  const lines = lined(
    tokens.map(({ text, level }) => ({ text: tokenText(text), level })),
    width,
  )
  const shade = [
    (text: string) => text,
    colours.yellow,
    (text: string) => colours.bgYellow(colours.black(text)),
    (text: string) => colours.bgRed(colours.white(text)),
  ] as const
  return lines.map((line) => line.map(({ text, level }) => shade[level](text)).join('')).join('\n')
}

export const tokensMarkdown = (tokens: readonly MarkedToken[], width: number): string =>
  fenced(bracketed(tokens, width))

/** A code block, whose fence is longer than any in the text. */
export function fenced(lines: readonly string[]): string {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)),
  )
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${lines.join('\n')}\n${fence}`
}

function bracketed(tokens: readonly MarkedToken[], width: number): string[] {
  const shown = tokens.map(({ text, level, value }) => ({
    text: level < BRACKETED ? tokenText(text) : `[${tokenText(text)} ${value}]`,
  }))
  return lined(shown, width).map((line) => line.map(({ text }) => text).join(''))
}

/** Lines are broken between tokens. */
export function lined<T extends { text: string }>(tokens: readonly T[], width: number): T[][] {
  const lines: T[][] = [[]]
  let used = 0
  for (const token of tokens) {
    const more = displayWidth(token.text)
    if (used > 0 && used + more > width) {
      lines.push([])
      used = 0
    }
    lines.at(-1)!.push(token)
    used += more
  }
  return lines
}
