// What an adapter's config calls its base.
import { resolve } from 'node:path'
import { parseModel } from '../../model/modelPath.ts'

export interface BaseName {
  baseName: string
  /** Of the hub; null where it is not given. */
  revision: string | null
}

/** As peft finds it: the hub's name and revision, or a path that holds wherever the adapter is read. */
export function baseNameOf(spec: string): BaseName {
  const plain = spec.replace(/^nf4(dq)?:/, '')
  const { source, adapters } = parseModel(plain)
  if (adapters.length === 0 && source.kind === 'hub') {
    return { baseName: source.repo, revision: source.revision ?? null }
  }
  const isPath = adapters.length === 0 && source.kind === 'path'
  return { baseName: isPath ? resolve(source.path) : plain, revision: null }
}
