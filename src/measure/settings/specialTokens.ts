// Special tokens by name, and what tokenizer_config.json says about how texts become tokens. The end token is ends.ts.
import type { SettingsSource } from '../../model/settings.ts'
import { canonical, type Danger, differs, type Found } from './change.ts'

const DANGER: readonly (readonly [RegExp, Danger, string?])[] = [
  [/^add_bos_token$/, 'high', 'prompts begin with another token'],
  [/^add_eos_token$/, 'high', 'prompts end with a token on one side only'],
  [
    /^(add_prefix_space|legacy|do_lower_case|split_special_tokens)$/,
    'high',
    'the same text gives other tokens',
  ],
  [/^(model_max_length|padding_side|truncation_side|max_length|truncation)$/, 'medium'],
]
/** Told elsewhere, or about the program that saved the file. */
const PASSED_OVER =
  /^(chat_template|added_tokens_decoder|.*_token|additional_special_tokens|extra_special_tokens|name_or_path|special_tokens_map_file|tokenizer_file|processor_class|is_local|local_files_only|backend|auto_map|tokenizer_class|transformers_version|unsloth_.*)$/
/** Above this a model_max_length means "no limit". */
const NO_LIMIT = 1e12

export function compareSpecialTokens(base: SettingsSource, variant: SettingsSource): Found {
  const found: Found = { changes: [], notRecorded: { base: 0, variant: 0 } }
  for (const key of new Set([...base.specialTokens.keys(), ...variant.specialTokens.keys()])) {
    if (key === 'eos_token') continue
    const [b, v] = [base.specialTokens.get(key), variant.specialTokens.get(key)]
    if (b === v) continue
    if (base.format !== variant.format && (b === undefined || v === undefined)) {
      found.notRecorded[b === undefined ? 'base' : 'variant']++
    } else found.changes.push(differs({ subject: 'special tokens', key, danger: 'medium' }, b, v))
  }
  compareFlags(base, variant, found)
  return found
}

function compareFlags(base: SettingsSource, variant: SettingsSource, found: Found): void {
  const [b, v] = [base.tokenizerConfig ?? {}, variant.tokenizerConfig ?? {}]
  for (const key of new Set([...Object.keys(b), ...Object.keys(v)])) {
    if (PASSED_OVER.test(key)) continue
    const [left, right] = [limit(b[key]), limit(v[key])]
    if (canonical(left) === canonical(right)) continue
    if (left === null || right === null) {
      found.notRecorded[left === null ? 'base' : 'variant']++
      continue
    }
    const [, danger, why] = DANGER.find(([keys]) => keys.test(key)) ?? [undefined, 'low' as const, undefined]
    found.changes.push(differs({ subject: 'special tokens', key, danger }, left, right, why))
  }
}

const limit = (value: unknown): unknown =>
  value === undefined || (typeof value === 'number' && value > NO_LIMIT) ? null : value
