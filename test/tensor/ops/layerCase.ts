// A decoder layer as Llama has it (arXiv 2302.13971) with LoRA on all seven weights, from the operations together.
import { add } from '../../../src/tensor/ops/add.ts'
import { attention } from '../../../src/tensor/ops/attention.ts'
import { linear } from '../../../src/tensor/ops/linear.ts'
import { reshape } from '../../../src/tensor/ops/reshape.ts'
import { rmsNorm } from '../../../src/tensor/ops/rmsNorm.ts'
import { rope } from '../../../src/tensor/ops/rope.ts'
import { swiglu } from '../../../src/tensor/ops/swiglu.ts'
import type { Tape, Value } from '../../../src/tensor/tape.ts'
import * as reference from './reference.ts'
import { causalMask, type OpCase, ropeTables } from './support.ts'

const [BATCH, LENGTH, HIDDEN, HEADS, KV_HEADS, SIZE, INNER, RANK] = [2, 3, 8, 3, 1, 4, 10, 2]
const [EPSILON, SCALE, LORA_SCALE, THETA] = [1e-5, 0.5, 2, 10000]
const POSITIONS = [0, 1, 2, 0, 1, 2]
const isSeen = (query: number, key: number): boolean => key <= query

/** [out, in]. */
const WEIGHTS = {
  q: [HEADS * SIZE, HIDDEN],
  k: [KV_HEADS * SIZE, HIDDEN],
  v: [KV_HEADS * SIZE, HIDDEN],
  o: [HIDDEN, HEADS * SIZE],
  gate: [INNER, HIDDEN],
  up: [INNER, HIDDEN],
  down: [HIDDEN, INNER],
} as const satisfies Record<string, readonly [number, number]>
type WeightName = keyof typeof WEIGHTS

function shapes(): Record<string, readonly number[]> {
  const all: Record<string, readonly number[]> = {
    x: [BATCH * LENGTH, HIDDEN],
    norm1: [HIDDEN],
    norm2: [HIDDEN],
  }
  for (const [name, [out, inside]] of Object.entries(WEIGHTS)) {
    all[name] = [out, inside]
    all[`${name}.a`] = [RANK, inside]
    all[`${name}.b`] = [out, RANK]
  }
  return all
}

/** What may be saved for the backward program. */
export const LAYER_KEYS = ['Q', 'K', 'V', 'O', 'middle', 'gate', 'up']

function emit(tape: Tape, given: Readonly<Record<string, Value>>): Value {
  const map = (name: WeightName, x: Value): Value =>
    linear(tape, x, {
      weight: given[name]!,
      lora: [{ a: given[`${name}.a`]!, b: given[`${name}.b`]!, scale: LORA_SCALE }],
    })
  const { x, norm1, norm2, positions, cos, sin, negSin, mask } = given
  const tables = { positions: positions!, cos: cos!, sin: sin!, negSin: negSin! }
  const inBatch = (value: Value): Value => reshape(tape, value, [BATCH, LENGTH, value.shape[1]!])
  const input = rmsNorm(tape, x!, norm1!, EPSILON)
  const attended = attention(
    tape,
    rope(tape, inBatch(map('q', input)), tables),
    rope(tape, inBatch(map('k', input)), tables),
    inBatch(map('v', input)),
    { heads: HEADS, kvHeads: KV_HEADS, scale: SCALE, mask: mask!, save: '' },
  )
  const middle = tape.save(add(tape, x!, map('o', attended)), 'middle')
  const normed = rmsNorm(tape, middle, norm2!, EPSILON)
  const gate = tape.save(map('gate', normed), 'gate')
  const up = tape.save(map('up', normed), 'up')
  return add(tape, middle, map('down', swiglu(tape, gate, up)))
}

function plain(given: Readonly<Record<string, Float64Array>>): Float64Array {
  const map = (name: WeightName, x: Float64Array): Float64Array =>
    reference.linear(x, [WEIGHTS[name][1], WEIGHTS[name][0]], {
      weight: given[name]!,
      lora: [{ a: given[`${name}.a`]!, b: given[`${name}.b`]!, scale: LORA_SCALE }],
    })
  const rotate = (x: Float64Array): Float64Array =>
    reference.rope(x, { size: SIZE, width: x.length / POSITIONS.length, positions: POSITIONS, theta: THETA })
  const input = reference.rmsNorm(given.x!, given.norm1!, EPSILON)
  const attended = reference.attention(rotate(map('q', input)), rotate(map('k', input)), map('v', input), {
    batch: BATCH,
    heads: HEADS,
    kvHeads: KV_HEADS,
    length: LENGTH,
    isSeen,
    scale: SCALE,
  })
  const middle = map('o', attended).map((value, i) => value + given.x![i]!)
  const normed = reference.rmsNorm(middle, given.norm2!, EPSILON)
  const gated = reference.gated(map('gate', normed), map('up', normed), reference.silu)
  return map('down', gated).map((value, i) => value + middle[i]!)
}

export const layerCase: OpCase = {
  name: 'a decoder layer',
  inputs: shapes(),
  fed: {
    ...ropeTables({ size: SIZE, theta: THETA, positions: POSITIONS, shape: [BATCH, LENGTH] }),
    mask: causalMask({ group: HEADS / KV_HEADS, length: LENGTH, isSeen }),
  },
  emit,
  reference: plain,
}
