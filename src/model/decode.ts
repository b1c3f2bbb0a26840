// Bytes of a tensor as fp32 values, whatever the element type, and the spacing of that type at each value. Exact: what
// a format means is in floats.ts and gguf/dequantise; here is only who is asked.
import { decodeFloats, type FloatDtype, floatSpacings } from './floats.ts'
import { blockSpacings, dequantise } from './gguf/dequantise/index.ts'
import { DTYPES, type Dtype } from './tensor.ts'

const isFloat = (dtype: Dtype): dtype is FloatDtype => DTYPES[dtype].block === 1

/** Fills `values` with the elements of `bytes`, which hold whole blocks. */
export function decode(dtype: Dtype, bytes: Uint8Array, values: Float32Array): void {
  checkLengths(dtype, bytes, values)
  if (isFloat(dtype)) decodeFloats(dtype, bytes, values)
  else dequantise(dtype, bytes, values)
}

/** Fills `out` with the distance between neighbouring numbers of the format at each element of `bytes`. */
export function spacings(dtype: Dtype, bytes: Uint8Array, out: Float32Array): void {
  checkLengths(dtype, bytes, out)
  if (isFloat(dtype)) floatSpacings(dtype, bytes, out)
  else blockSpacings(dtype, bytes, out)
}

function checkLengths(dtype: Dtype, bytes: Uint8Array, values: Float32Array): void {
  const { block, bytes: blockBytes } = DTYPES[dtype]
  if (bytes.length * block === values.length * blockBytes) return
  throw new Error(`${bytes.length} bytes of ${dtype} do not hold ${values.length} elements`)
}
