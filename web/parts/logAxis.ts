// Logarithmic axes, whose every tick has its number: 1, 2 and 5 of each power of ten where they have room beside each other,
// else powers.
import { Plot } from './chart.tsx'

/** Pixels that a number takes along the axis. */
const ROOM = { x: 54, y: 17 } as const
/** Step from 1 to 2, and from 5 to 10, in decades. */
const NARROWEST = Math.log10(2)

function logTicks(low: number, high: number, { length, room }: { length: number; room: number }): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const decade = length / Math.log10(high / low)
  const steps = decade * NARROWEST >= room ? [1, 2, 5] : [1]
  const every = Math.max(1, Math.ceil(room / decade))
  return powers
    .filter((power) => power % every === 0)
    .flatMap((power) => steps.map((step) => Number(`${step}e${power}`)))
    .filter((tick) => tick >= low && tick <= high)
}

interface LogAxisOptions {
  low: number
  high: number
  /** Of the axis, in pixels. */
  length: number
  format: (value: number) => string
  label?: string
  hasGrid?: boolean
}

/** The scale, and the marks that draw its axis. */
export function logAxis(
  axis: 'x' | 'y',
  { low, high, length, format, label, hasGrid = true }: LogAxisOptions,
): { scale: Plot.ScaleOptions; marks: Plot.Markish[] } {
  const ticks = logTicks(low, high, { length, room: ROOM[axis] })
  const options = {
    text: (tick: number) => format(tick),
    labelAnchor: 'center',
    labelArrow: 'none',
    label: label ?? null,
  } as const
  const grid = axis === 'x' ? Plot.gridX(ticks) : Plot.gridY(ticks)
  return {
    scale: { type: 'log', domain: [low, high], axis: null },
    marks: [
      ...(hasGrid ? [grid] : []),
      axis === 'x' ? Plot.axisX(ticks, options) : Plot.axisY(ticks, options),
    ],
  }
}
