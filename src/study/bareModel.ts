// A MODEL without its adapters: what they claim to have changed, and what they are exported for.
import { parseModel } from '../model/modelPath.ts'
import { type OpenOptions, openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'

export async function openBare(spec: string, options: OpenOptions): Promise<Model> {
  const bare = await openModel(spec, { ...options, isBare: true })
  const ofAdapters = new Set(bare.adapters.flatMap(({ files }) => files.map(({ path }) => path)))
  return { ...bare, adapters: [], files: bare.files.filter(({ path }) => !ofAdapters.has(path)) }
}

/** Without what quantises it on load. */
export const plainSpec = (spec: string): string => spec.replace(/^nf4(dq)?:/, '')

/** The MODEL before its adapters, as it was written, without what quantises it. */
export function baseText(spec: string, { adapters }: Model): string {
  const parsed = parseModel(spec)
  const text = plainSpec(spec)
  if (parsed.adapters.length === 0) return adapters[0]?.baseName ?? text
  return parsed.adapters.reduceRight((left, source) => {
    const end = source.kind === 'path' ? left.lastIndexOf(`+${source.path}`) : left.lastIndexOf('+hf:')
    return left.slice(0, end)
  }, text)
}
