// Pair: one problem, and what two sides answered to it: what was asked, what is right, where the answers differ, what judging
// gave and why.
import { printable } from '../../src/util/text.ts'
import { scoreAt } from '../answers.ts'
import { useLoaded, usePage } from '../context.ts'
import { Absent, ViewHead, Wait } from '../parts/shared.tsx'
import { nameOf } from '../sides.ts'
import { Answers } from './pair/answers.tsx'
import { Asked, ChoiceScores } from './pair/asked.tsx'
import { Attempts } from './pair/attempts.tsx'
import { PairChoices } from './pair/choices.tsx'
import { Elsewhere } from './pair/elsewhere.tsx'
import { type Place, placeOf } from './pair/place.ts'
import { readAnswer, readProblem } from './pair/read.ts'
import { Steps } from './pair/steps.tsx'
import { stateSentence } from './pair/words.ts'
import './pair.css'

export function PairView() {
  const { study, route } = usePage()
  const place = placeOf(study, route)
  if (!place) {
    return (
      <>
        <ViewHead title="Two answers to one problem" />
        <Absent command="tunediff compare BASE_RUN VARIANT_RUN">
          No two sides of this study answered the same task.
        </Absent>
      </>
    )
  }
  return <PairOf place={place} />
}

function PairOf({ place }: { place: Place }) {
  const { study } = usePage()
  const { task, flip, mark, base, variant } = place
  const { problem } = flip
  const [baseName, variantName] = [nameOf(study, base.run), nameOf(study, variant.run)]
  const isScore = base.run.scores !== null || variant.run.scores !== null
  const lacking = [base, variant]
    .filter(({ run, at }) => scoreAt(run, at) === null)
    .map(({ run }) => nameOf(study, run))
  const sentence = stateSentence(flip.marks[mark] ?? 'no-answer', [baseName, variantName], {
    isScore,
    lacking,
  })
  return (
    <>
      <ViewHead title={printable(`${/^\d+$/.test(problem) ? 'Problem ' : ''}${problem}: ${sentence}`)}>
        One answer of {variantName} beside one of {baseName}, to a problem of {printable(task.name)}, scored
        by {printable(task.metric)}.
      </ViewHead>
      <div class="pair-bar">
        <PairChoices place={place} />
        <Steps place={place} />
      </div>
      <Rows place={place} />
      <Elsewhere place={place} />
    </>
  )
}

function Rows({ place }: { place: Place }) {
  const { source, study, index } = usePage()
  const { task, base, variant } = place
  const { problem } = place.flip
  const key = [index, task.name, problem, base.run.place, base.at, variant.run.place, variant.at].join('\n')
  const loaded = useLoaded(key, () =>
    Promise.all([
      readProblem(source, task, problem),
      readAnswer(source, study, problem, base),
      readAnswer(source, study, problem, variant),
    ]),
  )
  return (
    <Wait loaded={loaded}>
      {([asked, before, after]) => (
        <>
          <Asked
            key={`asked ${key}`}
            problem={asked}
            absent={'absent' in task.texts ? task.texts.absent : undefined}
            base={before}
            variant={after}
          />
          <Answers key={`answers ${key}`} base={before} variant={after} />
          <ChoiceScores problem={asked} base={before} variant={after} />
          <Attempts key={`attempts ${key}`} answers={[before, after]} />
        </>
      )}
    </Wait>
  )
}
