// What a study file names, seen from where the file lies.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isAdapterFolder } from '../model/modelPath.ts'

/** A MODEL whose paths are relative to `folder`, with absolute ones. */
export function modelFrom(folder: string, spec: string): string {
  const prefix = /^(nf4|nf4dq|run):/.exec(spec)?.[0]
  if (prefix !== undefined) return prefix + modelFrom(folder, spec.slice(prefix.length))
  if (/^https?:/i.test(spec)) return spec
  const isHub = spec.startsWith('hf:')
  const whole = resolve(folder, spec)
  if (!isHub && existsSync(whole)) return whole
  for (let plus = spec.lastIndexOf('+'); plus > 0; plus = spec.lastIndexOf('+', plus - 1)) {
    const right = spec.slice(plus + 1)
    const adapter = right.startsWith('hf:') ? right : resolve(folder, right)
    if (right !== '' && (right.startsWith('hf:') || isAdapterFolder(adapter)))
      return `${modelFrom(folder, spec.slice(0, plus))}+${adapter}`
  }
  return isHub ? spec : whole
}

/** A task or text: a path where there is such a file, else the name that it is. */
export const pathOrName = (folder: string, named: string): string => {
  const path = resolve(folder, named)
  return existsSync(path) || /[/\\]/.test(named) ? path : named
}
