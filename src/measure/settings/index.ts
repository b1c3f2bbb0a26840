// What differs between base and variant besides weights: a list, the dangerous first. No score: a changed template or
// end token can change every answer at equal weights, and what it does to answers is for answers to show.
import type { SettingsSource } from '../../model/settings.ts'
import { plural } from '../../util/text.ts'
import { compareAdapterConfigs } from './adapterConfig.ts'
import { type SettingChange, sortChanges } from './change.ts'
import { compareConfigs } from './config.ts'
import { compareEnds } from './ends.ts'
import { compareGeneration } from './generation.ts'
import { compareSpecialTokens } from './specialTokens.ts'
import { compareTemplates } from './template.ts'
import { compareTokenizers } from './tokenizer.ts'

export interface SettingsComparison {
  changes: SettingChange[]
  /** How many settings only the other side tells. */
  notRecorded: { base: number; variant: number }
}

/** Compares what lies beside the weights. Never fails on what stands in the files: that is a result. */
export async function compareSettings(
  base: SettingsSource,
  variant: SettingsSource,
): Promise<SettingsComparison> {
  const configs = compareConfigs(base, variant)
  const tokens = compareSpecialTokens(base, variant)
  const changes = sortChanges([
    ...(await compareTemplates(base, variant)),
    ...compareEnds(base, variant),
    ...configs.changes,
    ...compareTokenizers(base, variant),
    ...tokens.changes,
    ...compareGeneration(base, variant),
    ...compareAdapterConfigs(base, variant),
    ...unreadable('base', base),
    ...unreadable('variant', variant),
  ])
  const sum = (side: 'base' | 'variant'): number => configs.notRecorded[side] + tokens.notRecorded[side]
  return { changes, notRecorded: { base: sum('base'), variant: sum('variant') } }
}

function unreadable(side: 'base' | 'variant', { faults }: SettingsSource): SettingChange[] {
  return faults.map(({ name, reason }) => ({
    subject: 'files',
    key: name,
    base: side === 'base' ? reason : null,
    variant: side === 'variant' ? reason : null,
    danger: 'medium',
    what: `${name} of the ${side} cannot be read and was not compared: ${reason}.`,
  }))
}

/** One line on what could not be compared, for reports; undefined where there is nothing to say. */
export function notRecordedSentence({ notRecorded }: SettingsComparison): string | undefined {
  const parts = (['base', 'variant'] as const)
    .filter((side) => notRecorded[side] > 0)
    .map((side) => `${plural(notRecorded[side], 'setting')} not recorded in the ${side}`)
  return parts.length > 0 ? `Not compared: ${parts.join(', ')}.` : undefined
}
