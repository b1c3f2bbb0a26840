// What the module exports; kernels.ts, distributions.ts, adamw.ts and nf4Decoder.ts of src/tensor are the other side. AssemblyScript.
export { adamw } from './adamw'
export { bytesEqual, dot, subtract } from './arrays'
export { compare, compareValues, sumsOf } from './compare'
export { countAbove, divergences, exponentials, largest } from './distributions'
export { decodeNf4 } from './nf4'
export { exponentNoise, uniformNoise } from './noise'
