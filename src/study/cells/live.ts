// Whether variants are other models than the one they are compared with: asked before their runs, of several in one go.

import { checkAllLive, requireLive } from '../../measure/live.ts'
import { liveSentence } from '../../measure/liveSentence.ts'
import type { Model } from '../../model/tensor.ts'
import { instanceName } from '../../schema/results.ts'
import { findLive, readLive, writeLive } from '../../store/liveFile.ts'
import type { ModelRef, Use } from '../planCells.ts'
import { openPredicted } from '../predictionsModels.ts'
import { type CellContext, specOf } from './cell.ts'

export interface LiveWork {
  base: ModelRef
  variants: readonly { ref: ModelRef; folder: string; use: Use }[]
}

export async function checkVariants({ base, variants }: LiveWork, context: CellContext): Promise<void> {
  await check({ base, variants }, context)
  const { allowIdentical } = context.study
  for (const { folder, use } of variants) {
    const liveness = await readLive(folder)
    if ('absent' in liveness) continue
    const sides = { base: instanceName(use.against!), variant: instanceName(use) }
    if (!allowIdentical)
      requireLive(liveness, sides, 'allowIdentical: true in the study file (diff: --allow-identical)')
    if (liveness.verdict !== 'live') context.onNote(`${liveSentence(liveness, sides)}.`)
  }
}

/** What was found is kept before it is judged: of several, those that are live are not checked again alone. */
async function check({ base, variants }: LiveWork, context: CellContext): Promise<void> {
  const missing: LiveWork['variants'][number][] = []
  for (const variant of variants) if (!(await findLive(variant.folder))) missing.push(variant)
  if (missing.length === 0) return
  const { threads, onProgress } = context
  const spec = await specOf(base, context)
  const open = async (ref: ModelRef): Promise<Model> =>
    (await openPredicted(await specOf(ref, context), { base: spec, onProgress })).model
  const models = []
  for (const { ref } of missing) models.push(await open(ref))
  const found = await checkAllLive({ base: await open(base), variants: models, threads, onProgress })
  for (const [i, { folder }] of missing.entries()) await writeLive(folder, found[i]!)
}
