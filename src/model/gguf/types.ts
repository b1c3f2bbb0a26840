// Element types of GGUF by their number in the file, with the elements and bytes of a block (ggml.h, gguf/constants.py).
// Types that are not read are here too, so that their tensors are named and their place in the file is checked.
import { DTYPES, type Dtype } from '../tensor.ts'

export interface GgmlType {
  name: string
  block: number
  bytes: number
  /** The type as it is read; absent where it is not. */
  dtype?: Dtype
}

const READ: Readonly<Record<number, Dtype>> = {
  ...{ 0: 'F32', 1: 'F16', 30: 'BF16', 28: 'F64', 24: 'I8' },
  ...{ 2: 'Q4_0', 3: 'Q4_1', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0' },
  ...{ 10: 'Q2_K', 11: 'Q3_K', 12: 'Q4_K', 13: 'Q5_K', 14: 'Q6_K', 20: 'IQ4_NL', 23: 'IQ4_XS' },
}

/** Number, name, elements and bytes of a block. */
const NOT_READ: readonly (readonly [number, string, number, number])[] = [
  [9, 'Q8_1', 32, 40],
  [15, 'Q8_K', 256, 292],
  [16, 'IQ2_XXS', 256, 66],
  [17, 'IQ2_XS', 256, 74],
  [18, 'IQ3_XXS', 256, 98],
  [19, 'IQ1_S', 256, 50],
  [21, 'IQ3_S', 256, 110],
  [22, 'IQ2_S', 256, 82],
  [25, 'I16', 1, 2],
  [26, 'I32', 1, 4],
  [27, 'I64', 1, 8],
  [29, 'IQ1_M', 256, 56],
  [34, 'TQ1_0', 256, 54],
  [35, 'TQ2_0', 256, 66],
  [39, 'MXFP4', 32, 17],
  [40, 'NVFP4', 64, 36],
  [41, 'Q1_0', 128, 18],
]

/** By number; a number that is not here is of a type that came later. */
export const GGML_TYPES: ReadonlyMap<number, GgmlType> = new Map([
  ...Object.entries(READ).map(([number, dtype]): [number, GgmlType] => [
    Number(number),
    { name: dtype, ...DTYPES[dtype], dtype },
  ]),
  ...NOT_READ.map(([number, name, block, bytes]): [number, GgmlType] => [number, { name, block, bytes }]),
])
