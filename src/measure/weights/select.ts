// Which matrices get a spectrum: the most changed ones, and one of each kind in a few layers, since a spectrum costs
// a hundred times what the pass over elements does.
import type { TensorRow } from '../../schema/weights.ts'
import { isVocabularyKind } from './kinds.ts'
import { isMatrix } from './pairing.ts'

export const MOST_CHANGED = 16
export const SAMPLED_LAYERS = 4

/** The spectrum follows, if the tensor is selected. */
export const NOT_YET = 'not measured yet'
export const NOT_SELECTED = `not among the ${MOST_CHANGED} most changed matrices or the ${SAMPLED_LAYERS} sampled layers: --full-spectrum measures all`

/** Names of matrices to decompose. Tables of vocabulary are left out: their rows say more (moved tokens). */
export function selectSpectra(rows: readonly TensorRow[], isFull: boolean): Set<string> {
  const candidates = rows.filter(
    (row) => isEligible(row) && isMatrix(row.shape) && !isVocabularyKind(row.kind),
  )
  if (isFull) return new Set(candidates.map((row) => row.name))
  const relative = (row: TensorRow): number => row.sums!.delta / row.sums!.base
  const most = [...candidates].sort((a, b) => relative(b) - relative(a)).slice(0, MOST_CHANGED)
  const layers = spread([...new Set(candidates.map((row) => row.layer ?? -1))].sort((a, b) => a - b))
  const sampled = candidates.filter((row) => layers.has(row.layer ?? -1))
  return new Set([...most, ...sampled].map((row) => row.name))
}

/** Whatever was measured since: a measurement that goes on selects the same ones. */
function isEligible({ spectrum }: TensorRow): boolean {
  if ('absent' in spectrum) return spectrum.absent === NOT_YET || spectrum.absent === NOT_SELECTED
  return spectrum.method !== 'factors'
}

/** First, last, and between them at equal distances. */
function spread(layers: readonly number[]): Set<number> {
  const steps = Math.min(SAMPLED_LAYERS, layers.length) - 1
  if (steps < 1) return new Set(layers)
  return new Set(
    Array.from({ length: steps + 1 }, (_, i) => layers[Math.round((i * (layers.length - 1)) / steps)]!),
  )
}
