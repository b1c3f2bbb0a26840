// generation_config.json: what a program does that is told nothing else. Where answers are sampled from a variant and
// not from its base, the difference is this file's, not the weights'. Ends are ends.ts.
import type { SettingsSource } from '../../model/settings.ts'
import { canonical, differs, type SettingChange } from './change.ts'

/** Values of transformers where a key is absent. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  do_sample: false,
  temperature: 1,
  top_k: 50,
  top_p: 1,
  typical_p: 1,
  repetition_penalty: 1,
  length_penalty: 1,
  num_beams: 1,
  num_return_sequences: 1,
  max_length: 20,
  min_length: 0,
  use_cache: true,
}
const FILE = 'generation_config.json'
const PASSED_OVER =
  /^(transformers_version|_from_model_config|eos_token_id|trust_remote_code|cache_implementation)$/
const LOW = /^(use_cache|(bos|pad|decoder_start)_token_id|output_.*|return_dict.*)$/

export function compareGeneration(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  const [b, v] = [base.generationConfig, variant.generationConfig]
  if (!b || !v) {
    const one = b ?? v
    const telling = Object.keys(one ?? {}).filter((key) => !PASSED_OVER.test(key) && !LOW.test(key))
    const isDamaged = [base, variant].some(({ faults }) => faults.some(({ name }) => name === FILE))
    if (telling.length === 0 || isDamaged || base.format !== variant.format) return []
    const [has, hasNot] = b ? ['base', 'variant'] : ['variant', 'base']
    const what = `Only the ${has} has a ${FILE} (it sets ${telling.slice(0, 6).join(', ')}); programs use their own defaults for the ${hasNot}.`
    const side = (values: typeof b): string | null => (values ? telling.join(', ') : null)
    return [
      {
        subject: 'generation',
        key: FILE,
        base: side(b),
        variant: side(v),
        danger: 'medium',
        what,
      },
    ]
  }
  return [...new Set([...Object.keys(b), ...Object.keys(v)])].flatMap((key) => {
    if (PASSED_OVER.test(key)) return []
    const [left, right] = [b[key] ?? DEFAULTS[key] ?? null, v[key] ?? DEFAULTS[key] ?? null]
    if (canonical(left) === canonical(right)) return []
    const danger = LOW.test(key) ? 'low' : 'medium'
    return [differs({ subject: 'generation', key, danger }, left, right)]
  })
}
