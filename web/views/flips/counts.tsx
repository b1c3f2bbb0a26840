// How many problems became what; a click on a count shows these alone. Beside them a way to the first that broke.
import { count } from '../../../src/util/numbers.ts'
import { FLIP_STATES, type Flip, type FlipState, tellingMark } from '../../answers.ts'
import { STATE_PAINT, STATE_WORDS, statePath } from './words.ts'

interface CountsProps {
  flips: readonly Flip[]
  states: readonly FlipState[]
  toggle: (state: FlipState) => void
  pairLink: (flip: Flip, mark: number) => string
}

export function Counts({ flips, states, toggle, pairLink }: CountsProps) {
  const counts = countsOf(flips)
  const first = flips.find(({ state }) => state === 'broken') ?? flips.find(({ state }) => state === 'fixed')
  return (
    <div class="flip-counts">
      <fieldset>
        <legend class="visually-hidden">Show only</legend>
        {counts.map(([state, n]) => (
          <button
            key={state}
            type="button"
            class="flip-count"
            aria-pressed={states.includes(state)}
            onClick={() => toggle(state)}
          >
            <StateMark state={state} />
            <strong>{count(n)}</strong> {STATE_WORDS[state]}
          </button>
        ))}
      </fieldset>
      {first && (
        <a class="button" href={pairLink(first, tellingMark(first))}>
          {first.state === 'broken' ? 'Look at what broke' : 'Look at what was fixed'}
        </a>
      )}
    </div>
  )
}

/** Of the states that there are, in their order. */
export function countsOf(flips: readonly Flip[]): [FlipState, number][] {
  const counts = new Map<FlipState, number>()
  for (const { state } of flips) counts.set(state, (counts.get(state) ?? 0) + 1)
  return FLIP_STATES.flatMap((state) => (counts.has(state) ? [[state, counts.get(state)!]] : []))
}

function StateMark({ state }: { state: FlipState }) {
  return (
    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
      <path {...STATE_PAINT[state]} d={statePath(state, [[0, 0]])} />
    </svg>
  )
}
