// Adapters whose file does not say what they do to the weights, by method or by a field of the config: what cannot be
// said, and what can. Not for faults of a file: config.ts and modules.ts.
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { PeftConfig } from './config.ts'

interface Refusal {
  what: string
  hint: string
}

const MERGE = 'merge it with peft (merge_and_unload, save_pretrained) and name the merged folder as variant'

/** Methods that leave every weight as it is. */
const PROMPTS: Readonly<Record<string, string>> = {
  PROMPT_TUNING: 'prompt tuning',
  MULTITASK_PROMPT_TUNING: 'multitask prompt tuning',
  P_TUNING: 'p-tuning',
  PREFIX_TUNING: 'prefix tuning',
  ADAPTION_PROMPT: 'LLaMA-Adapter',
  CPT: 'context-aware prompt tuning',
  CARTRIDGE: 'a cartridge',
}

/** Methods whose update depends on the input, so that no single weight holds it. */
const ROUTED: readonly string[] = ['XLORA', 'POLY']

/** Why peft_type is not read; undefined for the methods that are. */
function methodRefusal(peftType: string): Refusal | undefined {
  const type = peftType.toUpperCase()
  if (type === 'LORA' || type === 'IA3') return undefined
  const prompt = PROMPTS[type]
  if (prompt) {
    return {
      what: `it is ${prompt}: it adds vectors to the input and changes no weight, so weights have nothing to compare`,
      hint: 'compare answers: tunediff compare with a run of the base and one of the adapter',
    }
  }
  if (type === 'VERA') {
    return {
      what: 'it is VeRA: its matrices are drawn by torch from a random seed, which is not redone here',
      hint: MERGE,
    }
  }
  if (ROUTED.includes(type)) {
    return {
      what: `it is ${type}: its update depends on the input, so no single weight holds it`,
      hint: 'compare answers: tunediff compare with a run of the base and one of the adapter',
    }
  }
  return {
    what: `its method ${oneLine(peftType, 40)} is not read (LoRA, rsLoRA, DoRA and IA3 are)`,
    hint: MERGE,
  }
}

/** Ways to begin that take part of the base's weight into the factors (init_lora_weights, lower case, by prefix). */
const RESIDUAL: readonly (readonly [string, string])[] = [
  ['pissa', 'PiSSA'],
  ['olora', 'OLoRA'],
  ['corda', 'CorDA'],
  ['loftq', 'LoftQ'],
  ['lora_ga', 'LoRA-GA'],
]

/** Fields that, when set, make the update something else than scale * B * A on the layers named. */
const FIELDS: Readonly<Record<string, string>> = {
  layer_replication: 'it repeats layers, which the base does not have',
  alora_invocation_tokens: 'its update begins at certain tokens, so no single weight holds it',
  arrow_config: 'its update depends on the input, so no single weight holds it',
  use_bdlora: 'its factors are block-diagonal',
  use_qalora: 'its input is pooled in groups before the first factor',
  velora_config: 'it is a variant of LoRA that is not read',
  monteclora_config: 'it samples its factors',
  kasa_config: 'it cuts small singular values off the base',
}

/** Refuses an adapter that cannot be read as a change of weights. */
export function refuseUnreadable(folder: string, config: PeftConfig): void {
  const refusal = methodRefusal(config.peft_type) ?? beginningRefusal(config) ?? fieldRefusal(config)
  if (refusal) throw new UserError(`${folder}: ${refusal.what}`, { hint: refusal.hint })
}

function beginningRefusal({ init_lora_weights: init }: PeftConfig): Refusal | undefined {
  if (typeof init !== 'string') return undefined
  const known = RESIDUAL.find(([prefix]) => init.toLowerCase().startsWith(prefix))
  if (!known) return undefined
  const [, method] = known
  const initial =
    method === 'LoftQ'
      ? 'its base is a quantised residual'
      : 'its base is a residual, the weight less the factors that training began with'
  return {
    what:
      `it began from ${method} (init_lora_weights ${oneLine(init, 40)}): ${initial}, so B * A is not the change, ` +
      'and the initial factors are not in the folder. The merged model can be compared with the original base',
    hint:
      method === 'LoftQ'
        ? 'merge it into the residual base with peft and name the merged folder as variant'
        : 'save it again with peft: save_pretrained(..., path_initial_model_for_weight_conversion=INITIAL), or merge it into its residual base and name the merged folder as variant',
  }
}

function fieldRefusal(config: PeftConfig): Refusal | undefined {
  for (const [field, what] of Object.entries(FIELDS)) {
    if (config[field]) return { what: `${field} is set in adapter_config.json: ${what}`, hint: MERGE }
  }
  return undefined
}
