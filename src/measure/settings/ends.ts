// Where generation ends: the ids of generation_config.json, else of config.json; in GGUF eos, eot and eom. A model that
// learnt another end, or is told another one, talks on or stops too soon at equal weights.
import type { SettingsSource } from '../../model/settings.ts'
import type { SettingChange } from './change.ts'

export function compareEnds(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  const changes: SettingChange[] = []
  const [b, v] = [base.ends, variant.ends]
  if (b && v && !areSame(base, variant)) {
    changes.push({
      subject: 'end of text',
      key: 'eos_token_id',
      base: b.ids.join(', '),
      variant: v.ids.join(', '),
      danger: 'high',
      what: `Generation ends at ${idsText(b.ids)} in the base (${b.from}) and at ${idsText(v.ids)} in the variant (${v.from}).`,
    })
  }
  const [baseToken, variantToken] = [base, variant].map((side) => side.specialTokens.get('eos_token'))
  if (baseToken !== undefined && variantToken !== undefined && baseToken !== variantToken) {
    changes.push({
      subject: 'end of text',
      key: 'eos_token',
      base: baseToken,
      variant: variantToken,
      danger: 'high',
      what: `The tokenizer's end token is ${JSON.stringify(baseToken)} in the base and ${JSON.stringify(variantToken)} in the variant.`,
    })
  }
  return changes
}

/** GGUF names one end, and programs find more by the texts of tokens: across formats one shared id is enough. */
function areSame(base: SettingsSource, variant: SettingsSource): boolean {
  const [b, v] = [base.ends!.ids, variant.ends!.ids]
  if (base.format !== variant.format) return b.some((id) => v.includes(id))
  return b.length === v.length && b.every((id) => v.includes(id))
}

const idsText = (ids: readonly number[]): string => `${ids.length === 1 ? 'id' : 'ids'} ${ids.join(', ')}`
