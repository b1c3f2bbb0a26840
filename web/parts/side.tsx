// A side's name with its mark: the same colour and shape in every view.
import { usePage } from '../context.ts'
import { type Look, lookOf } from '../sides.ts'

/** As Observable Plot draws its symbols, around 0, in a box of 12. */
const PATHS: Readonly<Record<Look['symbol'], string>> = {
  circle: 'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z',
  square: 'M-3.6-3.6H3.6V3.6H-3.6Z',
  triangle: 'M0-5L4.6 3.4H-4.6Z',
  diamond: 'M0-5.4L3.6 0L0 5.4L-3.6 0Z',
  star: 'M0-5.4L1.2-1.7H5.1L2 .6L3.2 4.4L0 2.1L-3.2 4.4L-2 .6L-5.1-1.7H-1.2Z',
  cross: 'M-1.5-4.6H1.5V-1.5H4.6V1.5H1.5V4.6H-1.5V1.5H-4.6V-1.5H-1.5Z',
}

export function Mark({ colour, symbol }: Look) {
  return (
    <svg width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true">
      <path d={PATHS[symbol]} fill={colour} />
    </svg>
  )
}

export function Side({ side, name = side }: { side: string; name?: string }) {
  const { study } = usePage()
  return (
    <span class="side">
      <Mark {...lookOf(study, side)} />
      {name}
    </span>
  )
}

/** The sides of a chart. */
export function Legend({ sides }: { sides: readonly string[] }) {
  return (
    <ul class="legend">
      {sides.map((side) => (
        <li key={side}>
          <Side side={side} />
        </li>
      ))}
    </ul>
  )
}

const GOES_ON = [' (', ' against ', ' on ', ' in 4 bits', ', ']

/** A text that begins with the name of a side has its mark: `lora`, `lora (seed 2)`, `ldb against reflexion`, `lora on iso`. */
export function Named({ text }: { text: string }) {
  const { study } = usePage()
  const side = study.results.asked.sides
    .map(({ name }) => name)
    .filter((name) => text === name || GOES_ON.some((words) => text.startsWith(name + words)))
    .sort((a, b) => b.length - a.length)[0]
  return side === undefined ? text : <Side side={side} name={text} />
}
