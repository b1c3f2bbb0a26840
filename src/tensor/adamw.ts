// A step of AdamW over arrays, in WebAssembly SIMD (source: simd/adamw.ts). Arrays lie outside the module's memory, since
// programs are fed with them: pieces that stay in the processor's cache are copied in and out, which takes as long as the
// arithmetic and is still less than half of what a loop takes (bench/adamw.mjs).
import { FIRST_FREE, instantiate } from './kernels.ts'

/** Elements of a piece: four of them are 128 kB. */
const PIECE = 8192

export interface AdamWArrays {
  values: Float32Array
  gradients: Float32Array
  /** First and second moment. */
  m: Float32Array
  v: Float32Array
}

/** Numbers of one step; each is rounded to fp32 where it meets the arrays, as torch does. */
export interface AdamWNumbers {
  /** Gradients are multiplied with it first. */
  gradientScale: number
  learningRate: number
  weightDecay: number
  beta1: number
  beta2: number
  epsilon: number
  /** Steps made, this one included. */
  step: number
}

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  adamw(
    values: number,
    gradients: number,
    m: number,
    v: number,
    count: number,
    scale: number,
    keep: number,
    share1: number,
    beta2: number,
    share2: number,
    rootOfCorrection2: number,
    epsilon: number,
    stepSize: number,
  ): void
}

export type AdamWKernel = (arrays: AdamWArrays, numbers: AdamWNumbers) => void

/** The kernel with memory of its own (192 kB). Arrays of a call are equally long. */
export function openAdamWKernel(): AdamWKernel {
  const wasm = instantiate<Exports>(FIRST_FREE + 4 * PIECE * 4)
  const [valuesAt, gradientsAt, mAt, vAt] = [0, 1, 2, 3].map((i) => FIRST_FREE + i * PIECE * 4) as [
    number,
    number,
    number,
    number,
  ]
  const view = (at: number): Float32Array => new Float32Array(wasm.memory.buffer, at, PIECE)
  const inside = { values: view(valuesAt), gradients: view(gradientsAt), m: view(mAt), v: view(vAt) }
  return ({ values, gradients, m, v }, numbers) => {
    const { gradientScale, weightDecay, beta1, beta2, epsilon, learningRate, step } = numbers
    const keep = 1 - learningRate * weightDecay
    const rootOfCorrection2 = Math.sqrt(1 - beta2 ** step)
    const stepSize = learningRate / (1 - beta1 ** step)
    for (let start = 0; start < values.length; start += PIECE) {
      const end = Math.min(values.length, start + PIECE)
      const count = end - start
      const outside = {
        values: values.subarray(start, end),
        m: m.subarray(start, end),
        v: v.subarray(start, end),
      }
      inside.values.set(outside.values)
      inside.gradients.set(gradients.subarray(start, end))
      inside.m.set(outside.m)
      inside.v.set(outside.v)
      wasm.adamw(
        ...([valuesAt, gradientsAt, mAt, vAt, count, gradientScale, keep] as const),
        ...([1 - beta1, beta2, 1 - beta2, rootOfCorrection2, epsilon, stepSize] as const),
      )
      outside.values.set(inside.values.subarray(0, count))
      outside.m.set(inside.m.subarray(0, count))
      outside.v.set(inside.v.subarray(0, count))
    }
  }
}
