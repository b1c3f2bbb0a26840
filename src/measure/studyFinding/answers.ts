// What became of the answers, task by task: better, worse, no worse than the margin, cannot tell and what it would take.
import type { Finding } from '../../schema/comparison.ts'
import type { EffectResult } from '../../schema/results.ts'
import { type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import type { StudyView, VariantView } from './view.ts'
import { count, counted, listed, points, pText, roundUp, signedPoints, withInterval } from './words.ts'

type Effect = Placed<EffectResult>

export function answersSentences(view: VariantView, { root }: StudyView): Sentence[] {
  const clauses: Record<Finding, (of: readonly Effect[]) => Sentence> = {
    better: (of) => prose`Better on ${listed(of.map(evidence))}.`,
    worse: (of) => prose`Worse on ${listed(of.map((one) => prose`${evidence(one)}${within(one, root)}`))}.`,
    'no-worse': (of) =>
      prose`No worse by more than the margin of ${marginOf(root)} points on ${listed(of.map(short))}.`,
    'cannot-tell': (of) =>
      prose`Cannot tell on ${listed(of.map((one) => prose`${short(one)}${needs(one)}`))}.`,
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
function evidence(effect: Effect): Sentence {
  const { task } = effect.value
  const score = (key: 'baseScore' | 'variantScore'): Part => shown(effect.of(key), points)
  return prose`${task} (${score('variantScore')} % against ${score('baseScore')} %: ${change(effect)}, ${shown(effect.of('holmP'), pText)})`
}

const change = (effect: Effect): Sentence => withInterval(effect.of('delta'), signedPoints, ' points')

const short = (effect: Effect): Sentence =>
  prose`${effect.value.task} (${withInterval(effect.of('delta'), signedPoints)})`

function within(effect: Effect, root: StudyView['root']): Part {
  const { low } = effect.value.delta
  const { margin } = root.value.asked
  return margin !== null && low !== null && low > -margin ? ', which is within the margin' : ''
}

/** What would settle it. */
function needs(effect: Effect): Part {
  const { value } = effect
  const problems = effect.of('problems')
  if (value.neededProblems !== null && value.neededProblems > value.problems) {
    const needed = shown(effect.of('neededProblems'), (n) => roundUp(n!))
    return prose`: if that is the true gap, about ${needed} problems show it, and there are ${shown(problems, count)}`
  }
  if (value.mde === null) {
    return 'absent' in value.seeds
      ? prose`: ${shown(problems, count)} problems are too few to show any gap`
      : prose`: ${counted(value.seeds.seeds.length, 'training')} are too few to show any gap`
  }
  const mde = shown(effect.of('mde'), (gap) => points(gap!))
  return prose`: a true gap of ${mde} points would be seen`
}

/** Where these very trainings differ from the base, and another seed might not. */
function trainingsAlone({ effects }: VariantView): Sentence[] {
  const found = effects.flatMap((effect) => {
    const { value, at } = effect.of('seeds')
    if ('absent' in value || effect.value.finding !== 'cannot-tell') return []
    const seeds = new Placed(value, at)
    const { finding } = value.ofTrainings
    if (finding !== 'better' && finding !== 'worse') return []
    return [
      prose`${finding} on ${effect.value.task} (${withInterval(seeds.of('ofTrainings').of('delta'), signedPoints, ' points')}${moreSeeds(seeds)})`,
    ]
  })
  if (found.length === 0) return []
  return [prose`These very trainings are ${listed(found)}; whether another seed would be, cannot be told.`]
}

type Seeds = Placed<Exclude<EffectResult['seeds'], { absent: string }>>

function moreSeeds(seeds: Seeds): Part {
  const { value, at } = seeds.of('plan')
  if ('absent' in value || value.seeds === null) return ''
  const plan = new Placed(value, at)
  return prose`; ${shown(plan.of('seeds'), (n) => count(n!))} seeds would show a change of ${shown(plan.of('margin'), points)} points`
}

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
