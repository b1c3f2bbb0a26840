// McNemar's test of two pass rates on the same problems, exact: under "no difference" each flip is a fair coin.
// Mid-p: Lancaster 1961; Fagerland, Lydersen and Laake 2013 (BMC Med. Res. Methodol. 13:91).
import { binomialLowerTail, binomialProbability } from './binomial.ts'
import { checkFraction, checkWhole } from './check.ts'

/**
 * Two-sided exact p = min(1, 2·Σ_{j <= min(lost, gained)} C(m, j)/2^m) with m = lost + gained, and mid-p, which takes
 * the observed outcomes by half: less conservative, and not guaranteed to keep its level. Both 1 without flips.
 */
export function mcnemarExact(lost: number, gained: number): { p: number; midP: number } {
  checkWhole('lost', lost)
  checkWhole('gained', gained)
  const m = lost + gained
  if (m === 0) return { p: 1, midP: 1 }
  const fewer = Math.min(lost, gained)
  const observed = binomialProbability(fewer, m, 0.5)
  if (lost === gained) return { p: 1, midP: 1 - observed / 2 }
  const p = Math.min(1, 2 * binomialLowerTail(fewer, m, 0.5))
  return { p, midP: p - observed }
}

/** Fewest gained problems that give an exact p below alpha when `lost` problems were lost (or the other way round). */
export function fewestFlips(alpha = 0.05, lost = 0): number {
  checkFraction('alpha', alpha)
  checkWhole('lost', lost)
  let gained = lost + 1
  while (mcnemarExact(lost, gained).p >= alpha) gained++
  return gained
}
