// Measurements of predictions: variants of one base, which share its pass over the texts, or the base's own zero lines.

import { instanceName } from '../../schema/results.ts'
import { comparePredictions } from '../comparePredictions.ts'
import type { ModelRef, Use } from '../planCells.ts'
import { type CellContext, specOf } from './cell.ts'

export interface PredictionsWork {
  base: ModelRef
  /** How the base is called. */
  name: string
  variants: readonly { ref: ModelRef; folder: string; use: Use }[]
  /** Where the zero lines go, a folder each. */
  zero: string | null
}

export async function measurePredictions(
  { base, name, variants, zero }: PredictionsWork,
  context: CellContext,
): Promise<void> {
  const { texts, threads, onProgress, onNote, onWait } = context
  const folders = new Map<string, string>()
  const baseSpec = await specOf(base, context)
  const names = new Map([[baseSpec, name]])
  for (const { ref, folder, use } of variants) {
    const spec = await specOf(ref, context)
    folders.set(spec, folder)
    if (!names.has(spec)) names.set(spec, instanceName(use))
  }
  const { notes } = await comparePredictions({
    base: baseSpec,
    variants: [...folders.keys()],
    texts,
    hasZeroLines: zero !== null,
    output: zero ?? ((_, { spec }) => folders.get(spec)!),
    threads,
    nameOf: (spec) => names.get(spec)!,
    onProgress,
    ...(onWait ? { onWait } : {}),
  })
  for (const note of notes) onNote(note)
}
