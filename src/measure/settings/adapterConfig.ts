// adapter_config.json of two adapters: what was trained, and how strongly it is applied.
import type { SettingsSource } from '../../model/settings.ts'
import { canonical, type Danger, differs, type SettingChange } from './change.ts'

/** How the adapter acts; the rest steers training, or names things. */
const HIGH =
  /^(peft_type|lora_alpha|alpha_pattern|use_rslora|use_dora|fan_in_fan_out|init_lora_weights|layer_replication|modules_to_save|trainable_token_indices)$/
const MEDIUM =
  /^(r|rank_pattern|target_modules|target_parameters|exclude_modules|layers_to_transform|layers_pattern|feedforward_modules|bias|lora_bias|base_model_name_or_path|revision)$/
const PASSED_OVER = /^(peft_version|auto_mapping|inference_mode|runtime_config|task_type)$/

export function compareAdapterConfigs(base: SettingsSource, variant: SettingsSource): SettingChange[] {
  if (!base.adapter || !variant.adapter) return []
  const [b, v] = [base.adapter, variant.adapter]
  return [...new Set([...Object.keys(b), ...Object.keys(v)])].flatMap((key) => {
    if (PASSED_OVER.test(key)) return []
    const [left, right] = [neutral(b[key]), neutral(v[key])]
    if (canonical(left) === canonical(right)) return []
    const danger: Danger = HIGH.test(key) ? 'high' : MEDIUM.test(key) ? 'medium' : 'low'
    return [differs({ subject: 'adapter', key, danger }, left, right)]
  })
}

/** PEFT writes module lists in any order, and an empty pattern for none. */
function neutral(value: unknown): unknown {
  if (value === undefined || value === null || value === false) return null
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(String).sort()
  return canonical(value) === '{}' ? null : value
}
