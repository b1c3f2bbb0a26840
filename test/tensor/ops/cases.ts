// What each operation is tested on: how it is emitted, what it is fed, and the same in fp64. goldens/tensor/ops.py has
// the gradients of cases of the same names by PyTorch.

import { add } from '../../../src/tensor/ops/add.ts'
import { attention } from '../../../src/tensor/ops/attention.ts'
import { crossEntropy } from '../../../src/tensor/ops/crossEntropy.ts'
import { embedding } from '../../../src/tensor/ops/embedding.ts'
import { geglu } from '../../../src/tensor/ops/geglu.ts'
import { gelu } from '../../../src/tensor/ops/gelu.ts'
import { reshape } from '../../../src/tensor/ops/reshape.ts'
import { rmsNorm } from '../../../src/tensor/ops/rmsNorm.ts'
import { rope } from '../../../src/tensor/ops/rope.ts'
import { scale } from '../../../src/tensor/ops/scale.ts'
import { swiglu } from '../../../src/tensor/ops/swiglu.ts'
import type { Tape, Value } from '../../../src/tensor/tape.ts'
import { encode, gaussian, roundTo } from '../../support/matrices.ts'
import { layerCase } from './layerCase.ts'
import { linearCases } from './linearCases.ts'
import * as reference from './reference.ts'
import { causalMask, int64, type OpCase, ropeTables } from './support.ts'

const elementwise: OpCase[] = [
  {
    name: 'add, one input twice',
    inputs: { a: [3, 5], b: [3, 5] },
    emit: (tape, { a, b }) => add(tape, add(tape, a!, b!), a!),
    reference: ({ a, b }) => a!.map((value, i) => 2 * value + b![i]!),
  },
  {
    name: 'reshape and scale',
    inputs: { x: [3, 4] },
    emit: (tape, { x }) => scale(tape, reshape(tape, scale(tape, x!, 1), [2, 6]), -2.5),
    reference: ({ x }) => x!.map((value) => -2.5 * value),
  },
  gatedCase('swiglu', swiglu, reference.silu),
  gatedCase('geglu', geglu, reference.geluTanh),
  geluCase('tanh', reference.geluTanh),
  geluCase('erf', reference.geluErf),
]

function gatedCase(
  name: string,
  op: (tape: Tape, gate: Value, up: Value) => Value,
  activation: (x: number) => number,
): OpCase {
  return {
    name,
    inputs: { gate: [4, 9], up: [4, 9] },
    emit: (tape, { gate, up }) => op(tape, gate!, up!),
    reference: ({ gate, up }) => reference.gated(gate!, up!, activation),
  }
}

function geluCase(kind: 'tanh' | 'erf', activation: (x: number) => number): OpCase {
  return {
    name: `gelu ${kind}`,
    inputs: { x: [4, 9] },
    emit: (tape, { x }) => gelu(tape, x!, kind),
    reference: ({ x }) => x!.map(activation),
  }
}

const norms: OpCase[] = [
  { name: 'rmsNorm', shape: [5, 12], epsilon: 1e-5 },
  { name: 'rmsNorm of heads', shape: [2, 3, 8], epsilon: 1e-2 },
].map(({ name, shape, epsilon }) => ({
  name,
  inputs: { x: shape, gamma: shape.slice(-1) },
  emit: (tape, { x, gamma }) => rmsNorm(tape, x!, gamma!, epsilon),
  reference: ({ x, gamma }) => reference.rmsNorm(x!, gamma!, epsilon),
}))

const ROPE = { size: 6, theta: 10000 }
const POSITIONS = [0, 1, 2, 5, 6, 40]
const ropeCase: OpCase = {
  name: 'rope',
  inputs: { x: [2, 3, 18] },
  fed: ropeTables({ ...ROPE, positions: POSITIONS, shape: [2, 3] }),
  emit: (tape, { x, positions, cos, sin, negSin }) =>
    rope(tape, x!, { positions: positions!, cos: cos!, sin: sin!, negSin: negSin! }),
  reference: ({ x }) => reference.rope(x!, { ...ROPE, width: 18, positions: POSITIONS }),
}

interface AttentionCase {
  name: string
  batch: number
  length: number
  heads: number
  kvHeads: number
  size: number
  window?: number
}

