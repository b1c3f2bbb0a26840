// A text as it was recorded, in a box that scrolls within itself where it is long; code in it has its colours.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { byteSize, printable } from '../../../src/util/text.ts'
import { MOST_CHARACTERS, type Segment } from './lines.ts'
import { pythonSpans } from './tokens.ts'

/** Characters that are drawn before somebody asks for all. */
const CUT = 200_000
/** A box of more scrolls. */
const TALL_LINES = 16
const TALL_CHARACTERS = 1400

interface TextBoxProps {
  text: string
  /** What it is, for those who cannot see it. */
  label: string
  /** All of it is a program; else fenced blocks alone are code. */
  isProgram?: boolean
}

export function TextBox({ text, label, isProgram = false }: TextBoxProps) {
  const [isAll, setAll] = useState(false)
  const isCut = !isAll && text.length > CUT
  const shown = printable(isCut ? text.slice(0, CUT) : text)
  const isTall = shown.length > TALL_CHARACTERS || shown.split('\n').length > TALL_LINES
  if (text.trim() === '') {
    return <p class="soft small">{text === '' ? 'There is no text.' : 'There is nothing but white space.'}</p>
  }
  return (
    <>
      <Box label={isTall ? label : undefined}>
        <Segments segments={segmentsIn(shown, isProgram)} />
      </Box>
      {isCut && (
        <p class="small soft">
          These are the first {byteSize(CUT)} of {byteSize(text.length)}.{' '}
          <button type="button" class="button" onClick={() => setAll(true)}>
            Show all
          </button>
        </p>
      )}
    </>
  )
}

/** One that scrolls has a name, and can be reached by key. */
function Box({ label, children }: { label: string | undefined; children: ComponentChildren }) {
  if (label === undefined) return <div class="text">{children}</div>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by key
    <section class="text tall" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}

export function Segments({ segments }: { segments: readonly Segment[] }) {
  return (
    <>
      {segments.map(({ text, kind, isMarked }, at) =>
        isMarked ? (
          <mark key={at}>{text}</mark>
        ) : kind === '' ? (
          text
        ) : (
          <span key={at} class={`code-${kind}`}>
            {text}
          </span>
        ),
      )}
    </>
  )
}

function segmentsIn(text: string, isProgram: boolean): Segment[] {
  const spans = text.length > MOST_CHARACTERS ? [] : pythonSpans(text, isProgram)
  const segments: Segment[] = []
  let at = 0
  const add = (end: number, kind: string) => {
    if (end > at) segments.push({ text: text.slice(at, end), kind, isMarked: false })
    at = Math.max(at, end)
  }
  for (const { start, end, kind } of spans) {
    add(start, '')
    add(end, kind)
  }
  add(text.length, '')
  return segments
}
