// Where one goes on to from a problem: other problems of the same variant.
import { type Flip, flipsOf, tellingMark } from '../../answers.ts'
import { usePage, usePageLink } from '../../context.ts'
import type { Place } from './place.ts'

/** A link to one of the marks of a problem, its most telling one where none is named. */
export function useFlipLink({ task, side, columns }: Place): (flip: Flip, mark?: number) => string {
  const link = usePageLink()
  const isRepeated = columns.some(({ repeat }) => repeat > 0)
  return (flip, mark = tellingMark(flip)) => {
    const { variant, repeat } = columns[mark]!
    return link('pair', [task.name, flip.problem], {
      variant: side,
      ...(variant.seed === null ? {} : { seed: String(variant.seed) }),
      ...(isRepeated ? { repeat: String(repeat) } : {}),
    })
  }
}

/** All problems, in the order of the view of flips. */
export function useFlips({ task, side }: Place): readonly Flip[] {
  const { study } = usePage()
  return flipsOf(study, task.name, { side, seed: null })
}
