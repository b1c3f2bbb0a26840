// What a study has of one variant: its records in results.json, each with its place there.
import type { Absent, Estimate } from '../../schema/estimate.ts'
import type {
  ChangeResult,
  EffectResult,
  Instance,
  Measured,
  PairResult,
  PredictionsResult,
  ResultSide,
  TrainingResult,
  WeightsResult,
} from '../../schema/results.ts'
import { each, Placed } from '../../util/prose.ts'

export interface VariantView {
  side: Placed<ResultSide>
  name: string
  /** Name of the side that it is compared with. */
  against: string
  trainings: readonly Placed<TrainingResult>[]
  weights: readonly Placed<WeightsResult>[]
  predictions: readonly Placed<PredictionsResult>[]
  live: readonly Placed<Measured['live'][number]>[]
  effects: readonly Placed<EffectResult>[]
  pairs: readonly Placed<PairResult>[]
  changes: readonly Placed<ChangeResult>[]
}

export interface StudyView {
  root: Placed<Measured>
  variants: readonly VariantView[]
}

export function viewOf(measured: Measured): StudyView {
  const root = new Placed(measured)
  const sides = each(root.of('asked').of('sides'))
  const variants = sides.flatMap((side) => {
    const { name, against } = side.value
    if (against === null) return []
    const ofSide = <T extends Pick<Instance, 'side'>>(list: Placed<readonly T[]>): Placed<T>[] =>
      each(list).filter(({ value }) => value.side === name)
    return [
      {
        ...{ side, name, against },
        trainings: ofSide(root.of('trainings')),
        weights: ofSide(root.of('weights')),
        predictions: ofSide(root.of('predictions')),
        live: ofSide(root.of('live')),
        effects: ofSide(root.of('effects')),
        pairs: ofSide(root.of('pairs')),
        changes: ofSide(root.of('changes')),
      },
    ]
  })
  return { root, variants }
}

/** What was measured of it; null where it is absent. */
export function known(placed: Placed<Estimate | Absent>): Placed<Estimate> | null {
  return 'absent' in placed.value ? null : new Placed(placed.value, placed.at)
}

/** Its zero line, where one was measured. */
export function zeroOf({ value, at }: Placed<Estimate>): Placed<number> | null {
  return value.zero === undefined || 'absent' in value.zero
    ? null
    : new Placed(value.zero.value, `${at}/zero/value`)
}

/** Whether the texts are predicted worse: by the interval of the change of bits per byte. */
export type Direction = 'worse' | 'better' | 'same' | 'unclear'

export function directionOf({ value, low, high }: Estimate): Direction {
  if (value === 0) return 'same'
  if (low === null || high === null) return 'unclear'
  return low > 0 ? 'worse' : high < 0 ? 'better' : 'unclear'
}

/** A body of texts, and how its bits per byte changed: a change for each training. */
export interface CorpusView {
  name: string
  changes: readonly Placed<Estimate>[]
  /** What the base needs; null where it is absent. */
  level: Placed<number> | null
  /** Of all trainings alike; `unclear` where they differ. */
  direction: Direction
}

/** By corpus: a mean over kinds of text hides the one that was lost. */
export function corporaOf({ predictions }: VariantView): CorpusView[] {
  const [first] = predictions
  if (!first) return []
  return first.value.byCorpus.flatMap(({ name }, i) => {
    const changes = predictions.flatMap((one) => {
      const corpus = each(one.of('byCorpus'))[i]
      return corpus ? (known(corpus.of('deltaBitsPerByte')) ?? []) : []
    })
    const level = known(each(first.of('byCorpus'))[i]!.of('baseBitsPerByte'))?.of('value') ?? null
    const [direction, ...rest] = changes.map(({ value }) => directionOf(value))
    if (direction === undefined) return []
    return [
      { name, changes, level, direction: rest.every((one) => one === direction) ? direction : 'unclear' },
    ]
  })
}

/** Worse where any corpus is: what was lost there is lost. */
export function textsOf(view: VariantView): Direction | null {
  const directions = corporaOf(view).map(({ direction }) => direction)
  if (directions.length === 0) return null
  if (directions.includes('worse')) return 'worse'
  if (directions.includes('better')) return 'better'
  return directions.every((one) => one === 'same') ? 'same' : 'unclear'
}

/** Changes of bits per byte on the corpora that are predicted worse. */
export const lossesOf = (view: VariantView): Placed<number>[] =>
  corporaOf(view)
    .filter(({ direction }) => direction === 'worse')
    .flatMap(({ changes }) => changes.map((change) => change.of('value')))
