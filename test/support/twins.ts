// Seed twins with a planted truth: trainings of one recipe, the base, and what is true of both. Answers are one bit, or
// normal scores. Not a test itself.
import type { ProblemScores } from '../../src/measure/pairs.ts'
import type { SeedTwins } from '../../src/measure/seeds.ts'
import type { VarianceSource } from '../../src/schema/seeds.ts'
import type { Cell } from '../../src/stats/varianceComponentsMoments.ts'
import { drawBeta, drawNormal } from './coverage.ts'

export interface Planted {
  seeds: number
  problems: number
  repeats: number
  /** Mean score of the base. */
  rate: number
  /** Mean of variant - base, the same for each problem in the mean over its luck. */
  effect: number
  /** Standard deviation of the trainings' true scores. */
  seedSd: number
  /** Share of answers that hang on the problem's own luck, the same for base and all twins: the rest are flips. */
  shared: number
  /** Width of what a problem gains or loses for one training alone, uniform: the true interaction. */
  twist: number
}

/** Room left for effect, seed and twist at both ends of the scale. */
const room = ({ effect, seedSd, twist }: Planted): number => Math.abs(effect) + 3.5 * seedSd + twist / 2

/** Scores by problem, a list of repeats each: of the base and of each twin; and how far each twin truly lies off. */
export interface Drawn {
  base: number[][]
  variants: number[][][]
  shifts: number[]
}

/**
 * One-bit answers: problem p passes with chance c_p (the base), c_p + effect + a_s + t_sp (twin s); beta-distributed c_p
 * leaves room for the rest, so that means are exact. An answer passes if its luck is below its chance.
 */
export function drawTwins(planted: Planted, next: () => number): Drawn {
  const { seeds, problems, repeats, rate, effect, seedSd, shared, twist } = planted
  const edge = room(planted)
  if (rate < edge || rate > 1 - edge) throw new RangeError(`rate ${rate} leaves no room of ${edge}`)
  const inner = (rate - edge) / (1 - 2 * edge)
  const chances = Array.from({ length: problems }, () => edge + (1 - 2 * edge) * drawBeta(inner, next))
  const lucks = chances.map(() => next())
  const answers = (chance: number, p: number): number[] =>
    Array.from({ length: repeats }, () => ((next() < shared ? lucks[p]! : next()) < chance ? 1 : 0))
  const base = chances.map((chance, p) => answers(chance, p))
  const shifts = Array.from({ length: seeds }, () => seedSd * Math.max(-3.5, Math.min(3.5, drawNormal(next))))
  const variants = shifts.map((shift) =>
    chances.map((chance, p) => answers(chance + effect + shift + twist * (next() - 0.5), p)),
  )
  return { base, variants, shifts }
}

/** Variances of one answer that `drawTwins` plants without shared luck; sampling is that of these very trainings. */
export function plantedVariance(planted: Planted, shifts: readonly number[]): Record<VarianceSource, number> {
  const { rate, effect, seedSd, twist } = planted
  const edge = room(planted)
  const inner = (rate - edge) / (1 - 2 * edge)
  const problem = ((1 - 2 * edge) ** 2 * inner * (1 - inner)) / 2
  const interaction = twist ** 2 / 12
  const bits = shifts.map((shift) => (rate + effect + shift) * (1 - rate - effect - shift))
  const bit = bits.reduce((sum, x) => sum + x, 0) / bits.length
  return { seed: seedSd ** 2, problem, interaction, sampling: bit - problem - interaction }
}

export const cellsOf = (variants: number[][][]): Cell[] =>
  variants.flatMap((problems, seed) => problems.map((scores, problem) => ({ seed, problem, scores })))

/** Normal scores with the given standard deviations. */
export function drawNormalTwins(
  { seeds, problems, repeats }: { seeds: number; problems: number; repeats: number },
  sd: Record<VarianceSource, number>,
  next: () => number,
): number[][][] {
  const ofProblems = Array.from({ length: problems }, () => sd.problem * drawNormal(next))
  return Array.from({ length: seeds }, () => {
    const ofSeed = sd.seed * drawNormal(next)
    return ofProblems.map((ofProblem) => {
      const mean = ofSeed + ofProblem + sd.interaction * drawNormal(next)
      return Array.from({ length: repeats }, () => mean + sd.sampling * drawNormal(next))
    })
  })
}

/** The scores as `seedReports` takes them; problems are numbered. */
export function asTwins({ base, variants }: Drawn): SeedTwins {
  const scores = (list: number[][]): ProblemScores => new Map(list.map((repeats, p) => [`P/${p}`, repeats]))
  return {
    recipe: 'planted',
    task: 'planted',
    base: scores(base),
    twins: variants.map((list, seed) => ({ seed, scores: scores(list) })),
    sampled: true,
  }
}
