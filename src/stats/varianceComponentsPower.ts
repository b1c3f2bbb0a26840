// What k seeds and n problems show of a recipe's effect, by the test of varianceComponentsEffect: exact for normal scores
// whose problem variance is known, by an integral over what the spread of k seeds may turn out to be.
import { checkNumber, checkPositive, checkWhole } from './check.ts'
import { criticalT, normalUpperTail } from './distributions.ts'
import type { CrossedVariance } from './varianceComponentsEffect.ts'

/** Most seeds and problems that are looked at. */
const MOST_SEEDS = 1_000
const MOST_PROBLEMS = 1_000_000
const POWER = 0.8

export interface CrossedDesign {
  seeds: number
  problems: number
  variance: CrossedVariance
  /** Two-sided level of the test. */
  alpha: number
}

/** Chance that the interval at 1 - alpha leaves out 0 where the true mean is `delta`. */
export function crossedPower({ seeds, problems, variance, alpha }: CrossedDesign, delta: number): number {
  checkWhole('seeds', seeds, 2)
  checkWhole('problems', problems, 2)
  checkNumber('delta', delta)
  const ofSeeds = variance.seed / seeds + variance.rest / (seeds * problems)
  const ofProblems = variance.problem / problems
  const se = Math.sqrt(ofSeeds + ofProblems)
  if (se === 0) return delta === 0 ? 0 : 1
  const seedSquare = (criticalT(seeds - 1, 1 - alpha) ** 2 * ofSeeds) / (seeds - 1)
  const problemT = criticalT(problems - 1, 1 - alpha) ** 2
  const problemSquare = problemT * ofProblems
  const least = Math.sqrt(problemT * (ofProblems + variance.rest / (seeds * problems)))
  return overChi(seeds - 1, (x) => {
    const half = Math.max(least, Math.sqrt(seedSquare * x * x + problemSquare))
    return normalUpperTail((half - delta) / se) + normalUpperTail((half + delta) / se)
  })
}

/** Mean of f over the chi distribution, by Simpson's rule; the density is scaled by its own sum. */
function overChi(degreesOfFreedom: number, f: (x: number) => number): number {
  const centre = Math.sqrt(degreesOfFreedom)
  const [from, to] = [Math.max(0, centre - 7), centre + 7]
  const steps = 200
  const logDensity = (x: number): number =>
    (degreesOfFreedom - 1) * Math.log(x / centre) - (x * x - centre * centre) / 2
  let [total, weights] = [0, 0]
  for (let i = 0; i <= steps; i++) {
    const x = from + ((to - from) * i) / steps
    const simpson = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    const density = degreesOfFreedom === 1 ? Math.exp((1 - x * x) / 2) : x === 0 ? 0 : Math.exp(logDensity(x))
    total += simpson * density * f(x)
    weights += simpson * density
  }
  return total / weights
}

/** Least true mean found with 80 % power; null where none up to `most` is. */
export function crossedDetectable(design: CrossedDesign, most = 1): number | null {
  if (crossedPower(design, most) < POWER) return null
  let [fails, works] = [0, most]
  while (works - fails > 5e-4 * most) {
    const middle = (fails + works) / 2
    if (crossedPower(design, middle) >= POWER) works = middle
    else fails = middle
  }
  return works
}

/** Seeds in all, on as many problems, for 80 % power at `delta`; null where a thousand are too few. */
export function seedsNeeded(design: CrossedDesign, delta: number): number | null {
  checkPositive('delta', delta)
  return leastEnough(2, MOST_SEEDS, (seeds) => crossedPower({ ...design, seeds }, delta) >= POWER)
}

/** Problems in all, with as many seeds, for 80 % power at `delta`; null where a million are too few. */
export function problemsNeeded(design: CrossedDesign, delta: number): number | null {
  checkPositive('delta', delta)
  return leastEnough(2, MOST_PROBLEMS, (problems) => crossedPower({ ...design, problems }, delta) >= POWER)
}

// Power rises with either number.
function leastEnough(least: number, most: number, enough: (n: number) => boolean): number | null {
  if (enough(least)) return least
  if (!enough(most)) return null
  let [fails, works] = [least, most]
  while (works - fails > 1) {
    const middle = (fails + works) >> 1
    if (enough(middle)) works = middle
    else fails = middle
  }
  return works
}
