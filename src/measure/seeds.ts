// Seed twins against their base on one task: what can be said of the recipe, and what of these very trainings alone.
// Pure, from scores to a report; sentences are made elsewhere.
import type { Absent } from '../schema/estimate.ts'
import type { SeedEffect, SeedPlan, SeedReport } from '../schema/seeds.ts'
import { holm, signFlip } from '../stats/index.ts'
import { isUnit } from '../stats/paired.ts'
import { varianceComponents } from '../stats/varianceComponents.ts'
import { type CrossedMean, crossedMean } from '../stats/varianceComponentsEffect.ts'
import {
  crossedDetectable,
  crossedPower,
  problemsNeeded,
  seedsNeeded,
} from '../stats/varianceComponentsPower.ts'
import { UserError } from '../util/errors.ts'
import { plural } from '../util/text.ts'
import { findingOf } from './finding.ts'
import { inOrder, mean, type PairedResult, type ProblemScores, pairScores } from './pairs.ts'
import { type Twin, twinLine } from './seedsTwins.ts'

/** The trainings of one recipe on one task, and the base. */
export interface SeedTwins {
  recipe: string
  task: string
  base: ProblemScores
  twins: readonly Twin[]
  /** Whether answers were drawn at a temperature above 0. */
  sampled: boolean
}

/** Fixed, so that a report is the same each time it is made. */
const PERMUTATION_SEED = 20_240_521

interface Work {
  of: SeedTwins
  shared: string[]
  trainings: PairedResult
  recipe: CrossedMean | null
}

/**
 * A report a recipe and task, Holm over all of them for each kind of statement. `margin` is a fraction. `statements`: of how many
 * the plan is to be one; those about recipes where it is not given.
 */
export function seedReports(
  all: readonly SeedTwins[],
  margin: number | null,
  statements?: number,
): SeedReport[] {
  const work = all.map(measure)
  const ofTrainings = holm(work.map(({ trainings }) => trainings.p))
  const several = work.filter(({ recipe }) => recipe !== null)
  const ofRecipes = holm(several.map(({ recipe }) => recipe!.p))
  const alpha = 0.05 / Math.max(1, statements ?? several.length)
  return work.map((item, i) => {
    const { of, shared, trainings, recipe } = item
    const place = several.indexOf(item)
    return {
      recipe: of.recipe,
      task: of.task,
      seeds: of.twins.map(({ seed }) => seed),
      paired: shared.length,
      unpaired: unpaired(of, shared),
      deltas: of.twins.map(({ scores }) => pairScores(only(of.base, shared), only(scores, shared)).delta),
      ofRecipe: recipe ? recipeEffect(item, ofRecipes[place]!, margin) : { absent: ONE_SEED },
      ofTrainings: {
        delta: trainings.delta,
        p: trainings.p,
        holmP: ofTrainings[i]!,
        finding: findingOf(trainings.delta, ofTrainings[i]!, margin),
      },
      signFlip: recipe ? seedSignFlip(item) : { absent: ONE_SEED },
      twins: twinLine(of.twins),
      variance: varianceComponents(cellsOf(of), { sampled: of.sampled }),
      mde: recipe && !isFlat(recipe) ? crossedDetectable(design(item, alpha)) : null,
      plan: plan(item, alpha, margin),
    }
  })
}

const ONE_SEED =
  'one seed: nothing shows how much of the effect another seed would have; train the recipe with two or more'

function measure(of: SeedTwins): Work {
  checkTwins(of)
  const shared = inOrder([...of.base.keys()].filter((id) => of.twins.every(({ scores }) => scores.has(id))))
  if (shared.length < 3) throw tooFew(of, shared.length)
  const base = only(of.base, shared)
  const bySeed = new Map(shared.map((id) => [id, of.twins.map(({ scores }) => mean(scores.get(id)!))]))
  const variants = of.twins.length === 1 ? only(of.twins[0]!.scores, shared) : bySeed
  const trainings = pairScores(base, variants)
  if (of.twins.length === 1) return { of, shared, trainings, recipe: null }
  const pairs = of.twins.map(({ scores: variant }) => ({ base: of.base, variant }))
  return { of, shared, trainings, recipe: recipeMean(pairs, shared) }
}

