// Finding: what the study says, in the words of the terminal, with its most telling figures beside what they read when nothing
// changed.
import type { KeyFigure } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'
import { usePage } from '../context.ts'
import { Blocks } from '../parts/blocks.tsx'
import { Interval, sharedScale } from '../parts/interval.tsx'
import { Named } from '../parts/side.tsx'
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

const COLOURS: Readonly<Record<NonNullable<KeyFigure['finding']>, string>> = {
  better: 'var(--better)',
  worse: 'var(--worse)',
  'no-worse': 'var(--ink-soft)',
  'cannot-tell': 'var(--none)',
}

function KeyFigures({ figures }: { figures: readonly KeyFigure[] }) {
  if (figures.length === 0) return null
  const scale = sharedScale(figures.flatMap(({ effect }) => effect ?? []))
  return (
    <section class="figures" aria-label="Key figures">
      <h2 class="visually-hidden">Key figures</h2>
      <div>
        {figures.map((figure) => (
          <Figure key={figure.title} figure={figure} scale={scale} />
        ))}
      </div>
    </section>
  )
}

function Figure({ figure, scale }: { figure: KeyFigure; scale: readonly [number, number] }) {
  const { title, delta, interval, basis, zero, finding, effect } = figure
  return (
    <div class="figure-row">
      <span class="figure-title">
        <Named text={printable(title)} />
      </span>
      <span class="figure-value">
        <span class={`figure-delta ${finding ?? ''}`}>
          {finding && <span aria-hidden="true">{MARKS[finding]} </span>}
          {delta}
        </span>{' '}
        <span class="figure-interval">{interval}</span>
      </span>
      <span class="figure-picture">
        {effect && finding && <Interval estimate={effect} scale={scale} colour={COLOURS[finding]} />}
      </span>
      <span class="figure-basis">
        {printable(basis)} <span class="figure-zero">{printable(zero)}</span>
      </span>
    </div>
  )
}
