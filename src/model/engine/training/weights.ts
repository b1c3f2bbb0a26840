// What programs of a training pass are fed with as weights: frozen ones in memory once, trained ones from the caller's
// arrays, and NF4 as codes with a scratch matrix of each shape for the way back, which all layers share.
import { type Nf4Decoder, openNf4Decoder, type PackedNf4 } from '../../../tensor/nf4Decoder.ts'
import { type Buffer, type Buffers, sizeOf } from '../../../tensor/program.ts'
import type { Parameter } from '../engineModel.ts'
import type { LoadedModel } from '../index.ts'
import { WeightStore } from '../weightStore.ts'
import { packNf4 } from './packedWeights.ts'
import type { LayerPlan, TrainingPlan } from './plan.ts'

type Values = ReadonlyMap<string, Float32Array>

interface LayerWeights {
  feeds: Record<string, Buffer>
  packed: ReadonlyMap<string, PackedNf4>
}

/** A copy of trained values with a constant added, made anew for each run: w of normalisations that stand for 1 + w. */
interface Shifted {
  from: Float32Array
  to: Float32Array
  offset: number
}

export class TrainingWeights {
  readonly #layers: readonly LayerWeights[]
  readonly #store = new WeightStore({ isKept: true })
  /** Null where no weight is in NF4. */
  readonly #decoder: Nf4Decoder | null
  readonly #shifted: Shifted[] = []
  readonly #norm: Buffers
  /** (vocabulary, hidden) in fp32. */
  readonly head: Float32Array

  constructor({ parameters }: LoadedModel, plan: TrainingPlan, trained: Values) {
    this.#layers = plan.layers.map((layer, i) => this.#layer(layer, `layers.${i}.`, trained))
    const sizes = scratchSizes(plan)
    this.#decoder = sizes.size > 0 ? openNf4Decoder(sizes) : null
    for (const { feeds, packed } of this.#layers) {
      for (const name of packed.keys()) feeds[`${name}.dense`] = this.#decoder!.area(name)
    }
    this.#norm = this.#dense('norm.weight', 'norm.weight', parameters.norm, trained)
    const { head } = parameters
    this.head = (
      plan.headName === null
        ? this.#store.feeds('head.weight', head)['head.weight']!
        : trained.get(plan.headName)!
    ) as Float32Array
  }

  get bytes(): number {
    const packed = this.#layers.flatMap((layer) => [...layer.packed.values()])
    const codes = packed.reduce((sum, one) => sum + one.codes.byteLength + one.scales.byteLength, 0)
    const copies = this.#shifted.reduce((sum, { to }) => sum + to.byteLength, 0)
    return this.#store.bytes + codes + copies + (this.#decoder?.bytes ?? 0)
  }

  /** Before each pass, because values have changed. */
  refresh(): void {
    for (const { from, to, offset } of this.#shifted)
      for (let i = 0; i < to.length; i++) to[i] = from[i]! + offset
  }

  layer(layer: number): Buffers {
    return this.#layers[layer]!.feeds
  }

  get norm(): Buffers {
    return this.#norm
  }

  /** Puts fp32 values of the layer's packed weights, or of those of `names`, into their scratch. */
  decode(layer: number, names?: ReadonlySet<string>): void {
    for (const [name, packed] of this.#layers[layer]!.packed) {
      if (!names || names.has(name)) this.#decoder!.decode(name, packed)
    }
  }

  #layer({ parameters }: LayerPlan, prefix: string, trained: Values): LayerWeights {
    const packed = new Map<string, PackedNf4>()
    const feeds: Record<string, Buffer> = {}
    for (const [name, parameter] of parameters) {
      const { type, dense } = parameter
      if (type === 'nf4' && dense.kind === 'quantised') {
        const own = packNf4(dense)
        packed.set(name, own)
        feeds[`${name}.codes`] = own.codes
        feeds[`${name}.scales`] = own.scales
      } else Object.assign(feeds, this.#dense(name, prefix + name, parameter, trained))
      Object.assign(feeds, this.#store.adapterFeeds(name, parameter))
      parameter.lora.forEach(({ a, b }, i) => {
        if (!a) feeds[`${name}.lora.${i}.a`] = trained.get(`${prefix}${name}.lora.${i}.a`)!
        if (!b) feeds[`${name}.lora.${i}.b`] = trained.get(`${prefix}${name}.lora.${i}.b`)!
      })
    }
    return { feeds, packed }
  }

  /** The weight alone, without what is on it. */
  #dense(input: string, name: string, parameter: Parameter, trained: Values): Record<string, Buffer> {
    const values = trained.get(name)
    if (!values) {
      const { outputScale: _, inputScale: __, ...plain } = parameter
      return this.#store.feeds(input, { ...plain, lora: [] })
    }
    const { offset, shape } = parameter
    if (values.length !== sizeOf(shape))
      throw new RangeError(`${name}: ${values.length} values for (${shape.join(', ')})`)
    if (offset === 0) return { [input]: values }
    const to = new Float32Array(values.length)
    this.#shifted.push({ from: values, to, offset })
    return { [input]: to }
  }
}

/** Layers share scratch by the weight's name: its shape is the same in all. */
function scratchSizes({ layers }: TrainingPlan): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { parameters } of layers) {
    for (const [name, { type, shape }] of parameters) {
      if (type === 'nf4') sizes.set(name, sizeOf(shape))
    }
  }
  return sizes
}
