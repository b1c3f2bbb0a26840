// Where the problems of a study are not at hand, one thing cannot be looked at again: whether the tests that an answer had seen
// stand among the hidden ones. What was found of it stands then, and it is said that it was not looked at.
import type { Results } from '../../schema/results.ts'
import { sha256Value } from '../../util/hash.ts'

const NO_TASK = 'task-not-found'
const OF_TASK = 'visible-in-hidden'

/** Recomputed results with the stored warnings that need the problems; why they were not computed. */
export function keepWarningsOfTasks(
  stored: Pick<Results, 'warnings'>,
  results: Results,
): { results: Results; left: string[] } {
  const there = new Set(stored.warnings.map((warning) => sha256Value(warning)))
  const isNew = (warning: Results['warnings'][number]): boolean => !there.has(sha256Value(warning))
  const lacking = results.warnings.filter((warning) => warning.code === NO_TASK && isNew(warning))
  if (lacking.length === 0) return { results, left: [] }
  const here = new Set(results.warnings.map((warning) => sha256Value(warning)))
  const kept = stored.warnings.filter((warning) => warning.code === OF_TASK || here.has(sha256Value(warning)))
  const added = results.warnings.filter((warning) => isNew(warning) && !lacking.includes(warning))
  return {
    results: { ...results, warnings: [...kept, ...added] },
    left: lacking.map(({ message }) => message),
  }
}
