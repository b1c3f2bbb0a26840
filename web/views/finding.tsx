// Finding: what the study says, in the words of the terminal, with its most telling figures beside what they read when nothing
// changed.
import type { KeyFigure } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'
import { usePage } from '../context.ts'
import { Blocks } from '../parts/blocks.tsx'
import './finding.css'

/** By shape as well as by colour. */
const MARKS: Readonly<Record<NonNullable<KeyFigure['finding']>, string>> = {
  better: '▲',
  worse: '▼',
  'no-worse': '≥',
  'cannot-tell': '?',
}

export function FindingView() {
  const { study } = usePage()
  const [first, ...rest] = study.finding
  return (
    <>
      {first && <Blocks blocks={[first]} />}
      <KeyFigures figures={study.keyFigures} />
      <div class="finding-text">
        <Blocks blocks={rest} />
      </div>
    </>
  )
}

function KeyFigures({ figures }: { figures: readonly KeyFigure[] }) {
  if (figures.length === 0) return null
  return (
    <section class="figures" aria-label="Key figures">
      <h2 class="visually-hidden">Key figures</h2>
      <div>
        {figures.map((figure) => (
          <Figure key={figure.title} figure={figure} />
        ))}
      </div>
    </section>
  )
}

function Figure({ figure: { title, delta, interval, basis, zero, finding } }: { figure: KeyFigure }) {
  return (
    <div class="figure-row">
      <span class="figure-title">{printable(title)}</span>
      <span>
        <span class={`figure-delta ${finding ?? ''}`}>
          {finding && <span aria-hidden="true">{MARKS[finding]} </span>}
          {delta}
        </span>{' '}
        <span class="figure-interval">{interval}</span>
      </span>
      <span class="figure-basis">
        {printable(basis)} <span class="figure-zero">{printable(zero)}</span>
      </span>
    </div>
  )
}
