// What a spectrum says: stable rank, energy in the first directions, directions above rounding.
import type { Absent } from '../../schema/estimate.ts'
import type { Spectral, TensorRow } from '../../schema/weights.ts'

const ENERGY_RANKS = [1, 8, 64]

/** Shares are of the whole |delta|^2, not of the computed singular values. */
export function spectralOf(row: TensorRow): Spectral | Absent {
  const { spectrum, sums } = row
  if ('absent' in spectrum || !sums) return spectrum as Absent
  const squares = spectrum.singularValues.map((value) => value * value)
  const first = squares[0] ?? 0
  const share = (rank: number): number =>
    Math.min(1, squares.slice(0, rank).reduce((a, b) => a + b, 0) / sums.delta)
  return {
    topSingularValue: Math.sqrt(first),
    stableRank: first > 0 ? sums.delta / first : 0,
    energy: Object.fromEntries(
      ENERGY_RANKS.filter((rank) => rank <= squares.length).map((rank) => [String(rank), share(rank)]),
    ),
    directionsAbove: spectrum.directionsAbove,
    isCut: spectrum.isCut,
    method: spectrum.method,
    edge: spectrum.edge,
    singularValues: spectrum.singularValues,
  }
}

/** Share of |delta|^2 in the directions above rounding. */
export function energyAbove(row: TensorRow): number | null {
  if ('absent' in row.spectrum || !row.sums || row.sums.delta === 0) return null
  const { singularValues, directionsAbove } = row.spectrum
  const above = singularValues.slice(0, directionsAbove).reduce((sum, value) => sum + value * value, 0)
  return Math.min(1, above / row.sums.delta)
}
