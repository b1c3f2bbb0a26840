// Names a merge that went along the adapter's delta with another factor: half of it, twice, or a scale that another
// reading of the config gives.
import { shapeOf } from '../../model/rows.ts'
import type { Merge } from './replay.ts'
import type { AppliedTensor } from './types.ts'

/** The residual may be this many times what rounding alone gives. */
const MAX_OVER_ROUNDING = 3
/** ... or this share of the strength, for sums in another order. */
const MAX_RESIDUAL = 0.001
/** Strengths nearer than this are one. */
const TOLERANCE = 0.01

/** A status where the change is nothing but a multiple of the delta; undefined where something else is in it. */
export function strengthNote(
  row: AppliedTensor,
  merge: Merge,
  usesRsLora: boolean,
): { status: 'other-strength' | 'altered'; note: string } | undefined {
  const { strength, residual, roundingResidual } = row
  if (strength === null || residual === null || roundingResidual === null) return undefined
  if (residual > MAX_OVER_ROUNDING * roundingResidual + MAX_RESIDUAL * Math.abs(strength)) return undefined
  // Where rounding is as large as the delta, a strength is told only from many elements.
  const uncertainty = roundingResidual / Math.sqrt(row.elements)
  if (Math.abs(strength) < Math.max(TOLERANCE, 5 * uncertainty)) return undefined
  if (Math.abs(strength - 1) < Math.max(TOLERANCE, 5 * uncertainty)) {
    return {
      status: 'altered',
      note: `the strength is right, single elements are up to ${row.maxUlps.toPrecision(2)} ulp off`,
    }
  }
  return {
    status: 'other-strength',
    note: `strength ${strength.toFixed(2)}${nameOf(strength, merge, usesRsLora)}`,
  }
}

/** What factors of this size come from, as far as they are known. */
function nameOf(strength: number, { stages }: Merge, usesRsLora: boolean): string {
  const near = (value: number): boolean => Math.abs(strength / value - 1) < TOLERANCE
  const names: string[] = []
  if (near(2)) names.push('applied twice')
  if (near(-1)) names.push('taken away instead of added')
  if (near(0.5)) names.push('half of it')
  const [stage] = stages
  if (stages.length === 1 && stage?.kind === 'lora') {
    const { scale, a } = stage.factors
    const rank = shapeOf(a)[0] ?? 1
    if (near(1 / scale)) names.push('the factors without their scale alpha / r')
    if (usesRsLora && near(1 / Math.sqrt(rank))) names.push('as LoRA: use_rslora was not heeded')
    if (!usesRsLora && near(Math.sqrt(rank))) names.push('as rsLoRA, which the config does not say')
    if (near(rank)) names.push('alpha was not divided by the rank')
  }
  return names.length > 0 ? ` (${names.join(', or ')})` : ''
}
