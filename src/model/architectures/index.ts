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
  if (typeof type !== 'string') {
    throw new UserError(`${spec} does not say what it is: it has no config.json, or one without model_type`, {
      hint: `copy config.json beside its weights; models of these types can be run here: ${known}`,
    })
  }
  // The type goes into a path that is shown.
  const file = /^\w+$/.test(type) ? `${type}.ts` : 'NAME.ts'
  throw new UserError(
    `${spec} is a model of type ${oneLine(type)}; those that can be run here are ${known}`,
    {
      hint: `another one is to be added as src/model/architectures/${file}; without it, its weights can be compared: tunediff weights`,
    },
  )
}
