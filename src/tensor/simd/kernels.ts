// What the module exports; src/tensor/kernels.ts and src/tensor/distributions.ts are the other side. AssemblyScript.
export { bytesEqual, dot, subtract } from './arrays'
export { compare, compareValues, sumsOf } from './compare'
export { countAbove, divergences, exponentials, largest } from './distributions'
export { exponentNoise, uniformNoise } from './noise'
