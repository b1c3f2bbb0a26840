// Compares a base run with variant runs on each task: pure, from scores to a report. Reading and judging happen before.
import {
  COMPARISON_SCHEMA,
  type Comparison,
  type ComparisonReport,
  type SideReport,
  type VariantReport,
  type Warning,
} from '../schema/comparison.ts'
import { holm } from '../stats/index.ts'
import { UserError } from '../util/errors.ts'
import { plural } from '../util/text.ts'
import { rateOf } from './answers.ts'
import { findingOf, findingSentence } from './finding.ts'
import { inOrder, type PairedResult, pairScores, zeroLine } from './pairs.ts'
import { pairPower } from './power.ts'
import { differingKeys } from './protocol.ts'
import { ruleRows } from './ruleSensitivity.ts'
import type { Side, TaskSides } from './side.ts'
import { comparisonWarnings } from './warnings.ts'

interface PairWork {
  sides: TaskSides
  variant: Side
  pairs: PairedResult
  fingerprintDiffers: string[]
}

/**
 * The report: one comparison a task, Holm over all variants and tasks. `margin` is the half-width of the equivalence
 * band, a fraction. Pairs that share fewer than two scored problems are left out with a warning; all of them, an error.
 */
export function compareSides(tasks: readonly TaskSides[], margin: number | null): ComparisonReport {
  const report = comparePaired(tasks, margin)
  if (report.comparisons.length === 0) throw nothingPaired(report.warnings)
  return report
}

/** As `compareSides`; a report without comparisons where nothing is paired. */
export function comparePaired(tasks: readonly TaskSides[], margin: number | null): ComparisonReport {
  const tooFew: Warning[] = []
  const work = tasks.flatMap((sides) =>
    sides.variants.flatMap((variant) => {
      const shared = sharedProblems(sides.base, variant)
      if (shared >= 2) return [pairUp(sides, variant)]
      tooFew.push({ code: 'too-few-pairs', message: tooFewText(sides, variant, shared) })
      return []
    }),
  )
  const holmP = holm(work.map((item) => item.pairs.p))
  const reports = work.map((item, i) => ({
    sides: item.sides,
    report: variantReport(item, { holmP: holmP[i]!, family: work.length, margin }),
  }))
  const compared = tasks.filter((sides) => reports.some((item) => item.sides === sides))
  const comparisons = compared.map(
    (sides): Comparison => ({
      task: sides.name,
      metric: sides.metric,
      n: sides.base.scores.byProblem.size,
      base: sideReport(sides.base),
      variants: reports.filter((item) => item.sides === sides).map((item) => item.report),
    }),
  )
  const byTask = compared.map((sides, i) => comparisonWarnings(sides, comparisons[i]!))
  const warnings = [...tooFew, ...mergeWarnings(byTask, comparisons)]
  return { schema: COMPARISON_SCHEMA, margin, comparisons, warnings }
}

function sharedProblems(base: Side, variant: Side): number {
  return [...base.scores.byProblem.keys()].filter((id) => variant.scores.byProblem.has(id)).length
}

function tooFewText(sides: TaskSides, variant: Side, shared: number): string {
  const { base } = sides
  const count = ({ name, scores }: Side): string =>
    `${name} has ${plural(scores.byProblem.size, 'scored problem')} (first ${firstId(scores)})${scores.unjudged.length > 0 ? ` and ${plural(scores.unjudged.length, 'answer')} that could not be judged` : ''}`
  return `${sides.name} is left out for ${variant.name}: ${plural(shared, 'problem')} in common; ${count(base)}, ${count(variant)}.`
}

const firstId = (scores: Side['scores']): string => scores.byProblem.keys().next().value ?? 'none'

function nothingPaired(tooFew: readonly Warning[]): UserError {
  return new UserError(tooFew.map(({ message }) => message).join(' '), {
    hint: 'compare runs of the same task; see what each holds with: tunediff show RUN',
  })
}

/** One list for all tasks: what holds for each is said once, what holds for some begins with their names. */
function mergeWarnings(byTask: Warning[][], comparisons: readonly Comparison[]): Warning[] {
  const merged = new Map<string, { warning: Warning; tasks: Set<string> }>()
  for (const [i, warnings] of byTask.entries()) {
    for (const warning of warnings) {
      const entry = merged.get(`${warning.code} ${warning.message}`) ?? { warning, tasks: new Set() }
      merged.set(`${warning.code} ${warning.message}`, entry)
      entry.tasks.add(comparisons[i]!.task)
    }
  }
  const all = new Set(comparisons.map(({ task }) => task))
  return [...merged.values()].map(({ warning, tasks }) =>
    tasks.size === all.size
      ? warning
      : { ...warning, message: `${[...tasks].join(', ')}: ${warning.message}` },
  )
}

function pairUp(sides: TaskSides, variant: Side): PairWork {
  return {
    sides,
    variant,
    pairs: pairScores(sides.base.scores.byProblem, variant.scores.byProblem),
    fingerprintDiffers: differingKeys(sides.base.facts.run, variant.facts.run),
  }
}

function variantReport(
  { sides, variant, pairs, fingerprintDiffers }: PairWork,
  context: { holmP: number; family: number; margin: number | null },
): VariantReport {
  const { holmP, margin, family } = context
  const side = sideReport(variant)
  const base = sideReport(sides.base)
  const finding = findingOf(pairs.delta, holmP, margin)
  // Holm's first step: what the smallest p of the report must reach.
  const power = pairPower(pairs, 0.05 / family)
  const zero = zeroLine(sides.base.scores.byProblem)
  return {
    ...side,
    delta: { ...pairs.delta, zero: 'absent' in zero ? zero : zero.delta },
    gained: pairs.gained,
    lost: pairs.lost,
    test: pairs.test,
    p: pairs.p,
    holmP,
    mcnemarP: pairs.mcnemarP,
    mde: power.mde,
    resolution: power.resolution,
    finding,
    sentence: findingSentence(finding, { base, variant: side, pairs, power, holmP, margin, family }),
    paired: pairs.paired,
    unpaired: pairs.unpaired,
    zeroLine: 'absent' in zero ? zero : { flips: zero.flips, n: zero.n },
    fingerprintDiffers,
    rules: sides.base.rules && variant.rules ? ruleRows(sides.base.rules, variant.rules) : [],
  }
}

export function sideReport(side: Side): SideReport {
  const { byProblem } = side.scores
  const { passed, rate } = rateOf(byProblem)
  return {
    name: side.name,
    n: byProblem.size,
    passed,
    rate,
    failures: side.scores.failures,
    claimed: claimed(side),
    rule: side.scores.rule,
  }
}

/** Claims beside outcomes, sample by sample; a problem differs if any of its answers does. */
function claimed({ facts, scores }: Side): SideReport['claimed'] {
  if (facts.claims.size === 0) return null
  const passed = [...facts.claims.values()].filter(Boolean).length
  const differs = new Set<string>()
  for (const [sample, claim] of facts.claims) {
    const score = scores.bySample.get(sample)
    if (score !== undefined && claim !== (score === 1)) differs.add(facts.problems.get(sample)!)
  }
  return { passed, differs: inOrder([...differs]) }
}
