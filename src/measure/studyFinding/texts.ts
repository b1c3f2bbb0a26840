// Forgetting is read here first: from KL and log-likelihood on texts. Scores of tasks miss it.

import type { Estimate } from '../../schema/estimate.ts'
import type { PredictionsResult } from '../../schema/results.ts'
import { joined, type Part, type Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import { corporaOf, type Direction, directionOf, known, type VariantView, zeroOf } from './view.ts'
import { count, counted, listed, nats, signedNats, span, withInterval } from './words.ts'

export function textsSentences(view: VariantView): Sentence[] {
  return [distanceSentence(view), bytesSentence(view)].filter((one) => one !== null)
}

function distanceSentence({ predictions, against }: VariantView): Sentence | null {
  const [first] = predictions
  if (!first) return null
  const whole = first.of('whole')
  const where = prose`${namesOf(first)} (${shown(whole.of('tokens'), count)} tokens of ${shown(whole.of('documents'), count)} documents)`
  const kls = predictions.flatMap((one) => known(one.of('whole').of('kl')) ?? [])
  if (kls.length < predictions.length) {
    const { kl } = predictions.find(({ value }) => 'absent' in value.whole.kl)!.value.whole
    return prose`On ${where} its KL to ${against} is not known: ${'absent' in kl ? kl.absent : ''}.`
  }
  if (isUnmoved(predictions))
    return prose`On ${where} it predicts what ${against} predicts: no probability differs.`
  const size =
    kls.length === 1
      ? withInterval(kls[0]!, nats)
      : span(
          kls.map((kl) => kl.of('value')),
          nats,
        )
  return prose`On ${where} its predictions are KL ${size} nats a token from ${against}'s${zeroWords(kls)}.`
}

export const isUnmoved = (predictions: VariantView['predictions']): boolean =>
  predictions.every(({ value: { whole } }) => !('absent' in whole.kl) && whole.kl.value === 0)

function zeroWords(kls: readonly Placed<Estimate>[]): Part {
  const zero = zeroOf(kls[0]!)
  if (!zero) return ', with no zero line measured'
  const within = kls.filter(({ value }) => (value.low ?? value.value) <= zero.value).length
  const line = prose` (${shown(zero, nats)} between the base and itself in another batch shape`
  if (within === 0) return prose`${line})`
  return prose`${line}: not above it${within < kls.length ? ` in ${counted(within, 'training')}` : ''})`
}

const namesOf = ({ value }: Placed<PredictionsResult>): string =>
  value.corpora.map(({ name }) => name).join(', ')

function bytesSentence(view: VariantView): Sentence | null {
  // That no probability differs was said.
  if (isUnmoved(view.predictions)) return null
  const corpora = corporaOf(view)
  if (corpora.length < 2) return corpora.length === 0 ? null : bytesWords(corpora[0]!.changes)
  const clauses = DIRECTIONS.flatMap((direction) => {
    const those = corpora.filter((corpus) => corpus.direction === direction)
    if (those.length === 0) return []
    const names = listed(those.map(({ name, changes }) => prose`${name} (${sizeOf(changes)})`))
    return [prose`${DIRECTION_WORDS[direction]} ${names}`]
  })
  return prose`In bits per byte it predicts ${joined(clauses, '; ')}.`
}

const DIRECTIONS = ['worse', 'better', 'unclear', 'same'] as const
const DIRECTION_WORDS: Record<Direction, string> = {
  worse: 'worse',
  better: 'better',
  unclear: 'as well, as far as can be told,',
  same: 'exactly alike',
}

/** `+0.31 [+0.28, +0.34]`; of several trainings the least to the most. */
export const sizeOf = (changes: readonly Placed<Estimate>[]): Part =>
  changes.length === 1
    ? withInterval(changes[0]!, signedNats)
    : span(
        changes.map((change) => change.of('value')),
        signedNats,
      )

function bytesWords(changes: readonly Placed<Estimate>[]): Sentence {
  const size = prose`${sizeOf(changes)} bits per byte`
  const directions = changes.map(({ value }) => directionOf(value))
  const many = changes.length > 1 ? ` in all ${counted(changes.length, 'training')}` : ''
  const [first] = directions
  if (directions.every((one) => one === first)) {
    return first === 'unclear'
      ? prose`Whether it predicts them better or worse cannot be told${many}: ${size}.`
      : prose`It predicts them ${first!}${many}: ${size}.`
  }
  const found = DIRECTIONS.flatMap((direction) => {
    const number = directions.filter((one) => one === direction).length
    const word = direction === 'unclear' ? 'not to be told' : direction
    return number === 0 ? [] : [`${word} in ${countWord(number)}`]
  })
  return prose`It predicts them ${found.join(', ')} of ${counted(changes.length, 'training')}: ${size}.`
}
