// One statement a side and task: about the recipe where several of its trainings are there, else about the one variant. Holm
// goes over all of them, and power is that at its first step.
import { findingOf } from '../../measure/finding.ts'
import { inOrder, mean, type ProblemScores, pairScores } from '../../measure/pairs.ts'
import { pairPower } from '../../measure/power.ts'
import { recipeMean, type SeedTwins, seedReports } from '../../measure/seeds.ts'
import type { VariantReport, Warning } from '../../schema/comparison.ts'
import type { Absent } from '../../schema/estimate.ts'
import type { AskedResults, EffectResult, Rows } from '../../schema/results.ts'
import type { SeedReport } from '../../schema/seeds.ts'
import { holm } from '../../stats/index.ts'
import { crossedDetectable, problemsNeeded } from '../../stats/varianceComponentsPower.ts'
import { plural } from '../../util/text.ts'
import { sideOf } from '../pairRuns.ts'
import type { RunPair } from './pairs.ts'
import { type InstanceRun, seedsOf } from './runs.ts'

type Power = Pick<EffectResult, 'mde' | 'neededProblems'>

/** An effect before Holm. */
interface Statement {
  effect: Omit<EffectResult, 'holmP' | 'finding' | 'seeds' | keyof Power>
  seeds: SeedTwins | Absent
  powerAt: (alpha: number) => Power
}

export interface EffectsInput {
  asked: AskedResults
  pairs: readonly RunPair[]
  /** What comparing a pair gave; undefined where it shares too few problems. */
  reportOf: (pair: RunPair) => Pick<VariantReport, 'delta' | 'p'> | undefined
}

export function effectsOf(input: EffectsInput): { effects: EffectResult[]; warnings: Warning[] } {
  const { margin } = input.asked
  const { statements, warnings } = statementsOf(input)
  const reports = seedReports(
    statements.flatMap(({ seeds }) => ('absent' in seeds ? [] : [seeds])),
    margin,
    statements.length,
  )
  const alpha = 0.05 / Math.max(1, statements.length)
  const effects = withFindings(statements, margin).map(
    ({ effect, seeds, powerAt, ...found }): EffectResult => {
      const power = powerAt(alpha)
      const report = 'absent' in seeds ? seeds : ofStudy(reports.shift()!, found)
      return { ...effect, ...found, ...power, seeds: report }
    },
  )
  return { effects, warnings }
}

/** What is said of a recipe is one of the study's statements. */
function ofStudy(report: SeedReport, found: Pick<EffectResult, 'holmP' | 'finding'>): SeedReport {
  return 'absent' in report.ofRecipe ? report : { ...report, ofRecipe: { ...report.ofRecipe, ...found } }
}

export function statementsOf(input: EffectsInput): { statements: Statement[]; warnings: Warning[] } {
  const warnings: Warning[] = []
  const statements = input.asked.sides.flatMap(({ name }) => {
    const own = input.pairs.filter(({ variant }) => variant.side === name)
    return [...new Set(own.map(({ task }) => task))].flatMap((task) => {
      const group = own.filter((pair) => pair.task === task)
      return (group.length > 1 ? ofRecipe(group, warnings) : ofVariant(group[0]!, input)) ?? []
    })
  })
  return { statements, warnings }
}

/** Holm over all statements of a study, and what may be said of each. */
export function withFindings(
  statements: readonly Statement[],
  margin: number | null,
): (Statement & Pick<EffectResult, 'holmP' | 'finding'>)[] {
  const holmP = holm(statements.map(({ effect }) => effect.p))
  return statements.map((statement, i) => ({
    ...statement,
    holmP: holmP[i]!,
    finding: findingOf(statement.effect.delta, holmP[i]!, margin),
  }))
}

const scoresOf = ({ name, judged }: InstanceRun): ProblemScores => sideOf(name, judged).scores.byProblem

