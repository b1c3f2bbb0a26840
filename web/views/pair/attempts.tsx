// What a scaffold wrote on the way to its answer, in order: programs, what their tests said, what it thought of that.
import type { Attempt } from '../../../src/schema/run.ts'
import { count } from '../../../src/util/numbers.ts'
import { oneLine } from '../../../src/util/text.ts'
import { usePage } from '../../context.ts'
import { Side } from '../../parts/side.tsx'
import { nameOf } from '../../sides.ts'
import type { Answer } from './read.ts'
import { TextBox } from './text.tsx'

export function Attempts({ answers }: { answers: readonly Answer[] }) {
  const { study } = usePage()
  const shown = answers.filter(
    ({ sample }) => (sample?.attempts?.length ?? 0) + (sample?.visibleTests?.length ?? 0) > 0,
  )
  if (shown.length === 0) return null
  return (
    <section class="pair-section">
      <h2>On the way to the answer</h2>
      {shown.map(({ place: { run }, sample }) => (
        <div key={nameOf(study, run)} class="pair-attempts">
          <h3>
            <Side side={run.side} name={nameOf(study, run)} />
          </h3>
          {sample?.visibleTests && sample.visibleTests.length > 0 && (
            <details>
              <summary>Tests that it saw ({sample.visibleTests.length})</summary>
              <TextBox text={sample.visibleTests.join('\n')} label="Tests that it saw" isProgram />
            </details>
          )}
          {sample?.attempts?.map((attempt, at, all) => (
            <details key={at}>
              <summary>
                Attempt {at + 1} of {all.length}
                <span class="soft">{attemptWords(attempt, at, all)}</span>
              </summary>
              <AttemptTexts attempt={attempt} />
            </details>
          ))}
        </div>
      ))}
    </section>
  )
}

/** What is recorded of it. */
function attemptWords(
  { program, feedback, reflection, tokens }: Attempt,
  at: number,
  all: readonly Attempt[],
): string {
  const isSame = at > 0 && program !== undefined && program === all[at - 1]!.program
  const words = [
    isSame ? 'the same program as before' : program === undefined ? '' : 'a program',
    feedback === undefined ? '' : 'feedback',
    reflection === undefined ? '' : 'a reflection',
    tokens ? `${count(tokens)} tokens` : '',
  ].filter((word) => word !== '')
  const said = reflection ?? feedback
  const start = program === undefined && said !== undefined ? `: ${oneLine(said, 100)}` : ''
  return words.length === 0 ? '' : `: ${words.join(', ')}${start}`
}

function AttemptTexts({ attempt: { program, feedback, reflection } }: { attempt: Attempt }) {
  const texts: [string, string | undefined, boolean][] = [
    ['Program', program, true],
    ['Feedback', feedback, false],
    ['Reflection', reflection, false],
  ]
  return (
    <div class="pair-attempt">
      {texts.map(([title, text, isProgram]) =>
        text === undefined ? null : (
          <div key={title} class="pair-section">
            <h4>{title}</h4>
            <TextBox text={text} label={title} isProgram={isProgram} />
          </div>
        ),
      )}
    </div>
  )
}
