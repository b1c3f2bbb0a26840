// Flips: every problem of a task as a tile, by what a variant made of it: broken, fixed, or as it was.
import type { StudyReport } from '../../src/schema/report.ts'
import { printable } from '../../src/util/text.ts'
import {
  FLIP_STATES,
  type Flip,
  type FlipState,
  flipColumns,
  flipsOf,
  pairedTasks,
  pairsOf,
  tellingMark,
  variantsOn,
} from '../answers.ts'
import { usePage, usePageLink } from '../context.ts'
import { Absent, Choice, ViewHead } from '../parts/shared.tsx'
import { type Route, replaceRoute } from '../router.ts'
import { Counts } from './flips/counts.tsx'
import { FlipGrid } from './flips/grid.tsx'
import { FlipsSummary } from './flips/summary.tsx'
import { FlipTools } from './flips/tools.tsx'
import { describer, marksText } from './flips/words.ts'
import './flips.css'

interface Asked {
  task: string
  side: string
  /** Problems in the order of the task, not by what became of them. */
  isPlain: boolean
  /** Shown ones; none is all. */
  states: readonly FlipState[]
}

export function FlipsView() {
  const { study, route } = usePage()
  const link = usePageLink()
  const asked = askedOf(study, route)
  if (!asked) {
    return (
      <>
        <ViewHead title="Flips" />
        <Absent command="tunediff compare BASE_RUN VARIANT_RUN">
          No two sides of this study answered the same problems.
        </Absent>
      </>
    )
  }
  const go = (change: Partial<Asked>) => {
    const { task, side, isPlain, states } = { ...asked, ...change }
    replaceRoute(
      link('flips', [task], {
        variant: side,
        ...(isPlain ? { order: 'task' } : {}),
        ...(states.length > 0 ? { states: states.join(',') } : {}),
      }),
    )
  }
  return (
    <>
      <ViewHead title="Flips">
        {asked.isPlain
          ? 'Every problem is a tile, in the order of the task.'
          : 'Every problem is a tile: what the variant broke first, then what it fixed, then the others.'}
      </ViewHead>
      <Choices study={study} asked={asked} go={go} />
      <FlipsSummary task={asked.task} side={asked.side} />
      <Tiles asked={asked} go={go} />
    </>
  )
}

/** As the link says; what it leaves open is filled with the variant that broke the most. */
function askedOf(study: StudyReport, { parts, query }: Route): Asked | undefined {
  const tasks = pairedTasks(study).map(({ name }) => name)
  const candidates = (tasks.includes(parts[0] ?? '') ? [parts[0]!] : tasks).flatMap((task) =>
    variantsOn(study, task).map((side) => ({ task, side })),
  )
  const named = candidates.filter(({ side }) => side === query.variant)
  const lost = ({ task, side }: { task: string; side: string }): number =>
    pairsOf(study, task, { side, seed: null }).reduce((sum, { report }) => sum + report.lost.length, 0)
  const [most] = (named.length > 0 ? named : candidates).sort((a, b) => lost(b) - lost(a))
  if (!most) return undefined
  const states = (query.states ?? '').split(',')
  return {
    ...most,
    isPlain: query.order === 'task',
    states: FLIP_STATES.filter((state) => states.includes(state)),
  }
}

/** Compares the letters of what the view opens with before somebody asks for it: of 20,000 problems that takes a while. */
export function prepareFlips(study: StudyReport): void {
  const asked = askedOf(study, { view: 'flips', parts: [], query: {} })
  if (asked) flipsOf(study, asked.task, { side: asked.side, seed: null })
}

function Choices({
  study,
  asked,
  go,
}: {
  study: StudyReport
  asked: Asked
  go: (change: Partial<Asked>) => void
}) {
  const sides = variantsOn(study, asked.task)
  const toTask = (task: string) => {
    const others = variantsOn(study, task)
    go({ task, side: others.includes(asked.side) ? asked.side : others[0]! })
  }
  return (
    <div class="choices">
      <Choice
        label="Task"
        value={asked.task}
        options={pairedTasks(study).map(({ name }) => ({ value: name, text: printable(name) }))}
        onChange={toTask}
      />
      <Choice
        label="Variant"
        value={asked.side}
        options={sides.map((side) => ({ value: side, text: printable(side) }))}
        onChange={(side) => go({ side })}
      />
      <Choice
        label="Order"
        value={asked.isPlain ? 'task' : 'change'}
        options={[
          { value: 'change', text: 'by change, broken first' },
          { value: 'task', text: 'of the task' },
        ]}
        onChange={(order) => go({ isPlain: order === 'task' })}
      />
    </div>
  )
}

function Tiles({ asked, go }: { asked: Asked; go: (change: Partial<Asked>) => void }) {
  const { study, route } = usePage()
  const link = usePageLink()
  const { task, side, isPlain, states } = asked
  const all = flipsOf(study, task, { side, seed: null })
  const columns = flipColumns(study, task, { side, seed: null })
  const chosen = states.length === 0 ? all : all.filter(({ state }) => states.includes(state))
  const shown = isPlain ? [...chosen].sort((a, b) => a.index - b.index) : chosen
  const pairLink = ({ problem }: Flip, mark: number): string => {
    const { variant, repeat } = columns[mark]!
    const isRepeated = columns.some((column) => column.repeat > 0)
    return link('pair', [task, problem], {
      variant: side,
      ...(variant.seed === null ? {} : { seed: String(variant.seed) }),
      ...(isRepeated ? { repeat: String(repeat) } : {}),
    })
  }
  const open = (flip: Flip, mark: number) => {
    // Back comes to the tile again.
    replaceRoute(link('flips', [task], { ...route.query, variant: side, at: flip.problem }))
    location.hash = pairLink(flip, mark)
  }
  const toggle = (state: FlipState) =>
    go({ states: FLIP_STATES.filter((one) => (one === state) !== states.includes(one)) })
  const label = `Problems of ${task}, ${side} against ${columns[0]!.base.side}: ${shown.length} of ${all.length}`
  return (
    <section class="flips" aria-label={`Problems of ${task}`}>
      <Counts flips={all} states={states} toggle={toggle} pairLink={pairLink} />
      {columns.length > 1 && <p class="soft small">{marksText(columns)}</p>}
      <FlipGrid
        key={[task, side, isPlain, ...states].join(' ')}
        flips={shown}
        columns={columns}
        label={label}
        describe={describer(study, columns)}
        open={open}
        {...(route.query.at === undefined ? {} : { at: route.query.at })}
      />
      <FlipTools
        asked={asked}
        all={all}
        shown={shown}
        columns={columns}
        label={label}
        linkTo={(flip) => pairLink(flip, tellingMark(flip))}
      />
    </section>
  )
}
