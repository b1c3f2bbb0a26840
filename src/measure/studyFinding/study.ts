// The study as a whole: how the variants compare, the zero lines, what could not be told and what it would take.
import type { EffectResult } from '../../schema/results.ts'
import { count, nats, percent, points } from '../../util/numbers.ts'
import { each, joined, type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import { detectable, trainingsFound, withFinding } from './answers.ts'
import { withoutEqualBudget } from './changed.ts'
import { known, lossesOf, type StudyView, textsOf, type VariantView } from './view.ts'
import { trainedChanges } from './weights.ts'
import { counted, lengthOf, listed, span } from './words.ts'

export function studySentences(view: StudyView): Sentence[] {
  return [
    furthest(view),
    ...forgetting(view),
    zeroLines(view),
    undecided(view),
    budget(view),
    notMeasured(view),
  ].filter((one) => one !== null)
}

/** Most moved in weights, and in predictions: often not the same. */
function furthest({ variants }: StudyView): Sentence | null {
  const weights = most(variants, ({ weights }) => trainedChanges(weights))
  const kls = most(variants, ({ predictions }) =>
    predictions.flatMap((one) => known(one.of('whole').of('kl'))?.of('value') ?? []),
  )
  if (!weights || !kls || variants.length < 2) return null
  const isSplit = variants.some(({ weights }) =>
    weights.some(({ value }) => value.matrices.trainingAlone !== undefined),
  )
  const by = isSplit ? 'weights by training alone' : 'weights'
  const inWeights = prose`${weights.name} (${shown(weights.value, percent)} %)`
  const inPredictions = prose`${kls.name} (${shown(kls.value, nats)} nats a token)`
  return weights.name === kls.name
    ? prose`Furthest in ${by} and in predictions is ${inWeights}, ${shown(kls.value, nats)} nats a token.`
    : prose`Furthest in ${by} is ${inWeights}, furthest in predictions ${inPredictions}: how far weights moved does not tell how far predictions did.`
}

function most(
  variants: readonly VariantView[],
  of: (view: VariantView) => readonly Placed<number>[],
): { name: string; value: Placed<number> } | null {
  const all = variants.flatMap((view) => of(view).map((value) => ({ name: view.name, value })))
  return all.length < 2 ? null : all.reduce((a, b) => (b.value.value > a.value.value ? b : a))
}

/** Texts first: what they show and scores do not is said. */
function forgetting({ variants }: StudyView): Sentence[] {
  const worse = variants.filter((view) => textsOf(view) === 'worse')
  const sentences: Sentence[] = []
  if (worse.length > 0)
    sentences.push(
      prose`${listed(worse.map(withBytes))} ${worse.length === 1 ? 'predicts' : 'predict'} the texts worse.`,
    )
  const unseen = worse.filter((view) => view.effects.length > 0 && !isWorseSomewhere(view))
  if (unseen.length > 0)
    sentences.push(
      prose`No task shows it of ${listed(unseen.map(({ name }) => name))}: scores alone would have missed it.`,
    )
  const lost = variants.filter(
    (view) => isWorseSomewhere(view) && textsOf(view) !== 'worse' && textsOf(view) !== null,
  )
  const open = lost.filter((view) => textsOf(view) === 'unclear')
  const kept = lost.filter((view) => textsOf(view) !== 'unclear')
  const names = (views: readonly VariantView[]): Sentence =>
    listed(
      views.map((view) =>
        withFinding(view, 'worse').length > 0 ? view.name : `${view.name} (in these trainings)`,
      ),
    )
  if (open.length > 0)
    sentences.push(
      prose`${names(open)} lost answers on a task; whether the texts are predicted worse too cannot be told.`,
    )
  if (kept.length > 0)
    sentences.push(prose`${names(kept)} lost answers on a task, and these texts do not show it.`)
  return sentences
}

const isWorseSomewhere = (view: VariantView): boolean =>
  withFinding(view, 'worse').length + trainingsFound(view, 'worse').length > 0

function withBytes(view: VariantView): Sentence {
  const values = lossesOf(view)
  return prose`${view.name} (by ${span(values, nats)} bits per byte)`
}

function zeroLines({ root, variants }: StudyView): Sentence | null {
  const lines = each(root.of('zeroLines')).flatMap((line) => {
    const kl = (key: 'batchShape' | 'nf4'): Part | null => {
      const { value, at } = line.of(key)
      const found = 'absent' in value ? null : known(new Placed(value.kl, `${at}/kl`))
      return found
        ? prose`${shown(found.of('value'), nats)} nats ${key === 'nf4' ? 'in 4 bits' : 'in another batch shape'}`
        : null
    }
    const parts = [kl('batchShape'), kl('nf4')].filter((part) => part !== null)
    const { value, at } = line.of('batchShape')
    const first = 'absent' in value ? null : new Placed(value.documents, `${at}/documents`)
    const on = first
      ? prose` (on ${shown(first, count)} ${first.value === 1 ? 'document' : 'documents'})`
      : ''
    return parts.length === 0 ? [] : [prose`${line.value.side} against itself moves by ${listed(parts)}${on}`]
  })
  const twins = variants.flatMap(({ effects }) =>
    effects.flatMap((effect) => {
      const { value, at } = effect.of('seeds')
      return 'absent' in value || 'absent' in value.twins
        ? []
        : [new Placed(value.twins.flipRate, `${at}/twins/flipRate`)]
    }),
  )
  const parts = [
    ...lines,
    ...(twins.length > 0 ? [prose`seed twins flip ${span(twins, points)} % of the answers to a task`] : []),
  ]
  return parts.length === 0 ? null : prose`Zero lines: ${joined(parts, '; ')}.`
}

function undecided({ root, variants }: StudyView): Sentence | null {
  const effects = root.of('effects')
  if (effects.value.length === 0) return null
  const all = shown(effects, lengthOf)
  const isAlone = effects.value.length === 1
  const holm = isAlone ? '' : '; p is after Holm over all of them, intervals are 95 % of one'
  const problems = span(
    each(effects).map((one) => one.of('problems')),
    count,
  )
  const asked = prose`Answers are to ${problems} problems a task. `
  const open = variants.flatMap((view) => withFinding(view, 'cannot-tell'))
  if (open.length === 0)
    return isAlone ? null : prose`${asked}None of ${all} statements on answers is undecided${holm}.`
  const number: Part = { at: effects.at, shown: count(open.length) }
  return prose`${asked}Undecided are ${number} of ${all} statements on answers${seen(open)}${holm}.`
}

function seen(open: readonly Placed<EffectResult>[]): Part {
  const gaps = detectable(open)
  const blind = open.length - gaps.length
  const none = blind === 0 ? '' : `; for ${countWord(blind)} no such gap is known`
  return gaps.length === 0
    ? ''
    : prose`, where true gaps of ${span(gaps, points)} points would have been seen (80 % power${none})`
}

function budget({ variants }: StudyView): Sentence | null {
  const names = withoutEqualBudget(variants)
  if (names.text === '') return null
  return prose`No equal-budget run exists beside ${names}: it takes plain sampling of the same model with as many calls.`
}

function notMeasured({ root }: StudyView): Sentence | null {
  const { cells } = root.value.asked
  const missing = cells.filter(({ state }) => state !== 'done')
  if (missing.length === 0) return null
  const number: Part = { at: '/asked/cells', shown: count(missing.length) }
  const failed = missing.filter(({ state }) => state === 'failed').length
  return prose`Not measured: ${number} of ${shown(root.of('asked').of('cells'), lengthOf)} cells${failed > 0 ? ` (${counted(failed, 'failure')})` : ''}; whatever needs them is left out above.`
}
