// What the module exports; src/tensor/kernels.ts is the other side. AssemblyScript.
export { bytesEqual, dot, subtract } from './arrays'
export { compare, compareValues, sumsOf } from './compare'
export { exponentNoise, uniformNoise } from './noise'
