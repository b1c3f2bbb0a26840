// The methods that there are, and where training begins with each. Another one is a file beside this one and a line here.
import type { LoadedModel } from '../../model/engine/index.ts'
import type { Method as MethodName, Recipe } from '../../schema/training.ts'
import { UserError } from '../../util/errors.ts'
import { dora } from './dora.ts'
import { full } from './full.ts'
import { lora } from './lora.ts'
import type { Method, Prepared } from './method.ts'
import { qlora } from './qlora.ts'

export { type Prepared, parameterCounts, type Trained } from './method.ts'

const METHODS: Readonly<Record<MethodName, Method>> = { full, lora, dora, qlora }

/** The model with places for what the recipe trains, and first values of that. What cannot be trained is a UserError. */
export function prepare(loaded: LoadedModel, recipe: Recipe, seed: number): Prepared {
  refuseQuantised(loaded, recipe)
  return METHODS[recipe.method](loaded, recipe, seed)
}

/** What is trained on a 4-bit base is called qlora, and run on that base. */
function refuseQuantised({ model, parameters }: LoadedModel, { method }: Recipe): void {
  if (method === 'qlora') return
  for (const layer of parameters.layers) {
    for (const { dense } of layer.values()) {
      if (dense.kind !== 'quantised') continue
      const { scheme } = dense
      throw new UserError(
        `${model.spec} is quantised as ${scheme}, and method ${method} trains on weights as the files hold them`,
        {
          hint: `take method qlora${scheme === 'NF4_DQ' ? ' with doubleQuantisation' : ''} (--method qlora), or name the base without ${scheme === 'NF4_DQ' ? 'nf4dq:' : 'nf4:'} before it`,
        },
      )
    }
  }
}
