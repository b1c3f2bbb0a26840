// A text in stretches that are marked or not, such as what a model is trained on: marked ones in colour and the rest dim, or
// in [brackets] where there is no colour. Texts are of files: controls are escaped, line ends are shown.
import pc from 'picocolors'
import { tokenText } from '../util/text.ts'
import { fenced, lined } from './tokens.ts'

export interface Stretch {
  /** Lines are broken between these. */
  parts: readonly string[]
  isMarked: boolean
}

type Colours = ReturnType<typeof pc.createColors>

/** `colours`: of the terminal. */
export function stretchesText(stretches: readonly Stretch[], width: number, colours: Colours = pc): string {
  if (!colours.isColorSupported) return bracketed(stretches, width).join('\n')
  const pieces = stretches.flatMap(({ parts, isMarked }) =>
    parts.map((part) => ({ text: tokenText(part), isMarked })),
  )
  return lined(pieces, width)
    .map((line) =>
      line.map(({ text, isMarked }) => (isMarked ? colours.green(text) : colours.dim(text))).join(''),
    )
    .join('\n')
}

export const stretchesMarkdown = (stretches: readonly Stretch[], width: number): string =>
  fenced(bracketed(stretches, width))

function bracketed(stretches: readonly Stretch[], width: number): string[] {
  const pieces = stretches.flatMap(({ parts, isMarked }) => {
    const texts = parts.map(tokenText)
    if (!isMarked || texts.length === 0) return texts
    texts[0] = `[${texts[0]}`
    texts[texts.length - 1] += ']'
    return texts
  })
  return lined(
    pieces.map((text) => ({ text })),
    width,
  ).map((line) => line.map(({ text }) => text).join(''))
}
