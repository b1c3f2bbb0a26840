// AdamW (arXiv 1711.05101, algorithm 2) with the arithmetic of torch.optim.AdamW: fp32 in its order of operations, numbers
// of a step in fp64, epsilon outside the root. LoRA+ (arXiv 2402.12354): factor B has its own learning rate, and DoRA's
// magnitudes have it too, as in peft's create_loraplus_optimizer.
import type { Recipe } from '../schema/training.ts'
import { openAdamWKernel } from '../tensor/adamw.ts'
import type { Trained } from './methods/method.ts'

export interface Moments {
  m: Float32Array
  v: Float32Array
}

export interface AdamW {
  /** Steps made. A training that goes on sets it, and fills what state() gives. */
  count: number
  /**
   * Changes the trained values by their gradients, each multiplied with `gradientScale` first (what clipping asks for).
   * The gradients stay as they are.
   */
  step(gradients: ReadonlyMap<string, Float32Array>, learningRate: number, gradientScale?: number): void
  /** By name: the moments themselves, no copies. */
  state(): ReadonlyMap<string, Moments>
}

export interface AdamWOptions {
  trained: readonly Trained[]
  recipe: Pick<Recipe, 'beta1' | 'beta2' | 'epsilon' | 'weightDecay' | 'loraPlusRatio'>
}

/** What LoRA+ multiplies the learning rate of. */
const PLUS: ReadonlySet<Trained['group']> = new Set(['b', 'magnitude'])

export function openAdamW({ trained, recipe }: AdamWOptions): AdamW {
  const { beta1, beta2, epsilon, weightDecay, loraPlusRatio } = recipe
  const update = openAdamWKernel()
  const moments = new Map(
    trained.map(({ name, values: { length } }) => [
      name,
      { m: new Float32Array(length), v: new Float32Array(length) },
    ]),
  )
  return {
    count: 0,
    step(gradients, learningRate, gradientScale = 1) {
      this.count++
      const shared = { gradientScale, beta1, beta2, epsilon, step: this.count }
      for (const { name, values, group, hasDecay } of trained) {
        const gradient = gradients.get(name)
        if (gradient?.length !== values.length) {
          throw new RangeError(`${name}: ${gradient?.length ?? 'no'} gradients for ${values.length} values`)
        }
        update(
          { values, gradients: gradient, ...moments.get(name)! },
          {
            ...shared,
            learningRate: PLUS.has(group) ? learningRate * loraPlusRatio : learningRate,
            weightDecay: hasDecay ? weightDecay : 0,
          },
        )
      }
    },
    state: () => moments,
  }
}