export function attentionCase({
  name,
  batch,
  length,
  heads,
  kvHeads,
  size,
  window = 99,
}: AttentionCase): OpCase {
  const isSeen = (query: number, key: number): boolean => key <= query && query - key < window
  const keys = [batch, length, kvHeads * size]
  return {
    name,
    inputs: { q: [batch, length, heads * size], k: keys, v: keys },
    fed: { mask: causalMask({ group: heads / kvHeads, length, isSeen }) },
    emit: (tape, { q, k, v, mask }) =>
      attention(tape, q!, k!, v!, { heads, kvHeads, scale: 0.4, mask: mask!, save: 'a.' }),
    reference: ({ q, k, v }) =>
      reference.attention(q!, k!, v!, { batch, heads, kvHeads, length, isSeen, scale: 0.4 }),
  }
}

const attentions = [
  { name: 'attention, a key a head', batch: 2, length: 4, heads: 2, kvHeads: 2, size: 3 },
  { name: 'attention, groups of three', batch: 2, length: 4, heads: 6, kvHeads: 2, size: 4 },
  {
    name: 'attention, one key head and a window',
    batch: 1,
    length: 6,
    heads: 3,
    kvHeads: 1,
    size: 4,
    window: 2,
  },
].map(attentionCase)

const IDS = [3, 0, 3, 6, 3, 1]
const WEIGHTS = [1, 0.5, 0, 2, 1, 0.25]

const tables: OpCase[] = [
  {
    name: 'embedding',
    inputs: { table: [7, 4] },
    fed: { ids: int64(IDS, [6]) },
    emit: (tape, { ids, table }) => embedding(tape, ids!, table!),
    reference: ({ table }) => reference.embedding(IDS, table!, 4),
  },
  ...[4, 6, 100].map((chunkRows) => entropyCase(chunkRows)),
  halfTableCase(),
  {
    name: 'a table that is embedding and head',
    inputs: { table: [7, 4] },
    fed: { ids: int64(IDS, [6]), targets: int64(IDS.toReversed(), [6]), weights: weightsOf(WEIGHTS) },
    emit: (tape, { ids, table, targets, weights }) =>
      crossEntropy(tape, embedding(tape, ids!, table!), table!, {
        targets: targets!,
        weights: weights!,
        chunkRows: 4,
      }),
    reference: ({ table }) => {
      const h = reference.embedding(IDS, table!, 4)
      const options = { targets: IDS.toReversed(), weights: WEIGHTS, size: 4 }
      return Float64Array.of(reference.crossEntropy(h, table!, options))
    },
  },
]

function weightsOf(values: number[]): NonNullable<OpCase['fed']>[string] {
  return { type: 'float32', shape: [values.length, 1], values: Float32Array.from(values) }
}

function entropyCase(chunkRows: number): OpCase {
  return {
    name: `crossEntropy, ${chunkRows} rows at once`,
    inputs: { h: [6, 5], table: [7, 5] },
    fed: { targets: int64(IDS, [6]), weights: weightsOf(WEIGHTS) },
    emit: (tape, { h, table, targets, weights }) =>
      crossEntropy(tape, h!, table!, { targets: targets!, weights: weights!, chunkRows }),
    reference: ({ h, table }) =>
      Float64Array.of(reference.crossEntropy(h!, table!, { targets: IDS, weights: WEIGHTS, size: 5 })),
  }
}

/** Embedding and head of a table in fp16, which has no gradient. */
function halfTableCase(): OpCase {
  const values = gaussian(6, 7 * 5).map((z) => roundTo('F16', z))
  const bits = Uint16Array.from(values, (value) => encode('F16', value))
  return {
    name: 'fp16 table',
    inputs: { h: [6, 5] },
    fed: {
      table: { type: 'float16', shape: [7, 5], values: bits },
      ids: int64(IDS, [6]),
      weights: weightsOf(WEIGHTS),
    },
    emit: (tape, { h, table, ids, weights }) =>
      crossEntropy(tape, add(tape, h!, embedding(tape, ids!, table!)), table!, {
        targets: ids!,
        weights: weights!,
        chunkRows: 4,
      }),
    reference: ({ h }) => {
      const rows = reference.embedding(IDS, values, 5).map((value, i) => value + h![i]!)
      const options = { targets: IDS, weights: WEIGHTS, size: 5 }
      return Float64Array.of(reference.crossEntropy(rows, values, options))
    },
  }
}

export const CASES: readonly OpCase[] = [
  ...linearCases,
  ...elementwise,
  ...norms,
  ropeCase,
  ...attentions,
  ...tables,
  layerCase,
]