/** A training beside what it is compared with: the base that all share, or one of the same seed. */
export interface SeedPair {
  base: ProblemScores
  variant: ProblemScores
}

/** Effect of a recipe, of two or more trainings, on the problems `shared` by all. */
export function recipeMean(pairs: readonly SeedPair[], shared: readonly string[]): CrossedMean {
  const differences = pairs.map(({ base, variant }) =>
    shared.map((id) => mean(variant.get(id)!) - mean(base.get(id)!)),
  )
  const unit = pairs.every((pair) =>
    [pair.base, pair.variant].every((side) => shared.every((id) => isUnit(side.get(id)!))),
  )
  return crossedMean(differences, unit ? 1 : null)
}

function checkTwins({ recipe, task, twins }: SeedTwins): void {
  const seeds = twins.map(({ seed }) => seed)
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i)
  if (twins.length > 0 && twice === undefined) return
  const wrong = twice === undefined ? 'has no training' : `has two trainings with the random seed ${twice}`
  throw new UserError(`${recipe} on ${task} ${wrong}`, {
    hint: 'name trainings of one recipe that differ in their random seed',
  })
}

function tooFew({ recipe, task, base, twins }: SeedTwins, shared: number): UserError {
  const counts = twins.map(({ seed, scores }) => `seed ${seed} ${scores.size}`).join(', ')
  return new UserError(
    `${task}: the base and all trainings of ${recipe} have ${plural(shared, 'scored problem')} in common, and 3 are the least; the base has ${base.size}, ${counts}`,
    { hint: 'compare runs of the same task; see what each holds with: tunediff show RUN' },
  )
}

const only = (scores: ProblemScores, ids: readonly string[]): ProblemScores =>
  new Map(ids.map((id) => [id, scores.get(id)!]))

function unpaired({ base, twins }: SeedTwins, shared: readonly string[]): string[] {
  const kept = new Set(shared)
  const all = new Set([base, ...twins.map(({ scores }) => scores)].flatMap((scores) => [...scores.keys()]))
  return inOrder([...all].filter((id) => !kept.has(id)))
}

const cellsOf = ({ twins }: SeedTwins) =>
  twins.flatMap(({ seed, scores }) => [...scores].map(([problem, list]) => ({ seed, problem, scores: list })))

function recipeEffect({ of, recipe }: Work, holmP: number, margin: number | null): SeedEffect {
  const { mean: value, interval, p } = recipe!
  const delta = { value, ...interval, n: of.twins.length, method: 'seeds-and-problems' }
  return { delta, p, holmP, finding: findingOf(delta, holmP, margin) }
}

function seedSignFlip({ of, shared }: Work): { p: number; least: number } {
  const deltas = of.twins.map(({ scores }) =>
    mean(shared.map((id) => mean(scores.get(id)!) - mean(of.base.get(id)!))),
  )
  return { p: signFlip(deltas, { seed: PERMUTATION_SEED }).p, least: 2 ** (1 - deltas.length) }
}

const design = ({ of, shared, recipe }: Work, alpha: number) => ({
  seeds: of.twins.length,
  problems: shared.length,
  variance: recipe!.variance,
  alpha,
})

const isFlat = ({ variance: { seed, problem, rest } }: CrossedMean): boolean => seed + problem + rest === 0

function plan(work: Work, alpha: number, margin: number | null): SeedPlan | Absent {
  if (!work.recipe) return { absent: ONE_SEED }
  if (margin === null || margin === 0) return { absent: 'no margin was stated' }
  if (isFlat(work.recipe))
    return { absent: 'nothing differs by seed or problem: there is no spread to plan with' }
  const from = design(work, alpha)
  return {
    margin,
    power: crossedPower(from, margin),
    seeds: seedsNeeded(from, margin),
    problems: problemsNeeded(from, margin),
  }
}
