// The architecture of a model, by the `model_type` of its config.
import { UserError } from '../../util/errors.ts'
import { oneLine } from '../../util/text.ts'
import type { Architecture, Family } from './architecture.ts'
import { gemma3 } from './gemma3.ts'
import { llama } from './llama.ts'
import { qwen2 } from './qwen2.ts'
import { qwen3 } from './qwen3.ts'

export type { Architecture } from './architecture.ts'

const FAMILIES: readonly Family[] = [llama, qwen2, qwen3, gemma3]

/** An architecture that is not built is a UserError that lists those that are. */
export function architectureOf(config: Readonly<Record<string, unknown>>, spec: string): Architecture {
  const { model_type: type } = config
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.includes(String(type)))
  if (family) return family.read(config)
  const known = FAMILIES.flatMap(({ modelTypes }) => modelTypes).join(', ')
  const what = typeof type === 'string' ? `of type ${oneLine(type)}` : 'of an unnamed type'
  throw new UserError(`${spec} is a model ${what}; those that can be run here are ${known}`, {
    hint: 'another one is a file in src/model/architectures; its weights can be compared as they are: tunediff weights',
  })
}
