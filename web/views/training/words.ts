// What trainings came to, in sentences.
import type { Estimate } from '../../../src/schema/estimate.ts'
import type { TrainingResult } from '../../../src/schema/results.ts'
import { interval, nats, signedNats, signedPoints } from '../../../src/util/numbers.ts'
import { plural } from '../../../src/util/text.ts'

export type Lost = 'tasks' | 'text'

export interface Spot {
  name: string
  side: string
  task: string
  learnt: Estimate
  lost: Pick<Estimate, 'value' | 'low' | 'high'>
}

/** Texts are predicted worse where the interval lies above 0, as findings have it; a mean over tasks has no interval. */
export function lostSentence(spots: readonly Spot[], lost: Lost): string {
  const worse = spots.filter((spot) => (lost === 'tasks' ? spot.lost.value < 0 : (spot.lost.low ?? 0) > 0))
  return worse.length === 0 ? noneLost(spots, lost) : someLost(spots, worse, lost)
}

function noneLost(spots: readonly Spot[], lost: Lost): string {
  const [first] = spots
  const isOne = spots.length === 1
  const who = isOne ? first!.name : `None of ${plural(spots.length, 'training')}`
  if (lost === 'tasks') return `${who} scores ${isOne ? 'no lower' : 'lower'} on the other tasks on average`
  return `${who} is ${isOne ? 'not ' : ''}shown to predict texts worse than its base`
}

function someLost(spots: readonly Spot[], worse: readonly Spot[], lost: Lost): string {
  const isTasks = lost === 'tasks'
  const size = ({ lost: { value } }: Spot): number => (isTasks ? -value : value)
  const most = [...worse].sort((a, b) => size(b) - size(a))[0]!
  const isOne = worse.length === 1
  const what = isTasks
    ? `${isOne ? 'scores' : 'score'} lower on the other tasks on average`
    : `${isOne ? 'predicts' : 'predict'} texts worse than ${isOne ? 'its' : 'their'} base`
  const change = isTasks
    ? `${signedPoints(most.lost.value)} points`
    : `${signedNats(most.lost.value)} bits per byte ${interval(most.lost, signedNats)}`
  const learnt = `${signedPoints(most.learnt.value)} points ${interval(most.learnt)}`.trimEnd()
  const beside = `${change}, beside ${learnt} on ${most.task}`
  if (spots.length === 1) return `${most.name} ${what}: ${beside}`
  const some = worse.length === spots.length ? 'All' : `${worse.length} of`
  return `${some} ${plural(spots.length, 'training')} ${what}; ${most.name} most, ${beside}`
}

/** `results`: of the trainings that are shown, each named. */
export function lossSentence(
  results: readonly Pick<TrainingResult, 'firstLoss' | 'lastLoss'>[],
  of: string,
): string {
  const range = (values: readonly number[]): string => {
    const [low, high] = [nats(Math.min(...values)), nats(Math.max(...values))]
    return low === high ? low : `between ${low} and ${high}`
  }
  const first = range(results.map(({ firstLoss }) => firstLoss))
  const last = range(results.map(({ lastLoss }) => lastLoss))
  return `The mean loss of ${of} was ${first} nats a token in the first tenth of the steps and ${last} in the last`
}
