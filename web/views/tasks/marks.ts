// What is found of an effect, as it is marked, and what the same measure reads where nothing changed.
import type { EffectResult } from '../../../src/schema/results.ts'
import { ofTrainingsAlone } from '../../../src/schema/sideNames.ts'

/** A finding; or what is true of these very trainings, and not known of other seeds. */
export type EffectMark = EffectResult['finding'] | 'trainings-better' | 'trainings-worse'

export function markOf(effect: EffectResult): EffectMark {
  const alone = ofTrainingsAlone(effect)
  return alone === null ? effect.finding : `trainings-${alone}`
}

/** Changes where nothing changed: the base against itself, and twins that differ in the random seed alone. */
export function zerosOf({ delta, seeds }: EffectResult): number[] {
  const own = delta.zero && !('absent' in delta.zero) ? [delta.zero.value] : []
  const twins = 'absent' in seeds || 'absent' in seeds.twins ? [] : seeds.twins.pairs
  return [...own, ...twins.map((twin) => twin.delta.value)]
}

export const MARK_WORDS: Readonly<Record<EffectMark, string>> = {
  better: 'better',
  worse: 'worse',
  'no-worse': 'no worse than the margin',
  'cannot-tell': 'cannot tell',
  'trainings-better': 'these trainings are better, other seeds may not be',
  'trainings-worse': 'these trainings are worse, other seeds may not be',
}
