// Whether two runs were made under one protocol. Model and solver are not in it: they are what is compared. Keys that a
// log does not record are a warning (warnings.ts); known keys that differ are compared only when the user insists.
import type { Run } from '../schema/run.ts'
import { UserError } from '../util/errors.ts'

/** Protocol keys of a run: the recorded fingerprint, how answers are judged, and the name of a recorded score. */
function protocolOf(run: Run): Record<string, string | null> {
  return { ...run.fingerprint, scoring: run.scoring, metric: run.metric }
}

/** Keys that both runs know and that differ. */
export function differingKeys(base: Run, variant: Run): string[] {
  const [ours, theirs] = [protocolOf(base), protocolOf(variant)]
  return Object.keys(ours).filter(
    (key) => ours[key] != null && theirs[key] != null && ours[key] !== theirs[key],
  )
}

/** Refuses runs whose known protocol keys differ. */
export function requireSameProtocol(base: Run, variant: Run): void {
  const keys = differingKeys(base, variant)
  if (keys.length === 0) return
  const value = (run: Run, key: string): string => String(protocolOf(run)[key]).slice(0, 40)
  const list = keys.map((key) => `${key} (${value(base, key)}, ${value(variant, key)})`).join(', ')
  throw new UserError(`${base.name} and ${variant.name} were made under different protocols: ${list}`, {
    hint: 'add --across to compare them all the same; the report then names these keys',
  })
}
