// How wide a text is before it is drawn, and the lines that it breaks into.
import { wordsOf } from './unbroken.tsx'

/** Without the variable face of the page, which a canvas need not find. */
const FONT_FAMILY =
  'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'

interface Font {
  /** Pixels. */
  size: number
  weight?: number
}

let context: CanvasRenderingContext2D | null | undefined

export function textWidth(text: string, { size, weight = 400 }: Font): number {
  context ??= document.createElement('canvas').getContext('2d')
  if (!context) return text.length * size * 0.6
  context.font = `${weight} ${size}px ${FONT_FAMILY}`
  return context.measureText(text).width
}

/** Lines that have room, in pixels; a word that has none in a line of its own breaks. */
export function wrapped(text: string, room: number, font: Font): string[] {
  const fits = (line: string): boolean => textWidth(line, font) <= room
  const lines: string[] = []
  let line = ''
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (fits(longer)) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = ''
    for (const character of word) {
      if (line !== '' && !fits(line + character)) {
        lines.push(line)
        line = ''
      }
      line += character
    }
  }
  return [...lines, line]
}
