// The zero line of a recipe: trainings that differ in the random seed alone, compared with one another.
import type { Absent } from '../schema/estimate.ts'
import type { TwinPair } from '../schema/seeds.ts'
import { mean, type ProblemScores, pairScores } from './pairs.ts'

export interface Twin {
  /** The random seed that it was trained with. */
  seed: number
  scores: ProblemScores
}

/** All pairs of twins, which share three scored problems or more; `flipRate` is the mean over pairs of the share of problems that flip. */
export function twinLine(twins: readonly Twin[]): { pairs: TwinPair[]; flipRate: number } | Absent {
  if (twins.length < 2) return { absent: 'one seed: there is no twin to compare with' }
  const pairs = twins.flatMap((earlier, i) => twins.slice(i + 1).map((later) => pairOf(earlier, later)))
  return { pairs, flipRate: mean(pairs.map(({ flips, n }) => flips / n)) }
}

/** Flips are counted on first answers, so that repeats do not make more of them. */
function pairOf(earlier: Twin, later: Twin): TwinPair {
  const first = pairScores(firstAnswers(earlier.scores), firstAnswers(later.scores))
  return {
    seeds: [earlier.seed, later.seed],
    flips: first.gained.length + first.lost.length,
    n: first.paired,
    delta: pairScores(earlier.scores, later.scores).delta,
  }
}

const firstAnswers = (scores: ProblemScores): ProblemScores =>
  new Map([...scores].map(([id, repeats]) => [id, repeats.slice(0, 1)]))
