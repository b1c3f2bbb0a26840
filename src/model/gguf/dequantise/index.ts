// Block types of GGUF as fp32, bit for bit what PyPI gguf gives, and the step between neighbouring values of each block.
// F32, F16 and BF16 are no block types: floats.ts.
import type { Dtype } from '../../tensor.ts'
import { dequantiseIQ4_NL, dequantiseIQ4_XS, stepsIQ4_NL, stepsIQ4_XS } from './codebook.ts'
import { dequantiseQ4_K, dequantiseQ5_K, dequantiseQ6_K, stepsQ6_K, stepsQ45_K } from './highK.ts'
import {
  dequantiseQ4_0,
  dequantiseQ4_1,
  dequantiseQ5_0,
  dequantiseQ5_1,
  dequantiseQ8_0,
  legacySteps,
} from './legacy.ts'
import { dequantiseQ2_K, dequantiseQ3_K, stepsQ2_K, stepsQ3_K } from './lowK.ts'

export type BlockDtype = Exclude<Dtype, 'F64' | 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2' | 'I8' | 'U8'>

type Reader = (bytes: Uint8Array, out: Float32Array) => void

const READERS: Readonly<Record<BlockDtype, { values: Reader; steps: Reader }>> = {
  Q4_0: { values: dequantiseQ4_0, steps: legacySteps(18) },
  Q4_1: { values: dequantiseQ4_1, steps: legacySteps(20) },
  Q5_0: { values: dequantiseQ5_0, steps: legacySteps(22) },
  Q5_1: { values: dequantiseQ5_1, steps: legacySteps(24) },
  Q8_0: { values: dequantiseQ8_0, steps: legacySteps(34) },
  Q2_K: { values: dequantiseQ2_K, steps: stepsQ2_K },
  Q3_K: { values: dequantiseQ3_K, steps: stepsQ3_K },
  Q4_K: { values: dequantiseQ4_K, steps: stepsQ45_K(144) },
  Q5_K: { values: dequantiseQ5_K, steps: stepsQ45_K(176) },
  Q6_K: { values: dequantiseQ6_K, steps: stepsQ6_K },
  IQ4_NL: { values: dequantiseIQ4_NL, steps: stepsIQ4_NL },
  IQ4_XS: { values: dequantiseIQ4_XS, steps: stepsIQ4_XS },
}

/** Fills `values` from whole blocks; `bytes` has exactly the blocks of as many elements as `values` holds. */
export function dequantise(dtype: BlockDtype, bytes: Uint8Array, values: Float32Array): void {
  READERS[dtype].values(bytes, values)
}

/**
 * Fills `out` with the step at each element: the distance of two neighbouring codes in its block. For codebook types,
 * half the distance between the two neighbours of the element's code.
 */
export function blockSpacings(dtype: BlockDtype, bytes: Uint8Array, out: Float32Array): void {
  READERS[dtype].steps(bytes, out)
}
