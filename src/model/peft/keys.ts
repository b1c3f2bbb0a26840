// What a tensor of adapter_model.safetensors is, told from its name as PEFT writes it:
//   base_model.model.<module>.<role>[.<adapter's name>][.weight|.bias]
import type { StoredTensor } from '../tensor.ts'

/** Factors and vectors of one module. */
export const ROLES = [
  'lora_A',
  'lora_B',
  'lora_embedding_A',
  'lora_embedding_B',
  'lora_magnitude_vector',
  'ia3_l',
] as const
export type Role = (typeof ROLES)[number]

export type AdapterKey =
  | { kind: 'factor'; module: string; role: Role; adapterName: string; isBias: boolean }
  /** A tensor of the base that was trained, or copied, as a whole. */
  | { kind: 'saved'; tensor: string; adapterName: string; isBaseCopy: boolean }
  | { kind: 'unread'; reason: string }

export interface NamedTensor {
  nameInFile: string
  stored: StoredTensor
}

const PREFIX = 'base_model.model.'

const FACTOR = new RegExp(
  `^(?<module>.+)\\.(?<role>${ROLES.join('|')})(?:\\.(?<adapter>[^.]+?))??(?:\\.(?<last>weight|bias))?$`,
)

// Words of other methods in the last parts of a name, as PEFT's tuners register them.
const OTHER_METHOD =
  /(^|\.)(lora_|ia3_|vera_|hada_|lokr_|oft_|boft_|hra_|adalora|prompt_|c3a_|miss_|road_|shira_|fourierft_)/

/** Tells a tensor's part by its name. Never throws: what is not known is said with a reason. */
export function parseKey(nameInFile: string): AdapterKey {
  const name = nameInFile.startsWith(PREFIX) ? nameInFile.slice(PREFIX.length) : nameInFile
  const factor = FACTOR.exec(name)?.groups
  if (factor) {
    return {
      kind: 'factor',
      module: factor.module!,
      role: factor.role as Role,
      adapterName: factor.adapter ?? '',
      isBias: factor.last === 'bias',
    }
  }
  if (/(^|\.)(token_adapter\.)?trainable_tokens_delta(\.|$)/.test(name)) {
    return { kind: 'unread', reason: 'single trained tokens (trainable_token_indices) are not read' }
  }
  if (/\.original_module\./.test(name)) {
    return { kind: 'unread', reason: "the base's own tensor, kept beside its trained copy" }
  }
  if (OTHER_METHOD.test(name)) return { kind: 'unread', reason: 'belongs to a method that is not read' }
  return parseSaved(name)
}

function parseSaved(name: string): AdapterKey {
  const wrapped = /^(.+)\.modules_to_save\.(?:([^.]+)\.)?(weight|bias)$/.exec(name)
  if (wrapped) {
    const [, module, adapterName = '', last] = wrapped
    return { kind: 'saved', tensor: `${module}.${last}`, adapterName, isBaseCopy: false }
  }
  if (!/\.(weight|bias)$/.test(name))
    return { kind: 'unread', reason: 'not known: no factor, weight or bias' }
  // A bias inside a wrapped layer was trained; a weight there is the base's, kept because its embedding was targeted.
  const isBaseCopy = name.endsWith('.base_layer.weight')
  return { kind: 'saved', tensor: name.replaceAll('.base_layer.', '.'), adapterName: '', isBaseCopy }
}
