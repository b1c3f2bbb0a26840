// Colours of the map: five steps of equal factors. None of them is of the middle shades, on which neither dark nor light
// letters read well.
import { percent } from '../../../src/util/numbers.ts'
import { type CellState, changeOf, stateOf, type TensorMap, VECTOR_KINDS } from './layout.ts'

export interface Level {
  /** Of --heat-1 over --heat-0. */
  opacity: number
  isDark: boolean
}

const LEVELS: readonly Level[] = [
  { opacity: 0.05, isDark: false },
  { opacity: 0.25, isDark: false },
  { opacity: 0.47, isDark: false },
  { opacity: 0.76, isDark: true },
  { opacity: 1, isDark: true },
]

/** Null: nothing moved by more than rounding. */
export type Scale = { low: number; high: number; hasLower: boolean } | null

/**
 * Of the matrices, if any moved: norms and biases move on another scale. At least an octave, so that what is nearly equal
 * looks so.
 */
export function scaleOf({ inLayers, outside }: TensorMap): Scale {
  const moved = [...inLayers, ...outside]
    .flatMap(({ cells }) => cells)
    .filter(({ tensor }) => stateOf(tensor) === 'moved')
  const matrices = moved.filter(({ tensor }) => !VECTOR_KINDS.includes(tensor.kind))
  const values = (matrices.length > 0 ? matrices : moved).map(({ tensor }) => changeOf(tensor)!)
  if (values.length === 0) return null
  const high = Math.max(...values)
  const hasLower = moved.some(({ tensor }) => changeOf(tensor)! < Math.min(...values))
  return { low: Math.min(high / 2, ...values), high, hasLower }
}

export function levelOf(scale: Scale, change: number): Level {
  const { low, high } = scale!
  const share = Math.log(change / low) / Math.log(high / low)
  return LEVELS[Math.min(LEVELS.length - 1, Math.max(0, Math.floor(share * LEVELS.length)))]!
}

const bound = ({ low, high }: NonNullable<Scale>, step: number): string =>
  percent(low * (high / low) ** (step / LEVELS.length))

export function MapLegend({ scale, states }: { scale: Scale; states: ReadonlySet<CellState> }) {
  return (
    <ul class="legend">
      {scale && (
        <li>
          {bound(scale, 0)} %{scale.hasLower && ' or less'}
          <span class="map-steps">
            {LEVELS.map(({ opacity }, step) => (
              <span
                key={opacity}
                class="map-step"
                title={`${bound(scale, step)} to ${bound(scale, step + 1)} %`}
                style={{ background: `color-mix(in srgb, var(--heat-1) ${opacity * 100}%, var(--heat-0))` }}
              />
            ))}
          </span>
          {bound(scale, LEVELS.length)} %
        </li>
      )}
      {states.has('rounding') && (
        <li>
          <span class="map-step map-rounding" /> no more than rounding alone
        </li>
      )}
      {states.has('equal') && (
        <li>
          <span class="map-step map-equal">=</span> equal
        </li>
      )}
      {states.has('unknown') && (
        <li>
          <span class="map-step">?</span> no ratio
        </li>
      )}
    </ul>
  )
}
