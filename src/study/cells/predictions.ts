// Measurements of predictions: variants of one base, which share its pass over the texts, or the base's own zero lines.
import { comparePredictions } from '../comparePredictions.ts'
import type { ModelRef } from '../planCells.ts'
import { type CellContext, specOf } from './cell.ts'

export interface PredictionsWork {
  base: ModelRef
  variants: readonly { ref: ModelRef; folder: string }[]
  /** Where the zero lines go, a folder each. */
  zero: string | null
}

export async function measurePredictions(
  { base, variants, zero }: PredictionsWork,
  context: CellContext,
): Promise<void> {
  const { texts, threads, onProgress, onNote, onWait } = context
  const folders = new Map<string, string>()
  for (const { ref, folder } of variants) folders.set(await specOf(ref, context), folder)
  const { notes } = await comparePredictions({
    base: await specOf(base, context),
    variants: [...folders.keys()],
    texts,
    hasZeroLines: zero !== null,
    output: zero ?? ((_, { spec }) => folders.get(spec)!),
    threads,
    onProgress,
    ...(onWait ? { onWait } : {}),
  })
  for (const note of notes) onNote(note)
}
