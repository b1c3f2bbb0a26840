// The variance of scores of seed twins split into seed, problem, seed-by-problem and sampling: crossed random effects
// (Searle, Casella and McCulloch 1992, Variance Components; for evaluations Miller 2024, arXiv 2411.00640), by moments.
// What a design cannot tell apart is one joined part; what it cannot see is absent.
import type { Absent, Estimate } from '../schema/estimate.ts'
import type { VariancePart, VarianceSource, VarianceSplit } from '../schema/seeds.ts'
import { differenceEstimate, isUnit } from './paired.ts'
import { chiSquaredQuantile } from './varianceComponentsChi.ts'
import {
  type Cell,
  type Design,
  type HalfSquares,
  halfSquares,
  readDesign,
} from './varianceComponentsMoments.ts'

export interface VarianceOptions {
  /** Whether answers are drawn at a temperature above 0: else one training gives one answer to a problem, always. */
  sampled: boolean
}

/**
 * Splits the variance of one answer's score, and of the score of one training (its mean over problems, each with the
 * mean of its repeats). Cells may be missing where that is chance, and repeats unequal. Needs three problems, shared by the
 * seeds.
 */
export function varianceComponents(cells: readonly Cell[], { sampled }: VarianceOptions): VarianceSplit {
  const design = readDesign(cells)
  const { all, without } = halfSquares(design)
  const most = cells.every(({ scores }) => isUnit(scores)) ? 0.25 : Number.MAX_VALUE
  const work: Work = { design, all, without, most }
  const twins = design.seeds > 1
  const repeats = all.both !== null
  const parts: Record<VarianceSource, VariancePart | Absent> = {
    seed: { absent: ONE_SEED },
    problem: { absent: 'one seed: what is hard for this training and what is hard for each are one part' },
    interaction: { absent: 'one seed: without a twin nothing can flip between twins' },
    sampling: repeats
      ? part(['sampling'], work)
      : { absent: sampled ? ONE_REPEAT : '0 by construction: answers at temperature 0 are not drawn' },
  }
  const joined: VarianceSource[] = twins ? ['interaction'] : ['problem', 'interaction']
  if (twins) {
    parts.seed = part(['seed'], work)
    parts.problem = part(['problem'], work)
    if (repeats || !sampled) parts.interaction = part(['interaction'], work)
    else parts.interaction = { absent: ONE_REPEAT }
  }
  if (sampled && !repeats) joined.push('sampling')
  return {
    seeds: design.seeds,
    problems: design.cells.length,
    answers: design.answers,
    parts,
    joined: joined.length > 1 ? { sources: joined, part: part(joined, work) } : null,
  }
}

const ONE_SEED = 'one seed: nothing shows how much another seed would change the score'
const ONE_REPEAT = 'one answer a problem and seed: seed-by-problem and sampling are one part'

/** Of the variance of answers: a difference of half squares below this is rounding. */
const ROUNDING = 1e-14

const snapped = (x: number, rounding: number): number => (Math.abs(x) > rounding ? x : 0)

interface Work {
  design: Design
  all: HalfSquares
  without: HalfSquares[]
  /** Largest variance that the scale allows. */
  most: number
}

/** The component of some sources, from the half squares; `both` is 0 where no problem has a second answer. */
function component(sources: readonly VarianceSource[], half: HalfSquares): number {
  const { problem, seed, neither } = half
  const both = half.both ?? 0
  const has = (source: VarianceSource): boolean => sources.includes(source)
  if (has('seed')) return neither! - seed!
  if (has('problem') && has('interaction')) return has('sampling') ? seed! : seed! - both
  if (has('problem')) return neither! - problem!
  if (has('interaction')) return problem! + seed! - neither! - (has('sampling') ? 0 : both)
  return both
}

function part(sources: readonly VarianceSource[], work: Work): VariancePart {
  const { design, all } = work
  const raw = component(sources, all)
  const isSeed = sources[0] === 'seed'
  const answer = isSeed ? seedEstimate(raw, work) : problemEstimate(raw, sources, work)
  const sampling = sources.length === 1 && sources[0] === 'sampling'
  const scale = isSeed ? 1 : sampling ? design.perAnswer : design.perProblem
  return { answer, score: scaled(answer, scale), raw }
}

const scaled = (estimate: Estimate, by: number): Estimate => ({
  ...estimate,
  value: estimate.value * by,
  low: estimate.low === null ? null : estimate.low * by,
  high: estimate.high === null ? null : estimate.high * by,
})

/**
 * Scores of trainings vary by the seed and by what their problems add, (interaction + sampling)/problems. Their whole
 * variance has the exact interval of k normal scores, from chi-squared with k - 1 degrees of freedom; what the problems
 * add is taken off both ends as if known, from (k - 1)·(problems - 1) degrees (Burdick and Graybill 1992).
 * Scores lie on a grid, and two of equal score need not be equal: the upper end allows half a step.
 */
function seedEstimate(raw: number, { design, all, most }: Work): Estimate {
  const both = all.both ?? 0
  const beyond = component(['interaction', 'sampling'], all) - both
  const added = Math.max(0, beyond * design.perProblem + both * design.perAnswer)
  // Seeds of one score leave the rounding of sums here, and half a step times its root would show.
  const whole = Math.max(0, snapped(raw + added, ROUNDING * all.neither!))
  // Where all answers score the same, the scale is all that is known of the grid.
  const step = design.step === 0 && most === 0.25 ? 1 : design.step
  const halfStep = (step * design.seeds) / design.answers / 2
  const df = design.seeds - 1
  const limit = (variance: number, p: number): number =>
    Math.min(most, Math.max(0, (variance * df) / chiSquaredQuantile(p, df) - added))
  const value = Math.min(most, Math.max(0, raw))
  return {
    value,
    low: Math.min(value, limit(whole, 0.975)),
    high: Math.max(value, limit((Math.sqrt(whole) + halfStep) ** 2, 0.025)),
    n: design.seeds,
    method: 'chi-squared',
  }
}

/**
 * The other parts vary with the problems drawn: jackknife over problems (Arvesen 1969, Ann. Math. Stat. 40:2076), for
 * these seeds. Each problem's pseudo-value says what it adds; their mean gets the interval of `pairedDifference`: t, or
 * where few problems carry the part, limits from the most that one adds.
 */
function problemEstimate(raw: number, sources: readonly VarianceSource[], work: Work): Estimate {
  const { design, all, without, most } = work
  const n = design.cells.length
  const rounding = n * ROUNDING * (all.neither ?? all.seed)!
  const pseudo = without.map((half) => snapped(n * raw - (n - 1) * component(sources, half), rounding))
  const atMost = sources.includes('problem') ? 1 : 0.5
  const bound = pseudo.reduce((largest, x) => Math.max(largest, Math.abs(x)), atMost)
  const limits = differenceEstimate(pseudo, most === 0.25 ? bound : null)
  const isT = limits.method === 'paired-t'
  const value = Math.min(most, Math.max(0, raw))
  return {
    value,
    low: Math.max(0, Math.min(value, limits.low!)),
    high: Math.max(value, Math.min(most, isT ? stretched(raw, limits.high! - limits.value) : limits.high!)),
    n,
    method: isT ? 'jackknife-t' : 'jackknife-bounded',
  }
}

/**
 * Upper end of a variance whose t interval reaches `half` above it: that of its cube root, which is nearly normal (Wilson
 * and Hilferty 1931, PNAS 17:684), as far as the variance is above its own error.
 */
function stretched(variance: number, half: number): number {
  const u = variance > half ? half / (3 * variance) : 1 / 3
  return variance + half * (1 + u + (u * u) / 3)
}
