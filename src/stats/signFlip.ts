// Sign-flip permutation test of paired differences (Fisher 1935, The Design of Experiments, section 21): under "no
// difference" each d could as well have had the other sign. All sign patterns when at most 20 differences are not
// zero, else Monte Carlo with the observed pattern counted in (Phipson and Smyth 2010, Stat. Appl. Genet. 9:39).
import { checkScores, checkWhole } from './check.ts'
import { randomBits } from './random.ts'

/** Differences up to which every sign pattern is looked at. */
const MOST_ENUMERATED = 20

export interface SignFlipResult {
  /** Two-sided p of the mean difference. */
  p: number
  /** Whether all sign patterns were looked at. */
  exact: boolean
  /** Sign patterns looked at: 2^m, or the random ones. */
  draws: number
}

/**
 * Two-sided p that the mean of `differences` is as far from 0 as it is: the share of sign patterns with
 * |Σ±d| >= |Σd|, or (1 + their number)/(draws + 1) over random patterns. Zeros do not count. `seed` as for `random`.
 */
export function signFlip(
  differences: readonly number[],
  { seed, draws = 99_999 }: { seed: number; draws?: number },
): SignFlipResult {
  checkScores('differences', differences, 1)
  checkWhole('draws', draws, 1)
  const sizes = Float64Array.from(differences.filter((d) => d !== 0))
  const total = sizes.reduce((sum, d) => sum + Math.abs(d), 0)
  // Sums that differ only by rounding are ties, and ties count: 0.3 - 0.2 and 0.2 - 0.1 differ in their last bits.
  const threshold = Math.abs(sizes.reduce((sum, d) => sum + d, 0)) - 1e-9 * total
  if (sizes.length <= MOST_ENUMERATED) {
    const patterns = 2 ** sizes.length
    return { p: countAllPatterns(sizes, threshold) / patterns, exact: true, draws: patterns }
  }
  const extreme = countRandomPatterns(sizes, threshold, { next: randomBits(seed), draws })
  return { p: (1 + extreme) / (draws + 1), exact: false, draws }
}

// Every pattern is one of the first half's sums plus one of the second half's: no rounding builds up.
function countAllPatterns(sizes: Float64Array, threshold: number): number {
  const middle = sizes.length >> 1
  const first = patternSums(sizes.subarray(0, middle))
  const second = patternSums(sizes.subarray(middle))
  let count = 0
  for (const a of first) for (const b of second) if (Math.abs(a + b) >= threshold) count++
  return count
}

// Eight signs a table look-up.
function countRandomPatterns(
  sizes: Float64Array,
  threshold: number,
  { next, draws }: { next: () => number; draws: number },
): number {
  const groups = Math.ceil(sizes.length / 8)
  const padded = new Float64Array(groups * 8)
  padded.set(sizes)
  const tables = new Float64Array(groups * 256)
  for (let g = 0; g < groups; g++) tables.set(patternSums(padded.subarray(g * 8, g * 8 + 8)), g * 256)
  let count = 0
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let bits = 0
    for (let g = 0; g < groups; g++) {
      bits = g % 4 === 0 ? next() : bits >>> 8
      sum += tables[g * 256 + (bits & 255)]!
    }
    if (Math.abs(sum) >= threshold) count++
  }
  return count
}

/** Σ±d for each of the 2^m sign patterns; bit i of the index is the sign of d_i. */
function patternSums(sizes: Float64Array): Float64Array {
  const sums = new Float64Array(2 ** sizes.length)
  sums[0] = -sizes.reduce((sum, d) => sum + d, 0)
  for (let pattern = 1; pattern < sums.length; pattern++) {
    const lowest = 31 - Math.clz32(pattern & -pattern)
    sums[pattern] = sums[pattern & (pattern - 1)]! + 2 * sizes[lowest]!
  }
  return sums
}
