// A measurement of weights: one variant against what it is compared with.
import { compareWeights } from '../compareWeights.ts'
import type { Work } from '../planCells.ts'
import { type CellContext, specOf } from './cell.ts'

export async function measureWeights(
  { base, variant }: Extract<Work, { kind: 'weights' }>,
  folder: string,
  context: CellContext,
): Promise<void> {
  const { threads, onProgress } = context
  await compareWeights({
    base: await specOf(base, context),
    variants: [await specOf(variant, context)],
    isFull: false,
    output: () => folder,
    threads,
    // Of one variant: its name is that of the cell.
    onProgress: (what, done, total) => onProgress(what.replace(/^.*: /, ''), done, total),
  })
}
