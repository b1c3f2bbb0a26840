// A variant to make: one recipe, one random seed. A training that was stopped goes on from its last state.
import type { Work } from '../planCells.ts'
import { trainVariants } from '../trainVariants.ts'
import type { CellContext } from './cell.ts'

export async function makeVariant(
  { base, recipe, data, seed }: Extract<Work, { kind: 'variant' }>,
  folder: string,
  { threads, onProgress, onNote }: CellContext,
): Promise<void> {
  const [trained] = await trainVariants({
    start: { base },
    recipe,
    data: data.path,
    seeds: [seed],
    output: () => folder,
    threads,
    onProgress,
    onStep: (_, { step }, { steps }) => onProgress('steps', step, steps),
  })
  for (const note of trained!.notes) onNote(note)
}