/** Trainings of a recipe, each beside the base that all share, or beside one of the same seed. */
function ofRecipe(group: readonly RunPair[], warnings: Warning[]): Statement | undefined {
  const { task, variant: first, base } = group[0]!
  const scored = group.map((pair) => ({
    seed: pair.variant.seed!,
    base: scoresOf(pair.base),
    variant: scoresOf(pair.variant),
  }))
  const shared = inOrder(
    [...scored[0]!.base.keys()].filter((id) =>
      scored.every((pair) => pair.base.has(id) && pair.variant.has(id)),
    ),
  )
  if (shared.length < 3) {
    const names = group.map(({ variant }) => variant.name).join(', ')
    const message = `${task}: nothing is said of ${first.side} as a recipe: ${names} and what they are compared with have ${plural(shared.length, 'scored problem')} in common, and 3 are the least.`
    warnings.push({ code: 'too-few-pairs', message })
    return undefined
  }
  const { mean: value, interval, p, variance } = recipeMean(scored, shared)
  const rate = (side: 'base' | 'variant'): number =>
    mean(scored.flatMap((pair) => shared.map((id) => mean(pair[side].get(id)!))))
  const design = { seeds: scored.length, problems: shared.length, variance }
  // Where nothing differs by seed or problem there is no spread to plan with.
  const isFlat = variance.seed + variance.problem + variance.rest === 0
  const sharesBase = group.every((pair) => pair.base.place === base.place)
  return {
    effect: {
      ...{ side: first.side, against: base.side, task, about: 'recipe', from: rowsOf(group) },
      ...{ baseScore: rate('base'), variantScore: rate('variant'), problems: shared.length, p },
      delta: { value, ...interval, n: scored.length, method: 'seeds-and-problems' },
    },
    seeds: sharesBase
      ? {
          recipe: first.side,
          task,
          base: scored[0]!.base,
          twins: scored.map(({ seed, variant }) => ({ seed, scores: variant })),
          sampled: first.sampled,
        }
      : { absent: `${base.side} was trained with the same seeds: each is compared with the one of its seed` },
    powerAt: (alpha) => ({
      mde: isFlat ? null : crossedDetectable({ ...design, alpha }),
      neededProblems: isFlat || value === 0 ? null : problemsNeeded({ ...design, alpha }, Math.abs(value)),
    }),
  }
}

function ofVariant(pair: RunPair, { asked, reportOf }: EffectsInput): Statement | undefined {
  const { base, variant, task } = pair
  const report = reportOf(pair)
  if (!report) return undefined
  const paired = pairScores(scoresOf(base), scoresOf(variant))
  const { baseRate: baseScore, variantRate: variantScore } = paired
  const side = asked.sides.find(({ name }) => name === variant.side)!
  return {
    effect: {
      ...{ side: side.name, against: base.side, task, about: 'variant', from: rowsOf([pair]) },
      ...{ baseScore, variantScore, problems: paired.paired, delta: report.delta, p: report.p },
    },
    seeds: { absent: whyNoSeeds(seedsOf(side), variant) },
    powerAt: (alpha) => {
      const { mde, neededN } = pairPower(paired, alpha)
      return { mde, neededProblems: neededN }
    },
  }
}

function whyNoSeeds(seeds: readonly (number | null)[], { seed }: InstanceRun): string {
  if (seed === null) return 'nothing was trained here'
  const why = 'nothing shows how much of the effect another seed would have'
  if (seeds.length > 1) return `of ${seeds.length} seeds only ${seed} is compared here: ${why}`
  return `one seed: ${why}; train the recipe with two or more`
}

/** Scores that pairs are of, each once: bases first. */
export function rowsOf(pairs: readonly RunPair[]): Rows[] {
  const rows = [...pairs.map(({ base }) => base.from), ...pairs.map(({ variant }) => variant.from)]
  return rows.filter((row, i) => rows.findIndex((other) => other.file === row.file) === i)
}
