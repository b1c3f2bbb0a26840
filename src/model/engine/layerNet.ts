// Builds one layer of an architecture onto a tape: declares the weights that it asks for as inputs, with their adapters,
// and what positions need (rotary tables, mask, keys and values of the past).
import { NF4_BLOCK } from '../../tensor/nf4.ts'
import { attention } from '../../tensor/ops/attention.ts'
import { causalAttention } from '../../tensor/ops/causalAttention.ts'
import { type LinearWeight, linear, type Nf4Weight } from '../../tensor/ops/linear.ts'
import { reshape } from '../../tensor/ops/reshape.ts'
import { rmsNorm } from '../../tensor/ops/rmsNorm.ts'
import { rope } from '../../tensor/ops/rope.ts'
import type { Tape, Value } from '../../tensor/tape.ts'
import { UserError } from '../../util/errors.ts'
import { plural } from '../../util/text.ts'
import type { Architecture, LayerNet } from '../architectures/architecture.ts'
import type { Parameter } from './engineModel.ts'

/** Static shape of a batch. */
export interface BatchShape {
  batch: number
  /** Tokens of a row. */
  length: number
  /** Positions of the past that keys and values are given for, in generation. */
  past?: number
  /**
   * Attention is causal from the first position on, over so many (null: all): no mask is fed, and no gradient comes back.
   * Where it is absent a mask is fed.
   */
  window?: number | null
  /** Each row has a mask of its own. */
  hasOwnMasks?: boolean
  /** Masks are [length, length], and all heads share them, instead of one below the other for each head of a group. */
  hasSharedMasks?: boolean
  /** Rows of the rotary tables; length where it is not given. */
  positions?: number
}

export interface LayerNetOptions {
  tape: Tape
  /** The model as the user wrote it, for errors. */
  spec: string
  architecture: Architecture
  shape: BatchShape
  parameters: ReadonlyMap<string, Parameter>
  /** Whether the gradient of an input is wanted, by its name. */
  isTrained?: (name: string) => boolean
}

export interface BuiltNet extends LayerNet {
  /** Parameters that the layer asked for. */
  readonly used: ReadonlySet<string>
}

export function layerNet({
  tape,
  spec,
  architecture,
  shape,
  parameters,
  isTrained = () => false,
}: LayerNetOptions): BuiltNet {
  const { heads, kvHeads, headDim, epsilon, attentionScale } = architecture
  const { batch, length, past = 0, positions: tableRows = length, window } = shape
  const used = new Set<string>()
  const input = (name: string, dims: readonly number[], type: InputType = 'float32'): Value =>
    tape.input(name, dims, { type, isTrained: isTrained(name) })
  const parameter = (name: string): Parameter => {
    const found = parameters.get(name)
    if (!found) throw unfit(spec, `a layer has no ${name}`)
    used.add(name)
    return found
  }
  const half = [tableRows, headDim / 2]
  const splitHeads = (x: Value): Value => reshape(tape, x, [batch, length, x.shape.at(-1)!])
  const cached = (name: string): Value => input(name, [batch, kvHeads, past, headDim])
  return {
    tape,
    used,
    linear(name, x, options = {}) {
      const { shape: size } = parameter(`${name}.weight`)
      const given = x.shape.at(-1)!
      if (size.length !== 2 || size[1] !== given)
        throw unfit(
          spec,
          `${name}.weight is (${size.join(', ')}), and by its config it is given ${given} numbers`,
        )
      const weight = weightOf(`${name}.weight`, parameter(`${name}.weight`), input)
      const bias = options.bias || parameters.has(`${name}.bias`) ? parameter(`${name}.bias`) : undefined
      const kept = { ...weight, save: name }
      return linear(tape, x, bias ? { ...kept, bias: input(`${name}.bias`, bias.shape) } : kept)
    },
    norm(name, x) {
      const { shape: size } = parameter(`${name}.weight`)
      return rmsNorm(tape, x, input(`${name}.weight`, size), epsilon)
    },
    headNorm(name, x) {
      const { shape: size } = parameter(`${name}.weight`)
      const rows = reshape(tape, x, [(x.shape[0]! * x.shape[1]!) / headDim, headDim])
      return reshape(tape, rmsNorm(tape, rows, input(`${name}.weight`, size), epsilon), x.shape)
    },
    rotate(x) {
      const turned = rope(tape, splitHeads(x), {
        positions: tape.input('positions', [batch, length], { type: 'int64' }),
        cos: tape.input('cos', half),
        sin: tape.input('sin', half),
        negSin: tape.input('negSin', half),
      })
      return reshape(tape, turned, x.shape)
    },
    attend(q, k, v) {
      const sizes = { query: [q, heads], key: [k, kvHeads], value: [v, kvHeads] } as const
      for (const [what, [x, count]] of Object.entries(sizes)) {
        const found = x.shape.at(-1)!
        if (found !== count * headDim)
          throw unfit(
            spec,
            `its ${what} weights give ${found} numbers, and its config says ${plural(count, 'head')} of ${headDim}`,
          )
      }
      if (window !== undefined) {
        const options = { heads, kvHeads, scale: attentionScale, window, save: '' }
        return causalAttention(tape, splitHeads(q), splitHeads(k), splitHeads(v), options)
      }
      const mask = tape.input('mask', maskShape(shape, heads / kvHeads))
      return attention(tape, splitHeads(q), splitHeads(k), splitHeads(v), {
        heads,
        kvHeads,
        scale: attentionScale,
        mask,
        save: '',
        ...(past > 0 ? { past: { k: cached('pastK'), v: cached('pastV') } } : {}),
      })
    },
  }
}

function unfit(spec: string, what: string): UserError {
  return new UserError(`${spec}: ${what}`, {
    hint: 'the config does not belong to these weights: download both again',
  })
}

function maskShape(
  { batch, length, past = 0, hasOwnMasks, hasSharedMasks }: BatchShape,
  group: number,
): number[] {
  const heads = hasSharedMasks ? [1, 1, length] : [1, group * length]
  return [hasOwnMasks ? batch : 1, ...heads, past + length]
}

type InputType = 'float32' | 'float16' | 'uint8'

/** The inputs of a weight and of the adapters on it. */
export function weightOf(
  name: string,
  { shape, type, lora, outputScale, inputScale }: Parameter,
  input: (name: string, dims: readonly number[], type?: InputType) => Value,
): LinearWeight {
  const [rows, columns] = shape as [number, number]
  return {
    weight: type === 'nf4' ? nf4Of(name, [rows, columns], input) : input(name, shape, type),
    lora: lora.map(({ rank, scale }, i) => ({
      a: input(`${name}.lora.${i}.a`, [rank, columns]),
      b: input(`${name}.lora.${i}.b`, [rows, rank]),
      scale,
    })),
    ...(outputScale ? { outputScale: input(`${name}.outputScale`, [rows]) } : {}),
    ...(inputScale ? { inputScale: input(`${name}.inputScale`, [columns]) } : {}),
  }
}

/** NAME.codes, NAME.scales, and NAME.dense for the way back. */
function nf4Of(
  name: string,
  shape: readonly [number, number],
  input: (name: string, dims: readonly number[], type?: InputType) => Value,
): Nf4Weight {
  const size = shape[0] * shape[1]
  return {
    codes: input(`${name}.codes`, [size / 2], 'uint8'),
    scales: input(`${name}.scales`, [size / NF4_BLOCK]),
    shape,
    dense: input(`${name}.dense`, shape),
  }
}
