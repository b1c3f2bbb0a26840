// Power of the exact McNemar test, exact: the number of flips is binomial(n, discordance), the gained among them
// binomial, and the test rejects where its p is below alpha. Start of the search for n: Connor 1987 (Biometrics 43:207).
import { binomialLowerTail, binomialProbability } from './binomial.ts'
import { checkFraction, checkNumber, checkWhole } from './check.ts'
import { normalQuantile } from './distributions.ts'

/** What is supposed to be true: the share of problems that flip and the difference of pass rates, both fractions. */
export interface FlipSupposition {
  discordance: number
  delta: number
  alpha?: number
}

/** Chance that exact McNemar on n problems gives p < alpha, in either direction. */
export function mcnemarPower({ n, ...supposed }: { n: number } & FlipSupposition): number {
  checkWhole('n', n, 1)
  checkSupposition(supposed)
  const { discordance, delta, alpha = 0.05 } = supposed
  const gainShare = (1 + delta / discordance) / 2
  // Numbers of flips more than nine standard deviations off weigh less than 1e-17 together.
  const reach = 9 * Math.sqrt(n * discordance * (1 - discordance)) + 10
  const fewest = Math.max(1, Math.floor(n * discordance - reach))
  const most = Math.min(n, Math.ceil(n * discordance + reach))
  let critical = criticalCount(fewest, alpha)
  let power = 0
  for (let m = fewest; m <= most; m++) {
    if (rejects(critical + 1, m, alpha)) critical++
    if (critical < 0) continue
    const chance = binomialLowerTail(critical, m, gainShare) + binomialLowerTail(critical, m, 1 - gainShare)
    power += binomialProbability(m, n, discordance) * chance
  }
  return Math.min(1, power)
}

/** Largest n that `mcnemarRequiredN` looks at. */
const MOST_PROBLEMS = 1_000_000

/** Least n at which the exact power reaches `power` (0.8). A RangeError where that is above a million. */
export function mcnemarRequiredN({ power = 0.8, ...supposed }: FlipSupposition & { power?: number }): number {
  checkFraction('power', power)
  checkSupposition(supposed)
  const { discordance, delta, alpha = 0.05 } = supposed
  if (delta === 0) throw new RangeError('delta must not be 0, got 0')
  const enough = (n: number): boolean => mcnemarPower({ n, ...supposed }) >= power
  const spread = Math.sqrt(discordance - delta * delta)
  const root = normalQuantile(1 - alpha / 2) * Math.sqrt(discordance) + normalQuantile(power) * spread
  let low = 0
  let high = Math.max(1, Math.ceil((root / delta) ** 2))
  while (high <= MOST_PROBLEMS && !enough(high)) {
    low = high
    high = Math.ceil(high * 1.05) + 1
  }
  if (high > MOST_PROBLEMS)
    throw new RangeError(`delta needs more than ${MOST_PROBLEMS} problems, got ${delta}`)
  return firstEnough(enough, low, high)
}

// Power rises with n in small saw teeth: after the bisection, look for a tooth before the place it found.
function firstEnough(enough: (n: number) => boolean, low: number, high: number): number {
  let [fails, works] = [low, high]
  while (works - fails > 1) {
    const middle = (fails + works) >> 1
    if (enough(middle)) works = middle
    else fails = middle
  }
  for (let n = works - 1; n >= Math.max(1, works - 32); n--) if (enough(n)) works = n
  return works
}

/**
 * The largest min(lost, gained) of m flips that gives p < alpha; -1 if none does. It never falls as flips are added.
 */
function criticalCount(m: number, alpha: number): number {
  let [works, fails] = [-1, Math.floor(m / 2) + 1]
  while (fails - works > 1) {
    const middle = (works + fails) >> 1
    if (rejects(middle, m, alpha)) works = middle
    else fails = middle
  }
  return works
}

function rejects(fewer: number, m: number, alpha: number): boolean {
  return 2 * binomialLowerTail(fewer, m, 0.5) < alpha
}

function checkSupposition({ discordance, delta, alpha = 0.05 }: FlipSupposition): void {
  if (!(discordance > 0 && discordance <= 1)) {
    throw new RangeError(`discordance must lie in (0, 1], got ${discordance}`)
  }
  checkNumber('delta', delta)
  if (Math.abs(delta) > discordance) {
    throw new RangeError(`delta must be at most discordance = ${discordance} in size, got ${delta}`)
  }
  checkFraction('alpha', alpha)
}
