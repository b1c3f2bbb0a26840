// What became of the answers, task by task: better, worse, no worse than the margin, cannot tell and what it would take.
import type { Finding } from '../../schema/comparison.ts'
import type { Estimate } from '../../schema/estimate.ts'
import type { EffectResult } from '../../schema/results.ts'
import type { SeedPlan } from '../../schema/seeds.ts'
import { ofTrainingsAlone } from '../../schema/sideNames.ts'
import { count, points, pText, signedPoints } from '../../util/numbers.ts'
import { joined, type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import type { StudyView, VariantView } from './view.ts'
import { listed, roundUp, span, withInterval } from './words.ts'

type Effect = Placed<EffectResult>

/** Tasks that are named with all their evidence; of the others only how much changed. */
const NAMED = 3

export function answersSentences(view: VariantView, { root }: StudyView): Sentence[] {
  const clauses: Record<Finding, (of: readonly Effect[]) => Sentence> = {
    better: (of) => prose`Better on ${listed(of.map(evidence))}.`,
    worse: (of) =>
      prose`Worse on ${listed(of.map((one, i) => prose`${evidence(one, i)}${within(one, root)}`))}.`,
    'no-worse': (of) =>
      prose`No worse by more than the margin of ${marginOf(root)} points on ${listed(of.map(short))}.`,
    'cannot-tell': undecided,
  }
  const sentences = (Object.keys(clauses) as Finding[]).flatMap((finding) => {
    const of = withFinding(view, finding)
    return of.length === 0 ? [] : [clauses[finding](of)]
  })
  return [...sentences, ...needs(withFinding(view, 'cannot-tell')), ...trainingsAlone(view), ...twins(view)]
}

/** Largest change first. */
export const withFinding = ({ effects }: VariantView, finding: Finding): Effect[] =>
  effects
    .filter(({ value }) => value.finding === finding)
    .sort((a, b) => Math.abs(b.value.delta.value) - Math.abs(a.value.delta.value))

export const marginOf = (root: StudyView['root']): Part =>
  shown(root.of('asked').of('margin'), (margin) => points(margin!))

/** `iso (98.8 % against 41.0 %: +57.8 points [+52.1, +63.5], p < 0.0001)`. */
function evidence(effect: Effect, place: number): Sentence {
  if (place >= NAMED) return short(effect)
  const { task } = effect.value
  const score = (key: 'baseScore' | 'variantScore'): Part => shown(effect.of(key), points)
  return prose`${task} (${score('variantScore')} % against ${score('baseScore')} %: ${change(effect)}, ${pOf(effect)})`
}

const pOf = (effect: Effect): Part => shown(effect.of('holmP'), pText)

const change = (effect: Effect): Sentence => withInterval(effect.of('delta'), signedPoints, ' points')

const short = (effect: Effect): Sentence => prose`${effect.value.task} (${change(effect)})`

/** The largest gaps by name, the others together. */
function undecided(of: readonly Effect[]): Sentence {
  // One alone is named too.
  const some = of.length === NAMED + 1 ? of.length : NAMED
  const named = of
    .slice(0, some)
    .map((one) => prose`${one.value.task} (${change(one)}${unlessZeroInside(one)})`)
  const rest = of.slice(some)
  const deltas = rest.map((one) => one.of('delta').of('value'))
  const others =
    rest.length === 0
      ? []
      : [prose`${listed(rest.map(({ value }) => value.task))} (${span(deltas, signedPoints)})`]
  return prose`Cannot tell on ${listed([...named, ...others])}.`
}

/** An interval is of one statement, and p of all of them: where they seem to disagree both p are told. */
function unlessZeroInside(effect: Effect): Part {
  const { low, high } = effect.value.delta
  if (low === null || high === null || (low <= 0 && high >= 0)) return ''
  return prose`, ${shown(effect.of('p'), pText)} alone, ${pOf(effect)} among all`
}

function within(effect: Effect, root: StudyView['root']): Part {
  const { low } = effect.value.delta
  const { margin } = root.value.asked
  return margin !== null && low !== null && low > -margin ? ', which is within the margin' : ''
}

/** What would settle those that cannot be told. */
function needs(of: readonly Effect[]): Sentence[] {
  if (of.length === 0) return []
  if (of.some(({ value }) => !('absent' in value.seeds))) return seedNeeds(of)
  const problems = span(
    of.map((one) => one.of('problems')),
    count,
  )
  const needed = of.flatMap((one) => {
    const { neededProblems, problems: have } = one.value
    return neededProblems !== null && neededProblems > have
      ? [new Placed(neededProblems, `${one.at}/neededProblems`)]
      : []
  })
  if (needed.length > 0)
    return [
      prose`If these gaps are as large as seen here, about ${span(needed, roundUp)} problems would show them; there are ${problems}.`,
    ]
  const gaps = detectable(of)
  return gaps.length === 0
    ? [prose`${problems} problems are too few to show any gap.`]
    : [prose`A true gap of ${span(gaps, points)} points would be seen.`]
}

export const detectable = (of: readonly Effect[]): Placed<number>[] =>
  of.flatMap((one) => (one.value.mde === null ? [] : [new Placed(one.value.mde, `${one.at}/mde`)]))

/** Of a recipe it may be seeds that are few, or problems, or both: each alone may not do, whatever its number. */
function seedNeeds(of: readonly Effect[]): Sentence[] {
  const plans = of.flatMap(plannedOf)
  const known = plans.filter((one): one is Planned => one.plan !== null)
  const [first] = known
  if (!first) {
    const gaps = detectable(of)
    return gaps.length === 0
      ? []
      : [prose`With these seeds a true gap of ${span(gaps, points)} points would be seen.`]
  }
  const bySeeds = known.filter(({ have, plan }) => plan.value.seeds !== null && plan.value.seeds > have)
  const others = known.filter(({ plan }) => plan.value.seeds === null)
  const byProblems = others.filter(({ plan }) => plan.value.problems !== null)
  const byBoth = others.filter(({ plan }) => plan.value.problems === null)
  const clauses = [
    ...takes(bySeeds, 'seeds', count),
    ...takes(byProblems, 'problems', roundUp),
    ...(byBoth.length > 0 ? [prose`both more seeds and more problems on ${tasksOf(byBoth)}`] : []),
  ]
  if (clauses.length === 0) return []
  const unknown = plans.filter(({ plan }) => plan === null)
  const rest = unknown.length === 0 ? '' : prose`; for ${tasksOf(unknown)} no number is known`
  return [
    prose`To show a change of ${shown(first.plan.of('margin'), points)} points it takes ${joined(clauses, ', and ')}${rest}.`,
  ]
}

interface Planned {
  task: string
  /** Seeds that there are. */
  have: number
  plan: Placed<SeedPlan>
}

function plannedOf(effect: Effect): (Planned | { task: string; plan: null })[] {
  const { task } = effect.value
  const { value, at } = effect.of('seeds')
  if ('absent' in value) return []
  if ('absent' in value.plan) return [{ task, plan: null }]
  return [{ task, have: value.seeds.length, plan: new Placed(value.plan, `${at}/plan`) }]
}

const tasksOf = (plans: readonly { task: string }[]): Sentence => listed(plans.map(({ task }) => task))

/** `about 11 seeds on code and verdict`. */
function takes(
  plans: readonly Planned[],
  what: 'seeds' | 'problems',
  format: (value: number) => string,
): Sentence[] {
  if (plans.length === 0) return []
  const numbers = plans.map(({ plan }) => new Placed(plan.value[what]!, `${plan.at}/${what}`))
  return [prose`about ${span(numbers, format)} ${what} on ${tasksOf(plans)}`]
}

/** Tasks on which these very trainings differ from the base, while of the recipe it cannot be told. */
export const trainingsFound = ({ effects }: VariantView, finding: 'better' | 'worse'): Effect[] =>
  effects.filter(({ value }) => ofTrainingsAlone(value) === finding)

function trainingsAlone(view: VariantView): Sentence[] {
  const found = (['better', 'worse'] as const).flatMap((finding) => {
    const those = trainingsFound(view, finding)
    const names = those.map((effect) => {
      const { value, at } = effect.of('seeds') as Seeds
      const delta = new Placed(value.ofTrainings.delta, `${at}/ofTrainings/delta`)
      return prose`${effect.value.task} (${withInterval(delta, signedPoints, ' points')})`
    })
    return those.length === 0 ? [] : [prose`${finding} on ${listed(names)}`]
  })
  return found.length === 0
    ? []
    : [prose`These very trainings are ${listed(found)}; whether another seed would be, cannot be told.`]
}

type Seeds = Placed<Exclude<EffectResult['seeds'], { absent: string }>>

/** The zero line of a recipe: what another seed changes by itself. */
function twins({ effects }: VariantView): Sentence[] {
  const found = effects.flatMap((effect) => {
    const { value, at } = effect.of('seeds')
    if ('absent' in value || 'absent' in value.twins) return []
    const rate = new Placed(value.twins.flipRate, `${at}/twins/flipRate`)
    const { seed } = value.variance.parts
    const score =
      seed === undefined || 'absent' in seed
        ? null
        : new Placed(seed.score, `${at}/variance/parts/seed/score`)
    return [{ task: effect.value.task, rate, score }]
  })
  if (found.length === 0) return []
  const sorted = found.sort((a, b) => a.rate.value - b.rate.value)
  const [least, most] = [sorted[0]!, sorted.at(-1)!]
  if (most.rate.value === 0) return [prose`Between seed twins no answer flips on any task.`]
  const rates =
    sorted.length === 1
      ? prose`${shown(most.rate, points)} % of the answers flip`
      : prose`${shown(least.rate, points)} (${least.task}) to ${shown(most.rate, points)} % (${most.task}) of the answers flip`
  return [prose`Between seed twins ${rates}${seedSpread(found)}.`]
}

/** Standard deviation of the score from one training to another, in points, where it is largest. */
function seedSpread(found: readonly { task: string; score: Placed<Estimate> | null }[]): Part {
  const scored = found.flatMap(({ task, score }) => (score ? [{ task, score }] : []))
  if (scored.length === 0) return ''
  const { task, score } = scored.reduce((a, b) => (b.score.value.value > a.score.value.value ? b : a))
  const root = (variance: number): string => points(Math.sqrt(Math.max(0, variance)))
  const { low, high } = score.value
  const interval =
    low === null || high === null
      ? ''
      : prose` [${shown(score.of('low'), (x) => root(x!))}, ${shown(score.of('high'), (x) => root(x!))}]`
  return prose`; from one seed to another the score varies most on ${task}, with a standard deviation of ${shown(score.of('value'), root)}${interval} points`
}
