// What a training pass has to compute: which inputs of which layers are trained, how each weight is held in memory, and
// how far back gradients have to go.
import { UserError } from '../../../util/errors.ts'
import { matrixShape } from '../../shape.ts'
import type { Parameter } from '../engineModel.ts'
import type { LoadedModel } from '../index.ts'

/** One array of trained values. */
export interface TrainedInput {
  /** The program's input: `self_attn.q_proj.weight.lora.0.a`. */
  input: string
  /** In the caller's maps: `layers.3.` before that; a magnitude's input is the output scale that it becomes. */
  name: string
  shape: readonly number[]
  isMagnitude: boolean
}

export interface LayerPlan {
  parameters: ReadonlyMap<string, Parameter>
  trained: readonly TrainedInput[]
  /** Whether anything in it or below is trained. */
  hasBackward: boolean
  /** Whether anything below it is trained. */
  hasInputGradient: boolean
}

export interface TrainingPlan {
  layers: readonly LayerPlan[]
  isNormTrained: boolean
  /** Under which name the output layer is trained: `head.weight`, or `embedding` where it is tied to it. */
  headName: string | null
  isEmbeddingTrained: boolean
  isTied: boolean
  /** Whether weights are held in NF4. */
  hasPacked: boolean
}

const LAYER = /^layers\.(\d+)\.(.+)$/
const MAGNITUDE = /\.magnitude$/

export function trainingPlan(loaded: LoadedModel, names: Iterable<string>): TrainingPlan {
  const { parameters, model } = loaded
  const wanted = new Set(names)
  const byLayer = parameters.layers.map((): TrainedInput[] => [])
  for (const name of wanted) {
    const [, layer, inner] = LAYER.exec(name) ?? []
    if (layer === undefined) continue
    const weights = parameters.layers[Number(layer)]
    if (!weights) throw new RangeError(`${name} of a model with ${parameters.layers.length} layers`)
    byLayer[Number(layer)]!.push(trainedInput(name, inner!, weights))
  }
  refuseMissing(loaded, wanted)
  const { head, embedding } = parameters
  if (head.lora.length > 0 || head.outputScale || head.inputScale) {
    throw new UserError(`${model.spec} has an adapter on its output layer, which cannot be trained on`, {
      hint: 'write the merged model first (tunediff export --merged), and train that',
    })
  }
  const isTied = JSON.stringify(head.dense) === JSON.stringify(embedding)
  const isEmbeddingTrained = wanted.has('embedding')
  const headName = isTied ? 'embedding' : 'head.weight'
  const lowest = isEmbeddingTrained ? -1 : byLayer.findIndex((trained) => trained.length > 0)
  const isReached = (layer: number): boolean => isEmbeddingTrained || (lowest >= 0 && layer >= lowest)
  const layers = parameters.layers.map((weights, i) => ({
    parameters: stored(weights, byLayer[i]!),
    trained: byLayer[i]!,
    hasBackward: isReached(i),
    hasInputGradient: isReached(i) && i !== lowest,
  }))
  return {
    layers,
    isNormTrained: wanted.has('norm.weight'),
    headName: wanted.has(headName) ? headName : null,
    isEmbeddingTrained,
    isTied,
    hasPacked: layers.some((layer) => [...layer.parameters.values()].some(({ type }) => type === 'nf4')),
  }
}

function trainedInput(name: string, inner: string, weights: ReadonlyMap<string, Parameter>): TrainedInput {
  const [, weight, term, side] = /^(.+)\.lora\.(\d+)\.([ab])$/.exec(inner) ?? []
  const owner = weight ?? inner.replace(MAGNITUDE, '')
  const parameter = weights.get(owner)
  if (!parameter) throw new RangeError(`${name} is trained, and there is no ${owner}`)
  const isMagnitude = MAGNITUDE.test(inner)
  const { shape } = parameter
  if (isMagnitude)
    return { input: `${owner}.outputScale`, name, shape: [matrixShape(shape).rows], isMagnitude }
  if (term === undefined) return { input: inner, name, shape, isMagnitude }
  const { rows, columns } = matrixShape(shape)
  const { rank } = parameter.lora[Number(term)]!
  return { input: inner, name, shape: side === 'a' ? [rank, columns] : [rows, rank], isMagnitude }
}

/** What has no values of its own has to be among the trained. */
function refuseMissing({ parameters }: LoadedModel, wanted: ReadonlySet<string>): void {
  for (const [i, weights] of parameters.layers.entries()) {
    for (const [name, { lora, outputScale }] of weights) {
      const needed = lora.flatMap(({ a, b }, term) => [
        ...(a ? [] : [`${name}.lora.${term}.a`]),
        ...(b ? [] : [`${name}.lora.${term}.b`]),
      ])
      if (outputScale && !('vector' in outputScale) && !outputScale.magnitude)
        needed.push(`${name}.magnitude`)
      const missing = needed.find((inner) => !wanted.has(`layers.${i}.${inner}`))
      if (missing !== undefined) throw new RangeError(`layers.${i}.${missing} has no values`)
    }
  }
}

/** Trained weights are fp32; NF4 stays packed. */
function stored(
  weights: ReadonlyMap<string, Parameter>,
  trained: readonly TrainedInput[],
): ReadonlyMap<string, Parameter> {
  const own = new Set(trained.map(({ input }) => input))
  return new Map(
    [...weights].map(([name, parameter]) => {
      if (own.has(name)) return [name, { ...parameter, type: 'float32' }]
      return [name, isNf4(parameter) ? { ...parameter, type: 'nf4' } : parameter]
    }),
  )
}

function isNf4({ dense, shape }: Parameter): boolean {
  return shape.length === 2 && dense.kind === 'quantised' && dense.scheme.startsWith('NF4')
}
