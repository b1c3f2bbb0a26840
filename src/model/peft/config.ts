// adapter_config.json of a PEFT adapter, checked. Fields that only steer training are kept as they are and not looked at.
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../../util/errors.ts'
import { parseStrictJson } from '../../util/strictJson.ts'
import { oneLine } from '../../util/text.ts'
import { readTextFile } from '../../util/textFile.ts'

const MAX_CONFIG_BYTES = 4 * 1024 * 1024
/** Highest rank that is believed; no weight matrix of today has as many rows. */
const MAX_RANK = 1_048_576
/** Longest name or pattern of a module. */
const MAX_NAME = 1024

const rank = z.number().int().min(1).max(MAX_RANK)
const strength = z.number()
const name = z.string().max(MAX_NAME)
const names = z.union([name, z.array(name)])
const flag = z.boolean().nullish()

const configSchema = z.looseObject({
  peft_type: z.string().max(MAX_NAME),
  base_model_name_or_path: z.string().max(4096).nullish(),
  revision: z.string().max(MAX_NAME).nullish(),
  r: rank.nullish(),
  lora_alpha: strength.nullish(),
  rank_pattern: z.record(name, rank).nullish(),
  alpha_pattern: z.record(name, strength).nullish(),
  use_rslora: flag,
  use_dora: flag,
  fan_in_fan_out: flag,
  lora_bias: flag,
  bias: z.string().max(MAX_NAME).nullish(),
  target_modules: names.nullish(),
  exclude_modules: names.nullish(),
  feedforward_modules: names.nullish(),
  target_parameters: z.array(name).nullish(),
  modules_to_save: z.array(name).nullish(),
  layers_to_transform: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  layers_pattern: names.nullish(),
  init_lora_weights: z.union([z.boolean(), name]).nullish(),
})

export type PeftConfig = z.infer<typeof configSchema>

/** Reads and checks the adapter_config.json of a folder; what does not fit is a UserError that names field and value. */
export async function readAdapterConfig(folder: string): Promise<PeftConfig> {
  const path = join(folder, 'adapter_config.json')
  const { text } = await readTextFile(path, MAX_CONFIG_BYTES)
  const parsed = parseStrictJson(text)
  if ('fault' in parsed) throw refuse(path, parsed.fault)
  const config = configSchema.safeParse(parsed.value)
  if (config.success) return config.data
  const [issue] = config.error.issues
  const field = issue!.path.join('.') || 'the file'
  throw refuse(path, `${field} is ${oneLine(valueAt(parsed.value, issue!.path), 60)}: ${issue!.message}`)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): string {
  let inner = value
  for (const key of path) inner = (inner as Record<PropertyKey, unknown> | undefined)?.[key]
  return JSON.stringify(inner) ?? 'absent'
}

function refuse(path: string, what: string): UserError {
  return new UserError(`${path}: ${what}`, {
    hint: 'it is damaged, or not written by peft: copy or download it again',
  })
}
