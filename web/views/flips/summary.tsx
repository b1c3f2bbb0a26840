// What the flips come to: the finding, each training by itself, and how much flips where nothing changed.
import type { StudyReport } from '../../../src/schema/report.ts'
import type { EffectResult, PairResult } from '../../../src/schema/results.ts'
import { interval, pText, signedPoints } from '../../../src/util/numbers.ts'
import { countWord, plural, printable } from '../../../src/util/text.ts'
import { flipColumns, pairsOf } from '../../answers.ts'
import { usePage } from '../../context.ts'
import { Legend } from '../../parts/side.tsx'
import { Unbroken } from '../../parts/unbroken.tsx'
import { MARK_WORDS, markOf } from '../tasks/marks.ts'

interface Flipped {
  task: string
  side: string
}

export function FlipsSummary({ task, side }: Flipped) {
  const { study } = usePage()
  const pairs = pairsOf(study, task, { side, seed: null })
  return (
    <section class="flips-summary" aria-label="What the flips come to">
      <Legend sides={[pairs[0]!.against.side, side]} />
      <p class="flips-finding">
        <Unbroken text={flipsFinding(study, { task, side })} />
      </p>
      <p class="soft small prose">{flipsNote(study, { task, side })}</p>
      {pairs.length > 1 && <Trainings pairs={pairs} />}
    </section>
  )
}

/** What the flips of a variant on a task come to, in a sentence. */
export function flipsFinding(study: StudyReport, { task, side }: Flipped): string {
  const pairs = pairsOf(study, task, { side, seed: null })
  const effect = effectOf(study, { task, side })
  return printable(pairs.length > 1 && effect ? ofTrainings(effect, pairs.length) : pairs[0]!.report.sentence)
}

/** What flips where nothing changed, and what is compared. */
export function flipsNote(study: StudyReport, { task, side }: Flipped): string {
  const [first] = pairsOf(study, task, { side, seed: null })
  const isRepeated = flipColumns(study, task, { side, seed: null }).some(({ repeat }) => repeat > 0)
  const means = isRepeated ? ' Broken and fixed compare the means of all answers to a problem.' : ''
  return `${printable(zeroText(first!, effectOf(study, { task, side })))}${means}`
}

const effectOf = ({ results }: StudyReport, { task, side }: Flipped): EffectResult | undefined =>
  results.effects.find((one) => one.task === task && one.side === side)

function ofTrainings(effect: EffectResult, trainings: number): string {
  const { side, task, against, delta, problems, holmP } = effect
  return `${side} against ${against} on ${task}, mean of ${countWord(trainings)} trainings: ${signedPoints(delta.value)} points ${interval(delta)} over ${plural(problems, 'problem')}, ${pText(holmP)} after Holm; ${MARK_WORDS[markOf(effect)]}.`
}

function Trainings({ pairs }: { pairs: readonly PairResult[] }) {
  return (
    <details>
      <summary>Each training by itself, about these very weights</summary>
      <ul class="prose small">
        {pairs.map(({ seed, report }) => (
          <li key={seed}>
            <Unbroken text={printable(report.sentence)} />
          </li>
        ))}
      </ul>
    </details>
  )
}

/** What flips by itself: the base asked again, and another random seed of the same recipe. */
function zeroText({ report: { zeroLine }, against }: PairResult, effect: EffectResult | undefined): string {
  const own =
    'absent' in zeroLine
      ? `Zero line: ${zeroLine.absent}.`
      : `Zero line: ${against.side} against itself flips ${zeroLine.flips} of ${zeroLine.n} problems.`
  const twins =
    !effect || 'absent' in effect.seeds || 'absent' in effect.seeds.twins ? [] : effect.seeds.twins.pairs
  if (twins.length === 0) return own
  const [flips, of] = [rangeOf(twins.map((twin) => twin.flips)), rangeOf(twins.map(({ n }) => n))]
  return `${own} Another random seed of ${effect!.side} flips ${flips} of ${of}.`
}

function rangeOf(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return least === most ? String(least) : `${least} to ${most}`
}
