// What became of the answers, task by task: better, worse, no worse than the margin, cannot tell and what it would take.
import type { Finding } from '../../schema/comparison.ts'
import type { EffectResult } from '../../schema/results.ts'
import { type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import type { StudyView, VariantView } from './view.ts'
import { count, listed, points, pText, roundUp, signedPoints, span, withInterval } from './words.ts'

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
  return [...sentences, ...trainingsAlone(view), ...twins(view)]
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

/** The largest gaps by name, the others together, and what would settle them. */
function undecided(of: readonly Effect[]): Sentence {
  const named = of
    .slice(0, NAMED)
    .map((one) => prose`${one.value.task} (${change(one)}${unlessZeroInside(one)})`)
  const rest = of.slice(NAMED)
  const deltas = rest.map((one) => one.of('delta').of('value'))
  const others =
    rest.length === 0
      ? []
      : [prose`${listed(rest.map(({ value }) => value.task))} (${span(deltas, signedPoints)})`]
  return prose`Cannot tell on ${listed([...named, ...others])}${needs(of)}.`
}

/** The interval and the test are two methods, and Holm is in the test alone. */
function unlessZeroInside(effect: Effect): Part {
  const { low, high } = effect.value.delta
  return low !== null && high !== null && (low > 0 || high < 0) ? prose`, ${pOf(effect)}` : ''
}

function within(effect: Effect, root: StudyView['root']): Part {
  const { low } = effect.value.delta
  const { margin } = root.value.asked
  return margin !== null && low !== null && low > -margin ? ', which is within the margin' : ''
}

/** What would settle them. */
function needs(of: readonly Effect[]): Part {
  const [first] = of
  const problems = shown(first!.of('problems'), count)
  if (!('absent' in first!.value.seeds)) return seedNeeds(of)
  const needed = of.flatMap((one) => {
    const { neededProblems, problems: have } = one.value
    return neededProblems !== null && neededProblems > have
      ? [new Placed(neededProblems, `${one.at}/neededProblems`)]
      : []
  })
  if (needed.length > 0)
    return prose`: if gaps are as seen here, about ${span(needed, roundUp)} problems show them, and there are ${problems}`
  const gaps = detectable(of)
  return gaps.length === 0
    ? prose`: ${problems} problems are too few to show any gap`
    : prose`: a true gap of ${span(gaps, points)} points would be seen`
}

const detectable = (of: readonly Effect[]): Placed<number>[] =>
  of.flatMap((one) => (one.value.mde === null ? [] : [new Placed(one.value.mde, `${one.at}/mde`)]))

/** Of a recipe it is seeds that are few. */
function seedNeeds(of: readonly Effect[]): Part {
  const plans = of.flatMap((effect) => {
    const { value, at } = effect.of('seeds')
    return 'absent' in value || 'absent' in value.plan || value.plan.seeds === null
      ? []
      : [
          {
            seeds: new Placed(value.plan.seeds, `${at}/plan/seeds`),
            margin: new Placed(value.plan.margin, `${at}/plan/margin`),
          },
        ]
  })
  if (plans.length > 0) {
    const seeds = span(
      plans.map((plan) => plan.seeds),
      count,
    )
    return prose`: to show a change of ${shown(plans[0]!.margin, points)} points it takes about ${seeds} seeds`
  }
  const gaps = detectable(of)
  return gaps.length === 0
    ? ': too few seeds to show any gap'
    : prose`: with these seeds a true gap of ${span(gaps, points)} points would be seen`
}

/** Tasks on which these very trainings differ from the base, while of the recipe it cannot be told. */
export const ofTrainingsAlone = ({ effects }: VariantView, finding: 'better' | 'worse'): Effect[] =>
  effects.filter(
    ({ value: { seeds, finding: ofRecipe } }) =>
      !('absent' in seeds) && ofRecipe === 'cannot-tell' && seeds.ofTrainings.finding === finding,
  )

function trainingsAlone(view: VariantView): Sentence[] {
  const found = (['better', 'worse'] as const).flatMap((finding) => {
    const those = ofTrainingsAlone(view, finding)
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
    return [{ task: effect.value.task, rate, seeds: new Placed(value, at) }]
  })
  if (found.length === 0) return []
  const sorted = found.sort((a, b) => a.rate.value - b.rate.value)
  const most = sorted.at(-1)!
  if (most.rate.value === 0) return [prose`Between seed twins no answer flips on any task.`]
  const least = sorted[0]!
  const rates =
    sorted.length === 1
      ? prose`${shown(most.rate, points)} % of the answers flip`
      : prose`${shown(least.rate, points)} (${least.task}) to ${shown(most.rate, points)} % (${most.task}) of the answers flip`
  return [prose`Between seed twins ${rates}${seedSpread(most.seeds)}.`]
}

/** Standard deviation of the score from one training to another, in points. */
function seedSpread(seeds: Seeds): Part {
  const { value, at } = seeds.of('variance').of('parts').of('seed')
  if (value === undefined || 'absent' in value) return ''
  const score = new Placed(value.score, `${at}/score`)
  const root = (variance: number): string => points(Math.sqrt(Math.max(0, variance)))
  const { low, high } = value.score
  const interval =
    low === null || high === null
      ? ''
      : prose` [${shown(score.of('low'), (x) => root(x!))}, ${shown(score.of('high'), (x) => root(x!))}]`
  return prose`; from one seed to another the score there has a standard deviation of ${shown(score.of('value'), root)}${interval} points`
}
