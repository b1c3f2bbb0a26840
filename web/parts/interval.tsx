// An estimate with its interval as a small picture on a scale that its neighbours share, from a line at 0.
import type { Estimate } from '../../src/schema/estimate.ts'

interface IntervalProps {
  estimate: Estimate
  /** Least and largest value of the scale, 0 among them. */
  scale: readonly [number, number]
  colour: string
}

const BAR = 10

/** As high as the style says. The words beside it say the same: it is not read aloud. */
export function Interval({ estimate: { value, low, high }, scale: [from, to], colour }: IntervalProps) {
  const share = (length: number): string => `${(100 * length) / (to - from)}%`
  const at = (x: number): string => share(x - from)
  return (
    <svg class="interval" width="100%" aria-hidden="true">
      <rect
        x={at(Math.min(0, value))}
        width={share(Math.abs(value))}
        y="50%"
        height={BAR}
        transform={`translate(0 ${-BAR / 2})`}
        fill={colour}
        fill-opacity="0.16"
      />
      <line x1={at(0)} x2={at(0)} y1="0" y2="100%" stroke="var(--line-strong)" />
      {low !== null && high !== null && (
        <line
          x1={at(low)}
          x2={at(high)}
          y1="50%"
          y2="50%"
          stroke={colour}
          stroke-width="3"
          stroke-linecap="round"
        />
      )}
      <circle cx={at(value)} cy="50%" r="5" fill={colour} stroke="var(--paper)" stroke-width="1.5" />
    </svg>
  )
}

/** From the least bound to the largest, 0 in it, with a little room. */
export function sharedScale(estimates: readonly Estimate[]): readonly [number, number] {
  const bounds = estimates.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value])
  const [least, most] = [Math.min(0, ...bounds), Math.max(0, ...bounds)]
  const room = (most - least || 1) * 0.04
  return [least - room, most + room]
}
