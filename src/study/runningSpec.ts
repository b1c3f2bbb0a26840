// A variant folder as the MODEL that runs as it was trained: a 4-bit LoRA on its quantised base, an adapter on the base
// that its variant.json names. Any other MODEL stays as it is written.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Model } from '../model/tensor.ts'
import { type Variant, variantSchema } from '../schema/training.ts'
import { UserError } from '../util/errors.ts'

export interface Lineage {
  base: Variant['base']
  /** All weights were trained: it has no base to run. */
  isWhole: boolean
  /** variant.json as it is. */
  raw: Record<string, unknown>
}

export interface RunningSpec {
  spec: string
  /** Null where what was named is no variant folder. */
  lineage: Lineage | null
}

/** `base` is what the user says instead of variant.json. */
export async function runningSpec(variant: string, base?: string): Promise<RunningSpec> {
  const path = join(variant, 'variant.json')
  if (!existsSync(path)) return { spec: variant, lineage: null }
  let raw: unknown
  try {
    raw = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: 'make the variant again', cause })
  }
  const { data: trained } = variantSchema.safeParse(raw)
  // A merged model, or a variant of another version: its files say what it is.
  if (!trained) return { spec: variant, lineage: null }
  const isWhole = !existsSync(join(variant, 'adapter'))
  const lineage = { base: trained.base, isWhole, raw: raw as Record<string, unknown> }
  if (isWhole) return { spec: variant, lineage }
  const { method, doubleQuantisation } = trained.recipe
  const quantised = method === 'qlora' ? (doubleQuantisation ? 'nf4dq:' : 'nf4:') : ''
  const named = (base ?? trained.base.spec).replace(quantised === '' ? /^$/ : /^nf4(dq)?:/, '')
  const isThere = named.startsWith('hf:') || existsSync(named) || named.includes('+') || named.includes(':')
  return { spec: isThere ? `${quantised}${named}+${variant}` : `${quantised}${variant}`, lineage }
}

/** Of the variant folder that a model's only adapter lies in, however it was named. */
export async function lineageBeside({ adapters }: Model): Promise<Lineage | null> {
  const [only] = adapters
  if (adapters.length !== 1 || basename(only!.folder) !== 'adapter') return null
  const { lineage } = await runningSpec(dirname(only!.folder))
  return lineage
}
