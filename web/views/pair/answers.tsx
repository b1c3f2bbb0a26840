// Two answers beside each other, line by line, and over each what is known of it.

import type { CSSProperties } from 'preact'
import { byteSize, printable } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Side } from '../../parts/side.tsx'
import { lookOf, nameOf } from '../../sides.ts'
import { AnswerFacts } from './facts.tsx'
import { type Line, MOST_CHARACTERS, MOST_LINES, type Row, rowsOf } from './lines.ts'
import { type Answer, isProgram } from './read.ts'
import { Segments, TextBox } from './text.tsx'
import { pythonSpans } from './tokens.ts'

export function Answers({ base, variant }: { base: Answer; variant: Answer }) {
  const [left, right] = [rawOf(base), rawOf(variant)]
  const rows =
    left === undefined || right === undefined
      ? null
      : rowsOf(left, right, (text) => pythonSpans(text, isProgram(base) || isProgram(variant)))
  return (
    <section class="pair-section">
      <h2>Answers</h2>
      <p class="soft small">{differenceWords(left, right, rows)}</p>
      <div class="pair-answers">
        <Column answer={base} rows={rows} of="base" />
        <Column answer={variant} rows={rows} of="variant" />
      </div>
    </section>
  )
}

/** Undefined where there is nothing to compare. */
const rawOf = ({ sample }: Answer): string | undefined =>
  sample && sample.error === undefined && sample.raw.trim() !== '' ? printable(sample.raw) : undefined

function differenceWords(
  left: string | undefined,
  right: string | undefined,
  rows: readonly Row[] | null,
): string {
  if (left === undefined && right === undefined)
    return 'Both are empty or missing: there is nothing to compare.'
  if (left === undefined || right === undefined)
    return 'One of the two is empty or missing: there is nothing to compare.'
  if (left === right) return 'The two answers are the same, character for character.'
  if (rows === null)
    return `The two answers differ. They are too long to be compared line by line: over ${MOST_LINES} lines or ${byteSize(MOST_CHARACTERS)} together.`
  return 'Lines that one answer alone has are tinted; in lines that stand for each other the words that differ are marked.'
}

function Column({
  answer,
  rows,
  of,
}: {
  answer: Answer
  rows: readonly Row[] | null
  of: 'base' | 'variant'
}) {
  const { study } = usePage()
  const { run } = answer.place
  const style = {
    '--of': lookOf(study, run.side).colour,
    '--rows': String((rows?.length ?? 1) + 1),
  } as CSSProperties
  return (
    <article class={`pair-answer ${of}`} style={style} aria-label={`Answer of ${nameOf(study, run)}`}>
      <header class="pair-answer-head">
        <h3>
          <Side side={run.side} name={nameOf(study, run)} />
        </h3>
        <AnswerFacts answer={answer} />
      </header>
      {rows ? rows.map((row, at) => <LineOf key={at} line={row[of]} />) : <Whole answer={answer} />}
    </article>
  )
}

function Whole({ answer }: { answer: Answer }) {
  const { sample } = answer
  if (!sample) return <p class="soft">There is no answer in the run.</p>
  if (sample.error !== undefined) return <p class="soft">No answer: {printable(sample.error)}</p>
  return (
    <div class="pair-whole">
      <TextBox text={sample.raw} label="The answer" isProgram={isProgram(answer)} />
    </div>
  )
}

function LineOf({ line }: { line: Line | null }) {
  if (line === null) return <div class="line filler" aria-hidden="true" />
  return (
    <div class={line.isOwn ? 'line own' : 'line'}>
      <Segments segments={line.segments} />
    </div>
  )
}
