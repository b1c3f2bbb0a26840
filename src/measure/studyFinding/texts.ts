// Forgetting is read here first: from KL and log-likelihood on texts. Scores of tasks miss it.

import type { Estimate } from '../../schema/estimate.ts'
import type { PredictionsResult } from '../../schema/results.ts'
import { count, nats, signedNats } from '../../util/numbers.ts'
import { joined, type Part, type Placed, prose, type Sentence, shown } from '../../util/prose.ts'
import { countWord } from '../../util/text.ts'
import {
  type CorpusView,
  corporaOf,
  type Direction,
  directionOf,
  known,
  type VariantView,
  zeroOf,
} from './view.ts'
import { counted, listed, span, withInterval } from './words.ts'

export function textsSentences(view: VariantView): Sentence[] {
  return [distanceSentence(view), bytesSentence(view)].filter((one) => one !== null)
}

function distanceSentence({ predictions, against }: VariantView): Sentence | null {
  const [first] = predictions
  if (!first) return null
  const whole = first.of('whole')
  const where = prose`${namesOf(first)} (${shown(whole.of('tokens'), count)} tokens of ${shown(whole.of('documents'), count)} ${whole.value.documents === 1 ? 'document' : 'documents'})`
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
  if (corpora.length < 2) return corpora.length === 0 ? null : bytesWords(corpora[0]!)
  const clauses = DIRECTIONS.flatMap((direction) => {
    const those = corpora.filter((corpus) => corpus.direction === direction)
    if (those.length === 0) return []
    const names = listed(
      those.map((corpus) => prose`${corpus.name} (${sizeOf(corpus.changes)}${levelOf(corpus)})`),
    )
    return [
      direction === 'unclear'
        ? prose`of ${names} it cannot be told`
        : prose`it predicts ${names} ${DIRECTION_WORDS[direction]}`,
    ]
  })
  return prose`In bits per byte ${joined(clauses, '; ')}.`
}

const DIRECTIONS = ['worse', 'better', 'same', 'unclear'] as const
const DIRECTION_WORDS: Record<Exclude<Direction, 'unclear'>, string> = {
  worse: 'worse',
  better: 'better',
  same: 'exactly alike',
}

/** `+0.31 [+0.28, +0.34]`; of several trainings the least to the most. */
const sizeOf = (changes: readonly Placed<Estimate>[]): Part =>
  changes.length === 1
    ? withInterval(changes[0]!, signedNats)
    : span(
        changes.map((change) => change.of('value')),
        signedNats,
      )

const levelOf = ({ level }: CorpusView): Part => (level ? prose` from ${shown(level, nats)}` : '')

function bytesWords(corpus: CorpusView): Sentence {
  const { changes } = corpus
  const size = prose`${sizeOf(changes)} bits per byte${levelOf(corpus)}`
  const directions = changes.map(({ value }) => directionOf(value))
  const all = counted(changes.length, 'training')
  const many = changes.length > 1 ? ` in all ${all}` : ''
  const [first] = directions
  if (directions.every((one) => one === first)) {
    return first === 'unclear'
      ? prose`Whether it predicts these texts better or worse cannot be told${many}: ${size}.`
      : prose`It predicts these texts ${first!}${many}: ${size}.`
  }
  const found = (['worse', 'better', 'same'] as const).flatMap((direction) => {
    const number = directions.filter((one) => one === direction).length
    return number === 0 ? [] : [`${direction} in ${countWord(number)}`]
  })
  const open = directions.filter((one) => one === 'unclear').length
  const rest = open === 0 ? '' : `, and in ${countWord(open)} it cannot be told`
  return prose`Of ${all} it predicts these texts ${found.join(', ')}${rest}: ${size}.`
}
