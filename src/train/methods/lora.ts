// LoRA (arXiv 2106.09685, section 4.1): W + scale * B A, of which A and B are trained. First values as in peft: A is Kaiming
// uniform with a = sqrt(5), which is U(-1/sqrt(in), 1/sqrt(in)); B is 0, so that training begins at the base. Every factor
// has random numbers of its own, by its name: another target does not change them.
import type { Parameter } from '../../model/engine/engineModel.ts'
import type { LoadedModel } from '../../model/engine/index.ts'
import type { Recipe } from '../../schema/training.ts'
import { seedOf, uniformValues } from '../../tensor/random.ts'
import type { Prepared, Trained } from './method.ts'
import { type Target, targetsOf } from './targets.ts'

/** Where a name of the recipe fits nothing: UserError. */
export function lora(loaded: LoadedModel, recipe: Recipe, seed: number): Prepared {
  const trained: Trained[] = []
  const layers = loaded.parameters.layers.map((layer) => new Map(layer))
  for (const target of targetsOf(loaded, recipe)) {
    const layer = layers[target.layer]!
    const parameter = layer.get(target.weight)!
    trained.push(...factors(`layers.${target.layer}.${target.weight}`, parameter, { target, seed }))
    const { rank, scale } = target
    layer.set(target.weight, { ...parameter, lora: [{ a: null, b: null, rank, scale }] })
  }
  return { loaded: { ...loaded, parameters: { ...loaded.parameters, layers } }, trained }
}

function factors(
  name: string,
  { shape }: Parameter,
  { target: { rank }, seed }: { target: Target; seed: number },
): [a: Trained, b: Trained] {
  const [outputs, inputs] = shape as [number, number]
  const a = `${name}.lora.0.a`
  const values = uniformValues(seedOf(`${seed} ${a}`), rank * inputs)
  const width = 2 / Math.sqrt(inputs)
  for (let i = 0; i < values.length; i++) values[i]! *= width
  return [
    { name: a, shape: [rank, inputs], values, group: 'a', hasDecay: true },
    {
      name: `${name}.lora.0.b`,
      shape: [outputs, rank],
      values: new Float32Array(outputs * rank),
      group: 'b',
      hasDecay: true,
    },
  ]
}
