// How far the weights moved, against what rounding alone gives, in a sentence.

import { count, percent } from '../../util/numbers.ts'
import { type Part, Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import { known, type VariantView, zeroOf } from './view.ts'
import { counted, span } from './words.ts'

export function weightsSentence({ weights, against }: VariantView): Sentence | null {
  const [first] = weights
  if (!first) return null
  const tensors = first.of('tensors')
  if (weights.every(({ value }) => value.tensors.changed === 0)) {
    return tensors.value.compared === 0
      ? prose`No tensor is in both models, so weights cannot be compared.`
      : prose`Its weights are those of ${against}: all ${shown(tensors.of('compared'), count)} tensors are equal.`
  }
  const moved = movedBy(weights)
  if (!moved) return prose`Its weights changed, from matrices that are zero in ${against}: there is no ratio.`
  const changed = weights.map((one) => one.of('tensors').of('changed'))
  const how = splitWords(weights) ?? rounding(first)
  return prose`Its weights moved by ${moved} of the norm of ${against}'s matrices${how}, in ${span(changed, count)} of ${shown(tensors.of('compared'), count)} tensors${directions(weights)}.${notFinite(weights)}`
}

function notFinite(weights: VariantView['weights']): Part {
  const counts = weights.map((one) => one.of('tensors').of('nonFinite')).filter(({ value }) => value > 0)
  return counts.length === 0
    ? ''
    : prose` NaN or infinite, and left out of this, are ${span(counts, count)} elements.`
}

/** `6.61 to 7.30 %`; null where there is no ratio. */
export function movedBy(weights: VariantView['weights']): Part | null {
  const moved = relativeChanges(weights)
  return moved.length === 0 ? null : prose`${span(moved, percent)} %`
}

const changesOf = (
  weights: VariantView['weights'],
  measure: 'relativeChange' | 'quantisationAlone' | 'trainingAlone',
): Placed<number>[] =>
  weights.flatMap((one) => {
    const { value, at } = one.of('matrices').of(measure)
    return value === undefined || 'absent' in value ? [] : [new Placed(value.value, `${at}/value`)]
  })

const relativeChanges = (weights: VariantView['weights']): Placed<number>[] =>
  changesOf(weights, 'relativeChange')

/** By training; of a quantised variant without what quantising alone does. */
export function trainedChanges(weights: VariantView['weights']): Placed<number>[] {
  const alone = changesOf(weights, 'trainingAlone')
  return alone.length > 0 ? alone : relativeChanges(weights)
}

/** Of a quantised variant: both parts, whose squares add up. */
function splitWords(weights: VariantView['weights']): Part | null {
  const [quantising, training] = [
    changesOf(weights, 'quantisationAlone'),
    changesOf(weights, 'trainingAlone'),
  ]
  if (quantising.length === 0 || training.length === 0) return null
  return prose` (quantising alone ${span(quantising, percent)} %, training alone ${span(training, percent)} %)`
}

function rounding(first: VariantView['weights'][number]): Part {
  const change = known(first.of('matrices').of('relativeChange'))
  const zero = change && zeroOf(change)
  return zero ? prose` (rounding to its format alone gives ${shown(zero, percent)} %)` : ''
}

function directions(weights: VariantView['weights']): Part {
  const found = weights.flatMap((one) => {
    const { value, at } = one.of('directions')
    return 'absent' in value ? [] : [new Placed(value, at)]
  })
  if (found.length === 0) return ''
  const ends = [...found.map((one) => one.of('least')), ...found.map((one) => one.of('most'))]
  return prose`, with ${span(ends, count)} directions or more above rounding in a matrix`
}

/** What differs besides weights, and is dangerous. */
export function settingsSentence({ weights }: VariantView): Sentence | null {
  const [first] = weights
  if (!first) return null
  const settings = first.of('settings')
  // Both sides compute in fp32 here, whatever they are stored in.
  const dangerous = settings.value.filter(({ danger, subject }) => danger === 'high' && subject !== 'dtype')
  if (dangerous.length === 0) return null
  const named = dangerous.slice(0, 3).map(({ subject, key }) => (subject === key ? key : `${subject} ${key}`))
  const rest = settings.value.length - named.length
  const more = rest > 0 ? ` and ${countWord(rest)} more` : ''
  return {
    text: `Besides its weights ${counted(settings.value.length, 'setting differs', 'settings differ')}, which can change answers too: ${named.join(', ')}${more}.`,
    figures: [{ at: settings.at, shown: countWord(settings.value.length) }],
  }
}
