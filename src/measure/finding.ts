// The finding of a comparison by fixed rules (docs/methods.md), and the sentence that says it with its evidence.
import type { Finding } from '../schema/comparison.ts'
import type { Estimate } from '../schema/estimate.ts'
import { interval, points, pText, signedPoints } from '../util/numbers.ts'
import { plural } from '../util/text.ts'
import type { PairedResult } from './pairs.ts'
import type { Power } from './power.ts'

export interface FindingInput {
  base: { name: string }
  variant: { name: string }
  pairs: PairedResult
  power: Power
  holmP: number
  /** Half-width of the equivalence band, a fraction. */
  margin: number | null
  /** Number of comparisons that Holm went over. */
  family: number
}

/** better or worse if Holm p < 0.05; else no-worse if a margin was given and the interval lies above -margin; else cannot-tell. */
export function findingOf(delta: Estimate, holmP: number, margin: number | null): Finding {
  if (holmP < 0.05 && delta.value !== 0) return delta.value > 0 ? 'better' : 'worse'
  if (margin !== null && delta.low !== null && delta.low > -margin) return 'no-worse'
  return 'cannot-tell'
}

/** The finding in words: what, by how much with its interval, on how many problems, and what the test says. */
export function findingSentence(finding: Finding, input: FindingInput): string {
  const { base, variant, pairs, margin } = input
  const gap = `${signedPoints(pairs.delta.value)} points ${interval(pairs.delta)}`
  const rates = `${sideRate(pairs.variantRate, pairs)} against ${sideRate(pairs.baseRate, pairs)}`
  const evidence = `${rates}, ${gap}, ${flipsText(pairs)}, ${testText(input)}`
  switch (finding) {
    case 'better':
      return `${variant.name} is better than ${base.name}: ${evidence}.`
    case 'worse': {
      const within = margin !== null && pairs.delta.low !== null && pairs.delta.low > -margin
      return `${variant.name} is worse than ${base.name}${within ? `, within the margin of ${points(margin)} points` : ''}: ${evidence}.`
    }
    case 'no-worse':
      return `${variant.name} is no worse than ${base.name} by more than ${points(margin!)} points: ${evidence}.`
    case 'cannot-tell':
      return `Cannot tell whether ${variant.name} differs from ${base.name}: ${evidence}. ${needsText(input)}`
  }
}

function needsText({ pairs, power, family }: FindingInput): string {
  const { paired } = pairs
  const level = family > 1 ? `80 % power among ${family} comparisons` : '80 % power'
  if (power.neededN !== null) {
    return `If the true gap is as observed, about ${roundUp(power.neededN)} problems are needed to see it (${level}); there are ${paired}.`
  }
  if (power.mde !== null) {
    return `With ${plural(paired, 'problem')} a true gap of ${points(power.mde)} points would be seen (${level}).`
  }
  return pairs.test === 'mcnemar-exact'
    ? `${plural(paired, 'problem')} are too few for any gap to be seen (${level}).`
    : 'No score differs on any problem.'
}

function testText({ pairs, holmP, family }: FindingInput): string {
  const test = pairs.test === 'mcnemar-exact' ? 'exact McNemar' : 'sign-flip permutation'
  const holm = family > 1 ? `, ${pText(holmP)} after Holm over ${family} comparisons` : ''
  return `${test} ${pText(pairs.p)}${holm}`
}

function flipsText(pairs: PairedResult): string {
  return `${plural(pairs.gained.length, 'problem')} gained and ${pairs.lost.length} lost`
}

/** What a side reaches on the paired problems: a count where each has one bit, else a rate. */
function sideRate(rate: number, { test, paired }: PairedResult): string {
  return test === 'mcnemar-exact' ? `${Math.round(rate * paired)} of ${paired}` : `${points(rate)} %`
}

// Two significant digits are all that a needed n is worth.
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(n)) - 1)
  return Math.ceil(n / unit) * unit
}
