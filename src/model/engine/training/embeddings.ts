// Embeddings of a batch, and their gradient: rows of tokens that occur sum up.
import { embed, type LoadedModel } from '../index.ts'
import type { Batch } from './batch.ts'

/** Writes x [rows * length, hidden]; padding is zero. `table` where it is in memory, else rows are read. */
export function embedBatch(
  x: Float32Array,
  { ids, segments }: Batch,
  { loaded, table }: { loaded: LoadedModel; table: Float32Array | null },
): void {
  const { hidden, embeddingScale } = loaded.architecture
  const { vocabulary } = loaded.parameters
  x.fill(0)
  for (const [i, id] of ids.entries()) {
    if (segments[i] === -1) continue
    if (table && id >= 0 && id < vocabulary) {
      for (let j = 0; j < hidden; j++) x[i * hidden + j] = table[id * hidden + j]! * embeddingScale
    } else x.set(embed(loaded, Int32Array.of(id), { batch: 1, length: 1 }), i * hidden)
  }
}

/** Adds the gradient of the embeddings, given that of x. */
export function addEmbeddingGradient(
  gradient: Float32Array,
  { ids, segments }: Batch,
  { dx, loaded: { architecture } }: { dx: Float32Array; loaded: LoadedModel },
): void {
  const { hidden, embeddingScale } = architecture
  for (const [i, id] of ids.entries()) {
    if (segments[i] === -1) continue
    for (let j = 0; j < hidden; j++) gradient[id * hidden + j]! += dx[i * hidden + j]! * embeddingScale
  }
}
