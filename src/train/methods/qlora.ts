// QLoRA (arXiv 2305.14314, section 3): LoRA on a base whose linear weights are 4-bit NormalFloat, their scales quantised too
// with double quantisation. All linear weights of the layers are quantised, as bitsandbytes does on load, whichever are
// targets. Factors are fp32.
import type { Parameter } from '../../model/engine/engineModel.ts'
import type { LoadedModel } from '../../model/engine/index.ts'
import type { QuantScheme } from '../../model/tensor.ts'
import type { Recipe } from '../../schema/training.ts'
import { NF4_BLOCK } from '../../tensor/nf4.ts'
import { UserError } from '../../util/errors.ts'
import { lora } from './lora.ts'
import type { Prepared } from './method.ts'

/** A base that is quantised another way, or whose rows are no whole blocks: UserError. */
export function qlora(loaded: LoadedModel, recipe: Recipe, seed: number): Prepared {
  const scheme = recipe.doubleQuantisation ? 'NF4_DQ' : 'NF4'
  const layers = loaded.parameters.layers.map(
    (layer, i) =>
      new Map(
        [...layer].map(([name, parameter]) => [
          name,
          isLinear(name, parameter)
            ? quantised(parameter, { scheme, where: `layers.${i}.${name}`, loaded })
            : parameter,
        ]),
      ),
  )
  return lora({ ...loaded, parameters: { ...loaded.parameters, layers } }, recipe, seed)
}

const isLinear = (name: string, { shape }: Parameter): boolean =>
  shape.length === 2 && name.endsWith('.weight')

function quantised(
  parameter: Parameter,
  { scheme, where, loaded }: { scheme: QuantScheme; where: string; loaded: LoadedModel },
): Parameter {
  const { dense, shape } = parameter
  const { spec } = loaded.model
  if (dense.kind === 'quantised') {
    if (dense.scheme === scheme) return parameter
    throw new UserError(`${spec} is quantised as ${dense.scheme}, and the recipe asks for ${scheme}`, {
      hint: `set doubleQuantisation to ${dense.scheme === 'NF4_DQ'}, or name the base without ${dense.scheme === 'NF4_DQ' ? 'nf4dq' : 'nf4'}: before it`,
    })
  }
  const columns = shape.at(-1)!
  if (columns % NF4_BLOCK !== 0) {
    throw new UserError(
      `${spec}: rows of ${where} hold ${columns} numbers, which are no whole blocks of ${NF4_BLOCK}: it cannot be quantised to 4 bits`,
      { hint: 'take method lora' },
    )
  }
  return { ...parameter, type: 'float32', dense: { kind: 'quantised', of: dense, scheme } }
}
