// Compares a base run with variant runs on each task: pure, from scores to a report. Reading and judging happen before.
import {
  COMPARISON_SCHEMA,
  type Comparison,
  type ComparisonReport,
  type SideReport,
  type VariantReport,
  type Warning,
} from '../schema/comparison.ts'
import type { Estimate } from '../schema/estimate.ts'
import { boundedMeanEstimate, holm, meanEstimate, rateEstimate } from '../stats/index.ts'
import { UserError } from '../util/errors.ts'
import type { RunFacts } from './answers.ts'
import { findingOf, findingSentence } from './finding.ts'
import { inOrder, isBinary, mean, type PairedResult, pairScores, zeroLine } from './pairs.ts'
import { ruleRows } from './ruleSensitivity.ts'
import type { Side, TaskSides } from './side.ts'
import { comparisonWarnings } from './warnings.ts'

export interface CompareOptions {
  /** Half-width of the equivalence band, a fraction. */
  margin: number | null
  /** Compare although known protocol keys differ. */
  across: boolean
}

interface PairWork {
  sides: TaskSides
  variant: Side
  pairs: PairedResult
  fingerprintDiffers: string[]
}

/** The report: one comparison a task, Holm over all variants and tasks. */
export function compareSides(tasks: readonly TaskSides[], options: CompareOptions): ComparisonReport {
  const work = tasks.flatMap((sides) => sides.variants.map((variant) => pairUp(sides, variant, options)))
  const holmP = holm(work.map((item) => item.pairs.p))
  const reports = work.map((item, i) => ({
    sides: item.sides,
    report: variantReport(item, { holmP: holmP[i]!, family: work.length, margin: options.margin }),
  }))
  const comparisons = tasks.map(
    (sides): Comparison => ({
      task: sides.name,
      metric: sides.metric,
      n: sides.base.scores.byProblem.size,
      base: sideReport(sides.base),
      variants: reports.filter((item) => item.sides === sides).map((item) => item.report),
    }),
  )
  const warnings = mergeWarnings(
    tasks.map((sides, i) => comparisonWarnings(sides, comparisons[i]!)),
    comparisons,
  )
  return { schema: COMPARISON_SCHEMA, margin: options.margin, comparisons, warnings }
}

/** One list for all tasks: what holds for each is said once, what holds for some begins with their names. */
function mergeWarnings(byTask: Warning[][], comparisons: readonly Comparison[]): Warning[] {
  const merged = new Map<string, { warning: Warning; tasks: string[] }>()
  for (const [i, warnings] of byTask.entries()) {
    for (const warning of warnings) {
      const entry = merged.get(`${warning.code} ${warning.message}`) ?? { warning, tasks: [] }
      merged.set(`${warning.code} ${warning.message}`, entry)
      entry.tasks.push(comparisons[i]!.task)
    }
  }
  return [...merged.values()].map(({ warning, tasks }) =>
    tasks.length === byTask.length
      ? warning
      : { ...warning, message: `${tasks.join(', ')}: ${warning.message}` },
  )
}

function pairUp(sides: TaskSides, variant: Side, options: CompareOptions): PairWork {
  const { base } = sides
  const fingerprintDiffers = differingKeys(base.facts, variant.facts)
  if (fingerprintDiffers.length > 0 && !options.across)
    throw differentProtocols(base, variant, fingerprintDiffers)
  const shared = [...base.scores.byProblem.keys()].filter((id) => variant.scores.byProblem.has(id))
  if (shared.length < 2) {
    throw new UserError(
      `${base.name} and ${variant.name} share ${shared.length} scored problems on ${sides.name}: ${base.scores.byProblem.size} and ${variant.scores.byProblem.size} are scored, first ${firstId(base)} and ${firstId(variant)}`,
      { hint: 'compare runs of the same task; see what each holds with: tunediff show RUN' },
    )
  }
  return {
    sides,
    variant,
    pairs: pairScores(base.scores.byProblem, variant.scores.byProblem),
    fingerprintDiffers,
  }
}

function firstId(side: Side): string {
  return side.scores.byProblem.keys().next().value ?? 'none'
}

/** Protocol keys that both runs know and that differ. */
function differingKeys(base: RunFacts, variant: RunFacts): string[] {
  return Object.keys(base.run.fingerprint).filter((key) => {
    const [ours, theirs] = [base.run.fingerprint[key], variant.run.fingerprint[key]]
    return ours != null && theirs != null && ours !== theirs
  })
}

function differentProtocols(base: Side, variant: Side, keys: string[]): UserError {
  const value = (side: Side, key: string): string => String(side.facts.run.fingerprint[key]).slice(0, 40)
  const list = keys.map((key) => `${key} (${value(base, key)}, ${value(variant, key)})`).join(', ')
  return new UserError(`${base.name} and ${variant.name} were made under different protocols: ${list}`, {
    hint: 'add --across to compare them all the same; the report then names these keys',
  })
}

function variantReport(
  { sides, variant, pairs, fingerprintDiffers }: PairWork,
  context: { holmP: number; family: number; margin: number | null },
): VariantReport {
  const { holmP, margin, family } = context
  const side = sideReport(variant)
  const base = sideReport(sides.base)
  const finding = findingOf(pairs.delta, holmP, margin)
  const { neededN: _, ...shown } = pairs
  const delta = { ...pairs.delta, zero: zeroOf(sides.base) }
  return {
    ...side,
    ...shown,
    delta,
    holmP,
    finding,
    sentence: findingSentence(finding, { base, variant: side, pairs, holmP, margin, family }),
    zeroLine: zeroLine(sides.base.scores.byProblem),
    fingerprintDiffers,
    rules: sides.base.rules && variant.rules ? ruleRows(sides.base.rules, variant.rules) : [],
  }
}

// The zero line of a delta is what the base's repeats differ by among themselves.
function zeroOf(base: Side): NonNullable<Estimate['zero']> {
  const repeated = [...base.scores.byProblem].filter(([, scores]) => scores.length > 1)
  if (repeated.length < 2) return { absent: 'one answer a problem in the base' }
  const first = new Map(repeated.map(([id, scores]) => [id, scores.slice(0, 1)]))
  const second = new Map(repeated.map(([id, scores]) => [id, scores.slice(1, 2)]))
  const { zero: _, ...delta } = pairScores(first, second).delta
  return delta
}

function sideReport(side: Side): SideReport {
  const { byProblem } = side.scores
  const binary = isBinary(byProblem)
  const means = [...byProblem.values()].map(mean)
  const passed = binary ? means.filter((score) => score === 1).length : null
  return {
    name: side.name,
    n: byProblem.size,
    passed,
    rate: rateOf(means, passed),
    failures: side.scores.failures,
    claimed: claimed(side),
    rule: side.scores.rule,
  }
}

// A mean of scores in [0, 1] must not claim a bound outside of it.
function rateOf(means: number[], passed: number | null): Estimate {
  if (passed !== null) return rateEstimate(passed, means.length)
  return means.every((score) => score >= 0 && score <= 1) ? boundedMeanEstimate(means) : meanEstimate(means)
}

function claimed({ facts, scores }: Side): SideReport['claimed'] {
  if (facts.claims.size === 0) return null
  const passed = [...facts.claims.values()].flat().filter(Boolean).length
  const differing = [...facts.claims].filter(([id, claims]) => {
    const judged = scores.byProblem.get(id)
    return judged !== undefined && String(claims.map(Number)) !== String(judged)
  })
  return { passed, differs: inOrder(differing.map(([id]) => id)) }
}
