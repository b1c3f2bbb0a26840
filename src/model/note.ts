// What of a model's files is not run as it is stored, in words.
import type { Model } from './tensor.ts'

/** `dequantised to fp32 from Q4_1, Q8_0`; null where nothing is done. */
export function noteOf({ tensors, quantised }: Model): string | null {
  const packed = [...new Set([...tensors.values()].map(({ dtype }) => dtype))].filter((dtype) =>
    /^I?Q/.test(dtype),
  )
  const parts = [
    ...(packed.length > 0 ? [`dequantised to fp32 from ${packed.sort().join(', ')}`] : []),
    ...(quantised ? [`linear weights quantised as ${quantised} on load`] : []),
  ]
  return parts.length > 0 ? parts.join('; ') : null
}
