// The ways in which an adapter may have been merged: in which format the base was loaded, the factors multiplied and
// the delta added. Those of PEFT 0.21 (tuners/lora/layer.py: merge, get_delta_weight), on CPU and on GPU.
import type { Dtype } from '../../model/tensor.ts'
import { isMergeDtype, type MergeDtype } from './rounding.ts'

export interface MergeOrder {
  /** The base's weights are rounded to it on load, and each merged weight before it is saved. */
  load: MergeDtype
  /** The factors are rounded to it. */
  factors: MergeDtype
  /** The delta is rounded to it before it is added. */
  delta: MergeDtype
  /** On a GPU the product of narrow factors is rounded before it is scaled, and once more after. */
  isProductRounded: boolean
  /** Format of the file. */
  saved: MergeDtype
}

const NAMES: Readonly<Record<MergeDtype, string>> = { F32: 'fp32', BF16: 'bf16', F16: 'fp16' }

/** All plausible orders, the most common first: PEFT keeps factors in fp32 and adds to weights as they are loaded. */
export function mergeOrders(base: Dtype, adapter: Dtype, saved: MergeDtype): MergeOrder[] {
  const loads = loadDtypes(base, saved)
  const common = loads.map((load) => order({ load, saved }))
  const rounded = loads.filter((load) => load !== 'F32').map((load) => order({ load, saved, delta: load }))
  const narrow = loads.flatMap((load) =>
    narrowFactors(adapter, load).flatMap((factors) =>
      [false, true].map((isProductRounded) =>
        order({ load, saved, factors, delta: factors, isProductRounded }),
      ),
    ),
  )
  return [...common, ...rounded, ...narrow]
}

/** Formats that the base may have been loaded in; the stored one first. */
export function loadDtypes(base: Dtype, saved: MergeDtype): MergeDtype[] {
  const loads: MergeDtype[] = isMergeDtype(base) ? [base, saved, 'F32'] : [saved, 'F32']
  return [...new Set(loads)]
}

function narrowFactors(adapter: Dtype, load: MergeDtype): MergeDtype[] {
  const narrow = [adapter, load].filter((dtype): dtype is MergeDtype => dtype === 'BF16' || dtype === 'F16')
  return [...new Set(narrow)]
}

function order(given: Partial<MergeOrder> & { load: MergeDtype; saved: MergeDtype }): MergeOrder {
  return { factors: 'F32', delta: 'F32', isProductRounded: false, ...given }
}

/** `bf16 base, delta in fp32`; what is usual is left out. */
export function orderText({ load, factors, delta, isProductRounded, saved }: MergeOrder): string {
  const parts = [`base in ${NAMES[load]}`]
  if (factors === 'F32') parts.push(delta === 'F32' ? 'delta in fp32' : `delta rounded to ${NAMES[delta]}`)
  else
    parts.push(`factors and delta in ${NAMES[factors]}${isProductRounded ? ', rounded before scaling' : ''}`)
  if (saved !== load) parts.push(`saved as ${NAMES[saved]}`)
  return parts.join(', ')
}
