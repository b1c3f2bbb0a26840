// Names of variants that get folders of their own.
import type { Model } from '../model/tensor.ts'
import { UserError } from '../util/errors.ts'

/** With -o a variant's folder has its name. */
export function refuseEqualNames(models: readonly Model[]): void {
  const names = new Map<string, string>()
  for (const { name, spec } of models) {
    const other = names.get(name)
    if (other !== undefined) {
      throw new UserError(`${other} and ${spec} are both called ${name}`, {
        hint: 'rename one, or measure them one by one into folders of their own',
      })
    }
    names.set(name, spec)
  }
}
