// One thing that differs besides weights, in words, and the order in which such things are told: what can change
// behaviour completely at equal weights comes first.
import type { SettingChange } from '../../schema/weights.ts'
import { oneLine } from '../../util/text.ts'

export type { SettingChange } from '../../schema/weights.ts'

/** Subjects in the order in which they are told, within one danger. */
const SUBJECTS = [
  'chat template',
  'end of text',
  'rope',
  'dtype',
  'quantisation',
  'tokenizer',
  'special tokens',
  'architecture',
  'attention',
  'vocabulary',
  'context',
  'generation',
  'adapter',
  'config',
  'files',
] as const
export type Subject = (typeof SUBJECTS)[number]

const DANGERS = ['high', 'medium', 'low'] as const
export type Danger = (typeof DANGERS)[number]

/** What one comparison found. */
export interface Found {
  changes: SettingChange[]
  /** Settings that one side has and the other does not tell: neither equal nor different. */
  notRecorded: { base: number; variant: number }
}

/** A dangerous one first, then by subject, then by key. */
export function sortChanges(changes: readonly SettingChange[]): SettingChange[] {
  const rank = ({ danger, subject }: SettingChange): number =>
    DANGERS.indexOf(danger) * SUBJECTS.length + SUBJECTS.indexOf(subject as Subject)
  return changes.toSorted((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}

const MAX_VALUE = 80

/** A value as a table has it; null where there is none. */
export function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value), MAX_VALUE)
}

/** `rope_theta is 10000 in the base and 1000000 in the variant.` */
export function differs(
  place: { subject: Subject; key: string; danger: Danger },
  base: unknown,
  variant: unknown,
  why?: string,
): SettingChange {
  const say = (value: unknown): string => shown(value) ?? 'not set'
  const what = `${place.key} is ${say(base)} in the base and ${say(variant)} in the variant`
  return {
    ...place,
    base: shown(base),
    variant: shown(variant),
    what: why === undefined ? `${what}.` : `${what}: ${why}.`,
  }
}

/** JSON text that does not depend on the order of keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** At most `most` examples of many, with their white space: `"a", "b" and 3 more`. */
export function examples(items: readonly string[], most = 3): string {
  const first = items.slice(0, most).map((item) => oneLine(JSON.stringify(item), 40))
  const more = items.length - first.length
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ')
}
