// What a comparison could have shown: the smallest true difference it finds with 80 % power, and how many problems the
// observed gap needs. Exact for exact McNemar (stats/mcnemarPower), the normal approximation for scores of more than a bit.
import { mcnemarPower, mcnemarRequiredN, minimumDetectable, requiredN } from '../stats/index.ts'
import type { PairedResult } from './pairs.ts'

export interface Power {
  /** A fraction; null where no difference could be found with 80 % power. */
  mde: number | null
  /** Problems for 80 % power at the observed gap and discordance; null where no gap was observed. */
  neededN: number | null
  /** Problems there are over `neededN`; below 1 the observed gap cannot be resolved here. */
  resolution: number | null
}

const POWER = 0.8

/** `alpha` is what a single comparison must reach: 0.05 over the number of comparisons, Holm's first step. */
export function pairPower(pairs: PairedResult, alpha: number): Power {
  const binary = pairs.test === 'mcnemar-exact'
  const mde = binary ? exactDetectable(pairs, alpha) : approximateDetectable(pairs, alpha)
  const neededN = binary ? exactNeeded(pairs, alpha) : approximateNeeded(pairs, alpha)
  return { mde, neededN, resolution: neededN === null ? null : pairs.paired / neededN }
}

const discordanceOf = ({ gained, lost, paired }: PairedResult): number =>
  (gained.length + lost.length) / paired

/** Least difference, at the observed discordance or its own if that is larger, that exact McNemar finds. */
function exactDetectable(pairs: PairedResult, alpha: number): number | null {
  const observed = discordanceOf(pairs)
  const found = (delta: number): boolean =>
    mcnemarPower({ n: pairs.paired, discordance: Math.max(observed, delta), delta, alpha }) >= POWER
  if (!found(1)) return null
  let [fails, works] = [0, 1]
  while (works - fails > 1e-4) {
    const middle = (fails + works) / 2
    if (found(middle)) works = middle
    else fails = middle
  }
  return works
}

function exactNeeded(pairs: PairedResult, alpha: number): number | null {
  const delta = (pairs.gained.length - pairs.lost.length) / pairs.paired
  if (delta === 0) return null
  const approximate = approximateNeeded(pairs, alpha)
  // Beyond this the approximation is good and the exact search long.
  if (approximate !== null && approximate > 100_000) return approximate
  return mcnemarRequiredN({ discordance: discordanceOf(pairs), delta, alpha, power: POWER })
}

function approximateDetectable({ variance, paired }: PairedResult, alpha: number): number | null {
  if (variance === 0) return null
  const mde = minimumDetectable({ variance, n: paired, alpha, power: POWER })
  return mde <= 1 ? mde : null
}

function approximateNeeded({ variance, delta }: PairedResult, alpha: number): number | null {
  if (variance === 0 || delta.value === 0) return null
  return requiredN({ variance, delta: delta.value, alpha, power: POWER })
}
