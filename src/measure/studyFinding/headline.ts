// The finding in one line.
import type { EffectResult } from '../../schema/results.ts'
import { nats, points, signedNats, signedPoints } from '../../util/numbers.ts'
import { each, joined, type Part, type Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import { marginOf, trainingsFound, withFinding } from './answers.ts'
import { isUnmoved } from './texts.ts'
import { corporaOf, known, lossesOf, type StudyView, textsOf, type VariantView } from './view.ts'
import { movedBy } from './weights.ts'
import { counted, listed, span, withInterval } from './words.ts'

const NOTHING = prose`Nothing of this study could be measured.`

export function headlineOf(view: StudyView): Sentence {
  if (view.variants.length === 0) return ofBase(view)
  const measured = view.variants.filter(
    ({ weights, predictions, effects }) => weights.length + predictions.length + effects.length > 0,
  )
  if (measured.length === 0)
    return view.root.value.scores.length > 1
      ? prose`Nothing of this study could be compared: no variant has answers to a task of its base.`
      : NOTHING
  return measured.length === 1 ? ofOne(measured[0]!, view) : ofSeveral(measured, view)
}

/** Nothing stands beside it: what it scores. */
function ofBase({ root }: StudyView): Sentence {
  const scores = each(root.of('scores')).map((score) => {
    const { task, metric } = score.value
    const rate = score.of('report').of('rate')
    return prose`${withInterval(rate, points, ' %')} on ${task} (${metric})`
  })
  if (scores.length === 0) return NOTHING
  return prose`${root.value.asked.sides[0]!.name} scores ${listed(scores)}.`
}

function ofOne(variant: VariantView, view: StudyView): Sentence {
  if (isBase(variant))
    return prose`${variant.name} is ${variant.against}: no weight and no prediction differs.`
  const clauses = [
    answersClause(variant, view),
    ...textsClause(variant),
    ...weightsClause(variant),
    ...solverClause(variant),
  ]
  return prose`${variant.name} ${joined(
    clauses.filter((one) => one.text !== ''),
    '; it ',
  )}.`
}

const isBase = ({ weights, predictions }: VariantView): boolean =>
  predictions.length > 0 &&
  isUnmoved(predictions) &&
  weights.every(({ value: { tensors } }) => tensors.compared > 0 && tensors.changed === 0)

function answersClause(variant: VariantView, { root }: StudyView): Sentence {
  const { effects, against } = variant
  if (effects.length === 0) return prose``
  const [better, worse, noWorse] = (['better', 'worse', 'no-worse'] as const).map((finding) =>
    withFinding(variant, finding),
  )
  if (better!.length + worse!.length === 0) {
    const tasks = effects.length === 1 ? effects[0]!.value.task : `any of ${counted(effects.length, 'task')}`
    return noWorse!.length === effects.length
      ? prose`is no worse than ${against} by more than ${marginOf(root)} points on ${tasks}`
      : prose`cannot be told from ${against} on ${tasks}`
  }
  const parts = [
    ...(better!.length > 0 ? [prose`better than ${against} on ${few(better!)}`] : []),
    ...(worse!.length > 0
      ? [prose`worse${better!.length > 0 ? '' : ` than ${against}`} on ${few(worse!)}`]
      : []),
  ]
  return prose`is ${listed(parts)}`
}

function few(effects: readonly Placed<EffectResult>[]): Sentence {
  const named = effects.slice(0, 2).map(gain)
  return effects.length > 2
    ? prose`${joined(named, ', ')} and ${counted(effects.length - 2, 'more task')}`
    : listed(named)
}

const gain = (effect: Placed<EffectResult>): Sentence =>
  prose`${effect.value.task} (${shown(effect.of('delta').of('value'), signedPoints)} points)`

function textsClause(variant: VariantView): Sentence[] {
  const corpora = corporaOf(variant)
  const direction = textsOf(variant)
  if (direction === null) return []
  if (direction === 'same') return [prose`predicts the texts exactly as ${variant.against} does`]
  if (direction === 'unclear')
    return [prose`predicts the texts neither better nor worse, as far as can be told`]
  const clauses = (['worse', 'better'] as const).flatMap((wanted) => {
    const those = corpora.filter((corpus) => corpus.direction === wanted)
    const named = those.map(({ name, changes }) => {
      const values = span(
        changes.map((change) => change.of('value')),
        signedNats,
      )
      return prose`${corpora.length === 1 ? 'the texts' : name} ${wanted} (${values} bits per byte)`
    })
    return named
  })
  return [prose`predicts ${listed(clauses)}`]
}

function weightsClause(variant: VariantView): Sentence[] {
  const moved = movedBy(variant.weights)
  return moved ? [prose`moved ${moved} in weights`] : []
}

/** What is read as the work of a model may be that of a scaffold around it. */
function solverClause({ changes }: VariantView): Sentence[] {
  const [change] = changes
  if (!change?.value.solverChanged) return []
  return change.value.modelChanged === true
    ? [prose`differs in model and solver, so the difference cannot be given to either`]
    : change.value.modelChanged === false
      ? [prose`differs in its solver alone: no weight changed`]
      : []
}

function solversOfSeveral(variants: readonly VariantView[]): Sentence[] {
  const those = (isModelChanged: boolean): string[] =>
    variants.flatMap(({ name, changes: [change] }) =>
      change?.value.solverChanged && change.value.modelChanged === isModelChanged ? [name] : [],
    )
  const [alone, both] = [those(false), those(true)]
  return [
    ...(alone.length > 0 ? [prose`in ${listed(alone)} only the solver changed, no weight`] : []),
    ...(both.length > 0 ? [prose`in ${listed(both)} model and solver both did`] : []),
  ]
}

function ofSeveral(variants: readonly VariantView[], view: StudyView): Sentence {
  const answered = variants.filter(({ effects }) => effects.length > 0)
  const clauses = [
    ...(answered.length > 0 ? [answersOfSeveral(answered)] : []),
    ...textsOfSeveral(variants),
    ...(answered.length === 0 ? distances(variants) : []),
    ...solversOfSeveral(variants),
  ]
  const number: Part = { at: view.root.of('asked').of('sides').at, shown: countWord(variants.length) }
  return prose`Of ${number} variants ${joined(clauses, '; ')}.`
}

function answersOfSeveral(variants: readonly VariantView[]): Sentence {
  const [better, worse] = [found(variants, 'better'), found(variants, 'worse')]
  const none = noneOf(variants)
  if (!better && !worse) return prose`${none} is seen to be better or worse on any task`
  const alone = variants.filter(
    (view) => withFinding(view, 'worse').length === 0 && trainingsFound(view, 'worse').length > 0,
  )
  const names = listed(alone.map(({ name }) => name))
  const also =
    alone.length === 0 ? '' : prose`, and so are these trainings of ${names}, though other seeds may not be`
  return prose`${better ?? `${none} is better on any task`}, ${worse ?? `${none} is worse on any`}${also}`
}

const noneOf = (variants: readonly VariantView[]): string => (variants.length === 2 ? 'neither' : 'none')

const howMany = (number: number, of: number): string =>
  number < of || of === 1 ? countWord(number) : of === 2 ? 'both' : 'all'

function found(variants: readonly VariantView[], finding: 'better' | 'worse'): Sentence | null {
  const those = variants.flatMap((view) => {
    const [first] = withFinding(view, finding)
    return first ? [{ name: view.name, first, size: Math.abs(first.value.delta.value) }] : []
  })
  if (those.length === 0) return null
  const { name, first } = those.reduce((a, b) => (b.size > a.size ? b : a))
  const most = prose`most ${name} on ${first.value.task}, ${shown(first.of('delta').of('value'), signedPoints)} points`
  return prose`${howMany(those.length, variants.length)} ${those.length === 1 ? 'is' : 'are'} ${finding} on some task (${most})`
}

function textsOfSeveral(variants: readonly VariantView[]): Sentence[] {
  const measured = variants.filter((view) => textsOf(view) !== null)
  if (measured.length === 0) return []
  const worse = measured.filter((view) => textsOf(view) === 'worse')
  if (worse.length === 0) return [prose`${noneOf(variants)} is seen to predict the texts worse`]
  const all = worse.flatMap((view) => lossesOf(view).map((change) => ({ name: view.name, change })))
  const { name, change } = all.reduce((a, b) => (b.change.value > a.change.value ? b : a))
  return [
    prose`${howMany(worse.length, variants.length)} ${worse.length === 1 ? 'predicts' : 'predict'} the texts worse (most ${name}, by ${shown(change, nats)} bits per byte)`,
  ]
}

function distances(variants: readonly VariantView[]): Sentence[] {
  const kls = variants.flatMap(({ predictions }) =>
    predictions.flatMap((one) => known(one.of('whole').of('kl'))?.of('value') ?? []),
  )
  return kls.length === 0 ? [] : [prose`predictions moved by ${span(kls, nats)} nats a token`]
}
