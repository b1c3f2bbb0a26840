// How a case of an operation is described, and how its programs are run.
import type { ElementType } from '../../../src/tensor/onnx/graph.ts'
import { type Buffer, type Buffers, openProgram, sizeOf } from '../../../src/tensor/program.ts'
import {
  backwardGraph,
  type Describe,
  forwardGraph,
  type ProgramGraph,
  type Tape,
  type Value,
} from '../../../src/tensor/tape.ts'
import { gaussian } from '../../support/matrices.ts'

export type Arrays = Readonly<Record<string, Float64Array>>

interface Fed {
  type: ElementType
  shape: readonly number[]
  values: Buffer
}

export interface OpCase {
  name: string
  /** fp32 inputs that may have a gradient, and their shapes. */
  inputs: Readonly<Record<string, readonly number[]>>
  /** Inputs that have none, with what they are fed. */
  fed?: Readonly<Record<string, Fed>>
  emit(tape: Tape, given: Readonly<Record<string, Value>>): Value
  /** The same in fp64, of all `inputs`. */
  reference(given: Arrays): Float64Array
}

export interface RunOptions {
  /** Inputs that have a gradient; all where left out. */
  trained?: readonly string[]
  saved?: readonly string[]
  /** Outputs of a forward program as `s:KEY`. */
  savedValues?: Buffers
}

/** Inputs in fp32, drawn from the seed. */
export function draw({ inputs }: OpCase, seed: number): Record<string, Float32Array> {
  const entries = Object.entries(inputs).map(([name, shape], i): [string, Float32Array] => [
    name,
    Float32Array.from(gaussian(seed + 10 * i, sizeOf(shape))),
  ])
  return Object.fromEntries(entries)
}

export const widened = (values: Readonly<Record<string, Float32Array>>): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(values).map(([name, array]) => [name, Float64Array.from(array)]))

export function describing(op: OpCase, trained: readonly string[] = Object.keys(op.inputs)): Describe {
  return (tape) => {
    const given: Record<string, Value> = {}
    for (const [name, shape] of Object.entries(op.inputs)) {
      given[name] = tape.input(name, shape, { isTrained: trained.includes(name) })
    }
    for (const [name, { type, shape }] of Object.entries(op.fed ?? {})) {
      given[name] = tape.input(name, shape, { type })
    }
    return { y: op.emit(tape, given) }
  }
}

const fedValues = ({ fed = {} }: OpCase): Buffers =>
  Object.fromEntries(Object.entries(fed).map(([name, { values }]) => [name, values]))

/** Output `y`, and what is saved as `s:KEY`. */
export function forward(op: OpCase, inputs: Buffers, { saved = [] }: RunOptions = {}): Promise<Outputs> {
  return run(forwardGraph(describing(op), saved), { ...fedValues(op), ...inputs })
}

/** Gradients as `d:NAME`, given that of y. */
export function backward(
  op: OpCase,
  inputs: Buffers,
  seed: Float32Array,
  { trained, saved = [], savedValues = {} }: RunOptions = {},
): Promise<Outputs> {
  const graph = backwardGraph(describing(op, trained), saved)
  return run(graph, { ...fedValues(op), ...inputs, ...savedValues, 'd:y': seed })
}

export type Outputs = Record<string, Float32Array>

/** Runs a program once, with outputs of its own. */
export async function run(graph: ProgramGraph, feeds: Buffers): Promise<Outputs> {
  const program = await openProgram(graph, { threads: 1 })
  const outputs: Outputs = {}
  for (const [name, { shape }] of program.outputs)
    outputs[name] = new Float32Array(sizeOf(shape)).fill(Number.NaN)
  await program.run(feeds, outputs)
  await program.release()
  return outputs
}

/** Largest difference, relative to the largest magnitude wanted. */
export function worst(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) return Number.POSITIVE_INFINITY
  let [difference, largest] = [0, 0]
  for (let i = 0; i < got.length; i++) {
    difference = Math.max(difference, Math.abs(got[i]! - wanted[i]!))
    largest = Math.max(largest, Math.abs(wanted[i]!))
  }
  return difference / (largest || 1)
}

export const int64 = (values: readonly number[], shape: readonly number[]): Fed => ({
  type: 'int64',
  shape,
  values: BigInt64Array.from(values, BigInt),
})

/** Positions and tables of the rotary embedding. */
export function ropeTables({
  size,
  theta,
  positions,
  shape,
}: {
  size: number
  theta: number
  positions: readonly number[]
  shape: readonly number[]
}): Record<'positions' | 'cos' | 'sin' | 'negSin', Fed> {
  const [rows, half] = [Math.max(...positions) + 1, size / 2]
  const table = (value: (angle: number) => number): Fed => ({
    type: 'float32',
    shape: [rows, half],
    values: Float32Array.from({ length: rows * half }, (_, at) =>
      value(Math.floor(at / half) * theta ** ((-2 * (at % half)) / size)),
    ),
  })
  return {
    positions: int64(positions, shape),
    cos: table(Math.cos),
    sin: table(Math.sin),
    negSin: table((angle) => -Math.sin(angle)),
  }
}

/** [1, 1, group * length, past + length]: 0 where a key is seen, -1e9 elsewhere. */
export function causalMask({
  group,
  length,
  past = 0,
  isSeen,
}: {
  group: number
  length: number
  past?: number
  isSeen: (query: number, key: number) => boolean
}): Fed {
  const keys = past + length
  return {
    type: 'float32',
    shape: [1, 1, group * length, keys],
    values: Float32Array.from({ length: group * length * keys }, (_, at) =>
      isSeen(Math.floor(at / keys) % length, (at % keys) - past) ? 0 : -1e9,
    ),
  }
}
