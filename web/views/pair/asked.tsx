// What was asked, as it was sent, and what is right.
import type { ReportProblem } from '../../../src/schema/report.ts'
import { nats } from '../../../src/util/numbers.ts'
import { oneLine, plural } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Absent } from '../../parts/shared.tsx'
import { Table } from '../../parts/table.tsx'
import { nameOf } from '../../sides.ts'
import { type Answer, isProgram } from './read.ts'
import { TextBox } from './text.tsx'

interface AskedProps {
  problem: ReportProblem | undefined
  /** Why the task's texts are not there. */
  absent: string | undefined
  base: Answer
  variant: Answer
}

export function Asked({ problem, absent, base, variant }: AskedProps) {
  return (
    <div class="pair-asked">
      <section class="pair-section">
        <h2>Prompt</h2>
        <Prompts problem={problem} base={base} variant={variant} />
      </section>
      <section class="pair-section">
        <h2>What is right</h2>
        {problem ? (
          <Expected problem={problem} isCode={isProgram(base) || isProgram(variant)} />
        ) : (
          <Absent>{absent ?? 'The report does not carry this problem.'}</Absent>
        )}
      </section>
    </div>
  )
}

function Prompts({ problem, base, variant }: Omit<AskedProps, 'absent'>) {
  const { study } = usePage()
  const [left, right] = [sentTo(base), sentTo(variant)]
  const isCode = isProgram(base) || isProgram(variant)
  if (left !== undefined && right !== undefined && left !== right) {
    return (
      <>
        {[base, variant].map((answer) => (
          <div key={nameOf(study, answer.place.run)} class="pair-section">
            <h3>As sent to {nameOf(study, answer.place.run)}</h3>
            <TextBox
              text={sentTo(answer)!}
              label={`Prompt as sent to ${nameOf(study, answer.place.run)}`}
              isProgram={isCode}
            />
          </div>
        ))}
      </>
    )
  }
  const sent = left ?? right
  const text = sent ?? problem?.prompt
  if (text === undefined) return <Absent>What was asked is not recorded, and the task is not at hand.</Absent>
  return (
    <>
      <p class="soft small">
        {sent === undefined ? 'Of the task; what was sent is not recorded.' : 'As it was sent.'}
      </p>
      <TextBox text={text} label="Prompt" isProgram={isCode} />
    </>
  )
}

const sentTo = ({ calls }: Answer): string | undefined => calls[0]?.request.prompt

/** Lines above which what is right is folded. */
const FOLD = 24

function Expected({ problem: { expected }, isCode }: { problem: ReportProblem; isCode: boolean }) {
  const { kind, texts } = expected
  if (texts.length === 0) return <p class="soft">The task names no answer: its scorer alone decides.</p>
  const lines = texts.reduce((sum, text) => sum + text.trim().split('\n').length, 0)
  const words = {
    answers: texts.length === 1 ? 'This answer is right.' : 'Any of these is right.',
    tests: 'These tests must pass.',
    choices: `The first of these ${texts.length} choices is right.`,
  }[kind]
  const boxes = texts.map((text, at) => (
    <TextBox
      key={at}
      text={kind === 'tests' ? text.replace(/^\n+|\n+$/g, '') : text}
      label={`What is right, ${at + 1} of ${texts.length}`}
      isProgram={isCode && kind === 'tests'}
    />
  ))
  return (
    <>
      <p class="soft small">{words}</p>
      {lines <= FOLD ? (
        boxes
      ) : (
        <details>
          <summary>{plural(lines, 'line')}</summary>
          {boxes}
        </details>
      )}
    </>
  )
}

/** Log-probabilities of choices, both sides beside each other. */
export function ChoiceScores({ problem, base, variant }: Omit<AskedProps, 'absent'>) {
  const { study } = usePage()
  const scored = base.sample?.choices ?? variant.sample?.choices
  if (!scored) return null
  const texts = continuationsOf(base) ?? continuationsOf(variant)
  const right = problem?.expected.kind === 'choices' ? problem.expected.texts[0]?.trim() : undefined
  const cell = ({ sample, outcome }: Answer, at: number): string => {
    const choice = sample?.choices?.[at]
    if (!choice) return ''
    const taken = outcome?.message ?? sample!.raw
    const isTaken = texts?.[at] !== undefined && oneLine(texts[at], 160) === oneLine(taken, 160)
    return `${isTaken ? '● ' : ''}${nats(choice.logProb)}`
  }
  const rows = scored.map(({ tokens }, at) => [
    texts?.[at]?.trim() ?? `choice ${at + 1}`,
    texts?.[at]?.trim() === right && right !== undefined ? '✓ right' : '',
    cell(base, at),
    cell(variant, at),
    String(tokens),
  ])
  const columns = [
    'Choice',
    'Right',
    ...[base, variant].map(({ place }) => nameOf(study, place.run)),
    'Tokens',
  ]
  return (
    <section class="pair-section">
      <h2>Choices</h2>
      <p class="soft small">
        Sums of the log-probabilities of each choice's tokens, in nats; ● is the one that was taken.
      </p>
      <Table
        label="Log-probabilities of the choices"
        table={{
          kind: 'table',
          columns: columns.map((title, at) => (at > 1 ? { title, align: 'right' as const } : { title })),
          rows,
        }}
      />
    </section>
  )
}

function continuationsOf({ calls }: Answer): readonly string[] | undefined {
  const request = calls[0]?.request
  return request && 'continuations' in request ? request.continuations : undefined
}
