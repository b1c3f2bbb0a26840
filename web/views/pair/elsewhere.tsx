// The same problem as every side and training answered it.
import type { ReportRun } from '../../../src/schema/report.ts'
import { variantsOn } from '../../answers.ts'
import { usePage, usePageLink } from '../../context.ts'
import { Side } from '../../parts/side.tsx'
import { nameOf } from '../../sides.ts'
import type { Place } from './place.ts'
import { type OutcomeWords, outcomeWords } from './words.ts'

export function Elsewhere({ place }: { place: Place }) {
  const { study } = usePage()
  const { task, columns } = place
  const runs = study.runs.filter((run) => run.task === task.name)
  if (runs.length <= 2 && columns.length < 2) return null
  return (
    <section class="pair-section">
      <h2>The same problem in every run</h2>
      <ul class="pair-elsewhere">
        {runs.map((run) => (
          <RunOf key={run.place} run={run} place={place} />
        ))}
      </ul>
    </section>
  )
}

/** A run's outcomes of the problem; a link to it where it is compared with another. */
function RunOf({ run, place: { task, flip, base, variant } }: { run: ReportRun; place: Place }) {
  const { study } = usePage()
  const link = usePageLink()
  const first = flip.index * run.repeats
  const letters = run.outcomes.slice(first, first + run.repeats)
  const outcomes = (
    <>
      <Side side={run.side} name={nameOf(study, run)} />
      {[...letters].map((letter, at) => (
        <Mark key={at} words={outcomeWords(run, letter)} />
      ))}
    </>
  )
  if (run === base.run || run === variant.run) return <li aria-current="true">{outcomes}</li>
  if (!variantsOn(study, task.name).includes(run.side)) return <li>{outcomes}</li>
  const seed: Record<string, string> = run.seed === null ? {} : { seed: String(run.seed) }
  return (
    <li>
      <a href={link('pair', [task.name, flip.problem], { variant: run.side, ...seed })}>{outcomes}</a>
    </li>
  )
}

function Mark({ words: { mark, tone, word } }: { words: OutcomeWords }) {
  return (
    <span class={tone} title={word}>
      <span aria-hidden="true">{mark}</span>
      <span class="visually-hidden">{word}</span>
    </span>
  )
}
