// Tasks: every change of a score with its interval, by task or by variant.
import type { EffectResult } from '../../src/schema/results.ts'
import { interval, points, pText, signedPoints } from '../../src/util/numbers.ts'
import { countWord, plural, printable } from '../../src/util/text.ts'
import { usePage, usePageLink } from '../context.ts'
import { Chart } from '../parts/chart.tsx'
import { Absent, Choice, ViewHead } from '../parts/shared.tsx'
import { replaceRoute } from '../router.ts'
import { forest, linkWords } from './tasks/draw.ts'
import { type EffectMark, MARK_WORDS, markOf, zerosOf } from './tasks/marks.ts'
import './tasks.css'

export function TasksView() {
  const { study, route } = usePage()
  const link = usePageLink()
  const { effects, asked } = study.results
  if (effects.length === 0 || study.tables.tasks === null) {
    return (
      <>
        <ViewHead title="Tasks" />
        <Absent command="tunediff compare BASE_RUN VARIANT_RUN">
          No two sides of this study answered the same problems.
        </Absent>
      </>
    )
  }
  const by = route.query.by === 'variant' ? 'variant' : 'task'
  const hasBoth = distinct(effects, ({ task }) => task) > 1 && distinct(effects, ({ side }) => side) > 1
  return (
    <>
      <ViewHead title="Tasks">
        How the score of each variant changed on each task, in percentage points, against the side that it is
        compared with.
      </ViewHead>
      {hasBoth && (
        <div class="choices">
          <Choice
            label="Grouped by"
            value={by}
            options={[
              { value: 'task', text: 'task' },
              { value: 'variant', text: 'variant' },
            ]}
            onChange={(to) => replaceRoute(link('tasks', [], to === 'variant' ? { by: to } : {}))}
          />
        </div>
      )}
      <Chart
        label={finding(effects)}
        note={noteOf(effects)}
        name="tasks"
        table={study.tables.tasks}
        isOpen
        to={(row) => {
          const effect = effects[row]!
          return { href: link('flips', [effect.task], { variant: effect.side }), label: linkWords(effect) }
        }}
        legend={<Marks effects={effects} margin={asked.margin} />}
        draw={(width) => forest({ study, by, width })}
      />
    </>
  )
}

const distinct = (effects: readonly EffectResult[], of: (effect: EffectResult) => string): number =>
  new Set(effects.map(of)).size

const GLYPHS: Readonly<Record<EffectMark, string>> = {
  better: '▲',
  worse: '▼',
  'no-worse': '≥',
  'cannot-tell': '?',
  'trainings-better': '(▲)',
  'trainings-worse': '(▼)',
}

/** `Of 48 changes eight are better, 17 are worse and 23 cannot be told from no change`. */
function finding(effects: readonly EffectResult[]): string {
  const count = (...marks: EffectMark[]): number =>
    effects.filter((one) => marks.includes(markOf(one))).length
  const [first] = effects
  if (effects.length === 1 && first) return single(first)
  const [betterHere, worseHere] = [count('trainings-better'), count('trainings-worse')]
  const untold = count('cannot-tell') + betterHere + worseHere
  const isAre = (n: number): string => (n === 1 ? 'is' : 'are')
  const counted: readonly [number, string][] = [
    [count('better'), `${isAre(count('better'))} better`],
    [count('worse'), `${isAre(count('worse'))} worse`],
    [count('no-worse'), `${isAre(count('no-worse'))} no worse than the margin`],
    [untold, 'cannot be told from no change'],
  ]
  const parts = counted.filter(([n]) => n > 0)
  const trainings = betterHere + worseHere === 0 ? '' : `; ${trainingsText(betterHere, worseHere, untold)}`
  if (parts.length === 1) {
    if (untold > 0)
      return `${effects.length === 2 ? 'Neither change' : `None of ${countWord(effects.length)} changes`} can be told from no change${trainings}`
    const all = effects.length === 2 ? 'Both' : `All ${countWord(effects.length)}`
    return `${all} changes ${parts[0]![1]}${trainings}`
  }
  const texts = parts.map(([n, words]) => `${countWord(n)} ${words}`)
  return `Of ${countWord(effects.length)} changes ${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}${trainings}`
}

function trainingsText(better: number, worse: number, of: number): string {
  const words = better === 0 ? 'worse' : worse === 0 ? 'better' : 'better or worse'
  const which =
    better + worse === of ? 'in all of these' : `in ${countWord(better + worse)} of these ${countWord(of)}`
  return `${which} the trainings made here are ${words}, though other seeds may not be`
}

function single(effect: EffectResult): string {
  const { side, against, task, baseScore, variantScore, delta, problems, holmP } = effect
  const change = `${signedPoints(delta.value)} points ${interval(delta)} over ${plural(problems, 'problem')}`
  return `${printable(side)} against ${printable(against)} on ${printable(task)}: ${points(variantScore)} against ${points(baseScore)} %, ${change}, ${pText(holmP)} after Holm; ${MARK_WORDS[markOf(effect)]}`
}

function noteOf(effects: readonly EffectResult[]): string {
  const lines = 'Lines are 95 % intervals; shapes and colours say what is found after Holm over all of them.'
  const hasZero = effects.some((effect) => zerosOf(effect).length > 0)
  const zero = hasZero
    ? ' Small grey strokes are changes where nothing changed: one random seed against another, or the base against itself.'
    : ' How much scores change where nothing changed was not measured: it takes a second answer of the base, or a second seed.'
  return `${lines}${zero} A row, here or in the table, leads to the problems behind it.`
}

function Marks({ effects, margin }: { effects: readonly EffectResult[]; margin: number | null }) {
  const shown = (Object.keys(MARK_WORDS) as EffectMark[]).filter((mark) =>
    effects.some((effect) => markOf(effect) === mark),
  )
  return (
    <ul class="legend">
      {shown.map((mark) => (
        <li key={mark} class={`effect-mark ${mark}`}>
          <span aria-hidden="true">{GLYPHS[mark]}</span>
          {MARK_WORDS[mark]}
        </li>
      ))}
      {margin !== null && (
        <li>
          <span class="band-swatch" aria-hidden="true" />
          within the margin of {points(margin)} points
        </li>
      )}
    </ul>
  )
}
