// The linear map with each thing that may be on it, and in each format of weights.

import { NF4_CODEBOOK } from '../../../src/tensor/nf4.ts'
import { type LinearWeight, linear } from '../../../src/tensor/ops/linear.ts'
import type { Value } from '../../../src/tensor/tape.ts'
import { encode, gaussian, roundTo } from '../../support/matrices.ts'
import * as reference from './reference.ts'
import type { OpCase } from './support.ts'

const [ROWS, IN, OUT] = [5, 6, 4]

/** Shapes of what a case may have besides x. */
const SHAPES: Record<string, readonly number[]> = {
  weight: [OUT, IN],
  bias: [OUT],
  a: [2, IN],
  b: [OUT, 2],
  a2: [3, IN],
  b2: [OUT, 3],
  outputScale: [OUT],
  inputScale: [IN],
}
const SCALES = [0.5, -1.5]

interface Parts<V> {
  bias?: V
  outputScale?: V
  inputScale?: V
  lora: { a: V; b: V; scale: number }[]
}

function partsOf<V>(given: Readonly<Record<string, V>>): Parts<V> {
  const lora = [
    [given.a, given.b],
    [given.a2, given.b2],
  ].flatMap(([a, b], i) => (a && b ? [{ a, b, scale: SCALES[i]! }] : []))
  const { bias, outputScale, inputScale } = given
  return {
    lora,
    ...(bias && { bias }),
    ...(outputScale && { outputScale }),
    ...(inputScale && { inputScale }),
  }
}

function linearCase(name: string, ...parts: string[]): OpCase {
  return {
    name: `linear: ${name}`,
    inputs: Object.fromEntries([
      ['x', [ROWS, IN]],
      ...['weight', ...parts].map((part) => [part, SHAPES[part]!]),
    ]),
    emit: (tape, given) => linear(tape, given.x!, { weight: given.weight!, ...partsOf(given) }),
    reference: (given) => reference.linear(given.x!, [IN, OUT], { weight: given.weight!, ...partsOf(given) }),
  }
}

/** Weights that are fed in a format that has no gradient; `values` are what they stand for. */
function fixedCase(
  name: string,
  {
    size: [inside, outside],
    fed,
    weight,
    values,
    parts,
  }: {
    size: [number, number]
    fed: NonNullable<OpCase['fed']>
    weight: (given: Readonly<Record<string, Value>>) => LinearWeight['weight']
    values: Float64Array
    parts: Record<string, readonly number[]>
  },
): OpCase {
  return {
    name: `linear: ${name}`,
    inputs: { x: [ROWS, inside], ...parts },
    fed,
    emit: (tape, given) => linear(tape, given.x!, { weight: weight(given), ...partsOf(given) }),
    reference: (given) =>
      reference.linear(given.x!, [inside, outside], { weight: values, ...partsOf(given) }),
  }
}

function halfCase(): OpCase {
  const values = gaussian(5, OUT * IN).map((z) => roundTo('F16', z))
  const bits = Uint16Array.from(values, (value) => encode('F16', value))
  return fixedCase('fp16 weights', {
    size: [IN, OUT],
    fed: { half: { type: 'float16', shape: [OUT, IN], values: bits } },
    weight: ({ half }) => half!,
    values,
    parts: { bias: [OUT], a: [2, IN], b: [OUT, 2] },
  })
}

// Rows of 96 values: blocks of 64 begin in the middle of a row.
function nf4Case(name: string, parts: Record<string, readonly number[]>): OpCase {
  const [inside, outside] = [96, 6]
  const count = inside * outside
  const codes = Uint8Array.from(gaussian(7, count), (z) => Math.max(0, Math.min(15, Math.round(7.5 + 4 * z))))
  const scales = Float32Array.from(gaussian(8, count / 64), (z) => 0.1 * (1 + Math.abs(z)))
  const values = Float64Array.from(codes, (code, i) => NF4_CODEBOOK[code]! * scales[Math.floor(i / 64)]!)
  const packed = Uint8Array.from({ length: count / 2 }, (_, i) => codes[2 * i]! * 16 + codes[2 * i + 1]!)
  return fixedCase(name, {
    size: [inside, outside],
    fed: {
      codes: { type: 'uint8', shape: [count / 2], values: packed },
      scales: { type: 'float32', shape: [count / 64], values: scales },
      dense: { type: 'float32', shape: [outside, inside], values: Float32Array.from(values) },
    },
    weight: (given) => ({
      codes: given.codes!,
      scales: given.scales!,
      dense: given.dense!,
      shape: [outside, inside],
    }),
    values,
    parts,
  })
}

export const linearCases: readonly OpCase[] = [
  linearCase('alone'),
  linearCase('bias', 'bias'),
  linearCase('one LoRA term', 'a', 'b'),
  linearCase('two LoRA terms and a bias', 'bias', 'a', 'b', 'a2', 'b2'),
  linearCase('scaled rows and a bias, as DoRA', 'bias', 'a', 'b', 'outputScale'),
  linearCase('scaled input, as IA3', 'inputScale'),
  linearCase('everything', 'bias', 'a', 'b', 'a2', 'b2', 'outputScale', 'inputScale'),
  halfCase(),
  nf4Case('NF4 weights', {}),
  nf4Case('NF4 weights, a LoRA term and a bias', { bias: [6], a: [2, 96], b: [6, 2] }),
]
