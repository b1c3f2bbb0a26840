// How much changed behind equal scores: flips (Dutta et al. 2024, "Accuracy is Not All You Need", arXiv 2407.09141),
// and the flips above the zero line that the base shows against itself.
import type { Estimate } from '../schema/estimate.ts'
import { checkPaired, checkWhole } from './check.ts'
import { squareAndAdd } from './flipInterval.ts'
import type { PairedCounts } from './newcombe.ts'
import { wilson } from './rate.ts'

/** Problems by what both sides did, and rate = (lost + gained)/n, a fraction. */
export interface Flips extends PairedCounts {
  rate: number
}

/**
 * `Flips` where the answers are known: problems wrong on both sides with another answer, and the share of all
 * problems that flipped or changed so.
 */
export interface AnswerFlips extends Flips {
  otherWrong: number
  changedRate: number
}

/** Counts passes and failures of base and variant, paired by position; with the answers also wrong-to-other-wrong. */
export function flips(base: readonly boolean[], variant: readonly boolean[]): Flips
export function flips(
  base: readonly boolean[],
  variant: readonly boolean[],
  answers: { base: readonly unknown[]; variant: readonly unknown[] },
): AnswerFlips
export function flips(
  base: readonly boolean[],
  variant: readonly boolean[],
  answers?: { base: readonly unknown[]; variant: readonly unknown[] },
): Flips | AnswerFlips {
  const n = base.length
  checkWhole('n', n, 1)
  checkPaired({ name: 'base', list: base }, { name: 'variant', list: variant })
  const count = (b: boolean, v: boolean): number =>
    base.filter((pass, i) => pass === b && variant[i] === v).length
  const [lost, gained] = [count(true, false), count(false, true)]
  const counts = {
    both: count(true, true),
    lost,
    gained,
    neither: count(false, false),
    rate: (lost + gained) / n,
  }
  if (!answers) return counts
  for (const side of ['base', 'variant'] as const) {
    checkPaired({ name: 'base', list: base }, { name: `answers.${side}`, list: answers[side] })
  }
  const otherWrong = base.filter(
    (pass, i) => !pass && !variant[i] && answers.base[i] !== answers.variant[i],
  ).length
  return { ...counts, otherWrong, changedRate: (lost + gained + otherWrong) / n }
}

/** Flips among n problems. */
export interface FlipCount {
  flips: number
  n: number
}

/**
 * Flip rate of the variant above that of the base against itself, a fraction, with the 95 % interval of two
 * independent rates (Newcombe 1998, Stat. Med. 17:873, method 10). Both counts share the base run, so they tend to
 * rise together and the interval is wider than it must be.
 */
export function excessFlips(variant: FlipCount, zero: FlipCount): Estimate {
  const limits = ({ flips, n }: FlipCount) => ({ ...wilson(flips, n), value: flips / n })
  const [plus, minus] = [limits(variant), limits(zero)]
  const value = plus.value - minus.value
  const bounds = squareAndAdd(plus, minus, { correlation: 0, difference: value })
  return { value, ...bounds, n: Math.min(variant.n, zero.n), method: 'newcombe-independent' }
}
