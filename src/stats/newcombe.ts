// The difference of two pass rates on the same problems: Newcombe's square-and-add interval (Newcombe 1998,
// Stat. Med. 17:2635, method 10), and where it is too narrow, its widening.
import type { Estimate } from '../schema/estimate.ts'
import { checkWhole } from './check.ts'
import { criticalZ } from './distributions.ts'
import { flipInterval, squareAndAdd } from './flipInterval.ts'
import { type Interval, scoreInterval } from './rate.ts'

/**
 * Problems by what both sides did: both pass, only the base passes (lost), only the variant passes (gained), neither.
 */
export interface PairedCounts {
  both: number
  lost: number
  gained: number
  neither: number
}

/**
 * Newcombe's limits of the difference of pass rates, variant - base, as fractions, exactly as published. With θ the
 * difference, (l, u) Wilson's limits and φ the corrected correlation: θ - sqrt((p_v - l_v)² - 2φ(p_v - l_v)(u_b - p_b)
 * + (u_b - p_b)²), and the mirror image above.
 */
export function newcombePaired(counts: PairedCounts, level = 0.95): Interval {
  const n = countsTotal(counts)
  const z = criticalZ(level)
  const base = (counts.both + counts.lost) / n
  const variant = (counts.both + counts.gained) / n
  return squareAndAdd(
    { value: variant, ...scoreInterval(variant, n, z) },
    { value: base, ...scoreInterval(base, n, z) },
    { correlation: correctedPhi(counts, n), difference: (counts.gained - counts.lost) / n },
  )
}

/**
 * (gained - lost)/n, a fraction, with Newcombe's paired 95 % interval. Where all flips go one way (or there are none)
 * and the interval from the flips alone is wider, both are covered and the method is "newcombe-paired-widened": φ near
 * 1 draws Newcombe's interval together until it covers only 91 % (n = 164, rate 0.5, 2.5 % gained, none lost).
 */
export function newcombeEstimate(counts: PairedCounts): Estimate {
  const n = countsTotal(counts)
  const { lost, gained } = counts
  const value = (gained - lost) / n
  const newcombe = newcombePaired(counts)
  if (lost === 0 || gained === 0) {
    const flips = flipInterval(gained / n, lost / n, n)
    // Equal ones differ in the last bits.
    if (flips.high - flips.low > newcombe.high - newcombe.low + 1e-12) {
      const low = Math.min(newcombe.low, flips.low)
      const high = Math.max(newcombe.high, flips.high)
      return { value, low, high, n, method: 'newcombe-paired-widened' }
    }
  }
  return { value, ...newcombe, n, method: 'newcombe-paired' }
}

// Phi of the 2x2 table, its numerator drawn n/2 towards 0 when positive: Newcombe's continuity correction keeps the
// interval wide enough when few problems disagree. A negative one stays. 0 where a margin is empty.
function correctedPhi({ both, lost, gained, neither }: PairedCounts, n: number): number {
  const margins =
    Math.sqrt((both + lost) * (gained + neither)) * Math.sqrt((both + gained) * (lost + neither))
  if (margins === 0) return 0
  const numerator = both * neither - lost * gained
  return (numerator > 0 ? Math.max(0, numerator - n / 2) : numerator) / margins
}

// Checks the four counts and gives their sum.
function countsTotal(counts: PairedCounts): number {
  for (const name of ['both', 'lost', 'gained', 'neither'] as const) checkWhole(name, counts[name])
  const n = counts.both + counts.lost + counts.gained + counts.neither
  if (n === 0) throw new RangeError('counts must hold at least one problem, got 0')
  return n
}
