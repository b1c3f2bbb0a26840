// Whether the model of a run is live, asked before its first question. What was found is kept with the run, and in the cache
// for other runs of the same model.
import { join } from 'node:path'
import { checkLive, requireLive } from '../measure/live.ts'
import { liveSentence } from '../measure/liveSentence.ts'
import { identityOf } from '../model/identity.ts'
import type { Model } from '../model/tensor.ts'
import type { Absent } from '../schema/estimate.ts'
import { LIVE_SCHEMA, type Liveness } from '../schema/live.ts'
import { findLive, writeLive } from '../store/liveFile.ts'
import { sha256Value } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'
import type { AskedModel } from './askedModel.ts'
import { claimedBase } from './claimedBase.ts'

export interface RunLiveOptions {
  asked: AskedModel
  /** Of the run. */
  folder: string
  cacheFolder: string
  allowsIdentical: boolean
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

/** What the user should know of it, in sentences. Refuses a variant that is its base. */
export async function checkRunLive(options: RunLiveOptions): Promise<string[]> {
  const { asked, folder, allowsIdentical } = options
  const kept = await findLive(folder)
  if (kept && ('absent' in kept || kept.verdict === 'live')) return []
  const base = await claimedBase(asked.spec, asked.model)
  if (!base) return []
  const liveness = kept ?? (await check(base, options))
  if (!kept) await writeLive(folder, liveness)
  if ('absent' in liveness || liveness.verdict === 'live') return []
  const sides = { base: base.spec, variant: asked.spec }
  if (!allowsIdentical) requireLive(liveness, sides)
  return [`${liveSentence(liveness, sides)}.`]
}

async function check(
  base: Model,
  { asked, cacheFolder, threads, onProgress }: RunLiveOptions,
): Promise<Liveness | Absent> {
  const identities = [await identityOf(base), asked.identity]
  const key = sha256Value({ schema: LIVE_SCHEMA, identities, tunediff: VERSION }).slice(0, 32)
  const place = join(cacheFolder, 'live', key)
  const known = await findLive(place)
  if (known) return known
  const found = await checkLive({
    base,
    variant: asked.model,
    ...(threads === undefined ? {} : { threads }),
    ...(onProgress
      ? { onProgress: (what, done, total) => onProgress(`is it live: ${what}`, done, total) }
      : {}),
  })
  await writeLive(place, found)
  return found
}
