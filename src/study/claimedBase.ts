// The model whose weights a MODEL claims to have changed: the one below its adapters, or the one that a whole variant was
// trained on, where that is here as it was.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { identityOf } from '../model/identity.ts'
import { parseModel } from '../model/modelPath.ts'
import { openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'
import { mergedVariantSchema } from '../schema/export.ts'
import { cacheFolder } from '../util/cache.ts'
import { UserError } from '../util/errors.ts'
import { baseText, openBare, plainSpec } from './bareModel.ts'
import { runningSpec } from './runningSpec.ts'

interface Recorded {
  spec: string
  /** Of the files. */
  identity: string
  /** On load; as the prefix of a MODEL. */
  quantised: string
}

/** `named` is what the user wrote. Null: no other weights are claimed, or there is nothing to compare with. */
export async function claimedBase(named: string, variant: Model): Promise<Model | null> {
  const { spec, adapters } = variant
  if (adapters.length > 0) {
    const prefix = spec.slice(0, spec.length - plainSpec(spec).length)
    return { ...(await openBare(spec, {})), spec: prefix + baseText(spec, variant) }
  }
  const recorded = await recordedBase(named)
  return recorded && openRecorded(recorded)
}

/** Of a variant folder whose weights are whole: all were trained, or it was merged. */
async function recordedBase(named: string): Promise<Recorded | null> {
  const folder = [named, dirname(named)]
    .slice(0, basename(named) === 'model' ? 2 : 1)
    .find((place) => existsSync(join(place, 'variant.json')))
  if (folder === undefined) return null
  const { lineage } = await runningSpec(folder)
  if (lineage) return lineage.isWhole ? { ...lineage.base, quantised: '' } : null
  const text = await readFile(join(folder, 'variant.json'), 'utf8')
  const { data: merged } = mergedVariantSchema.safeParse(JSON.parse(text))
  if (!merged) return null
  const { quantised } = merged.recipe
  return { ...merged.base, quantised: quantised === null ? '' : quantised === 'NF4' ? 'nf4:' : 'nf4dq:' }
}

async function openRecorded({ spec, identity, quantised }: Recorded): Promise<Model | null> {
  try {
    if (!isHere(spec)) return null
    const base = await openModel(spec)
    // Files that changed since are another model's: what moved from them says nothing.
    if ((await identityOf(base)) !== identity) return null
    return quantised === '' ? base : await openModel(quantised + spec)
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}

/** Nothing is downloaded for a check. */
function isHere(spec: string): boolean {
  const { source } = parseModel(spec)
  if (source.kind === 'hub') return existsSync(join(cacheFolder(), 'hub', source.repo))
  return source.kind === 'path' && existsSync(source.path)
}
