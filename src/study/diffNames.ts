// What sides are called that have no name but their path: its last part, and as many of those before as tell it from others.
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { BASE } from './planSides.ts'

/** `nf4:` and the parts of the path; of MODEL+ADAPTER those of the adapter. */
function partsOf(spec: string): { prefix: string; parts: readonly string[] } {
  const [prefix = ''] = /^nf4(dq)?:/.exec(spec) ?? []
  const rest = spec.slice(prefix.length).replace(/^(run:|hf:)/, '')
  // A path that exists may have a + in it.
  const last = existsSync(rest) ? rest : rest.slice(rest.lastIndexOf('+') + 1).replace(/^hf:/, '')
  const inVariant = /[/\\](model|adapter)$/.test(last) && existsSync(`${dirname(last)}/variant.json`)
  const path = (inVariant ? dirname(last) : last).replace(/\.(gguf|safetensors|jsonl?|csv)$/i, '')
  return { prefix, parts: path.split(/[/\\]/).filter((part) => part !== '') }
}

export function shortName(spec: string, length = 1): string {
  const { prefix, parts } = partsOf(spec)
  return prefix + (parts.slice(-length).join('/') || spec)
}

/** Of each MODEL or path, with absolute paths: all different, and none is that of the base. */
export function sideNames(specs: readonly string[]): string[] {
  const names: string[] = []
  for (const spec of specs) {
    const name = nameAmong(spec, specs)
    let free = name
    for (let count = 2; free === BASE || names.includes(free); count++) free = `${name} (${count})`
    names.push(free)
  }
  return names
}

/** Told from the others, but for those of the same path. */
function nameAmong(spec: string, specs: readonly string[]): string {
  const { parts } = partsOf(spec)
  const whole = shortName(spec, parts.length)
  const others = specs.filter((other) => shortName(other, partsOf(other).parts.length) !== whole)
  for (let length = 1; length < parts.length; length++) {
    const name = shortName(spec, length)
    if (name !== BASE && others.every((other) => shortName(other, length) !== name)) return name
  }
  return whole
}
