// A program in a session: fed from and fetched into typed arrays of the caller, without copies.
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { ElementType } from './onnx/graph.ts'
import { loadRuntime, type Runtime, sessionOptions } from './runtime.ts'
import type { ProgramGraph, Slot } from './tape.ts'

/** Row-major values; fp16 numbers as their bits. Not in shared memory: onnxruntime refuses that. */
export type Buffer = Float32Array | Float64Array | Uint16Array | Uint8Array | Int32Array | BigInt64Array
export type Buffers = Readonly<Record<string, Buffer>>

export interface Program {
  readonly inputs: ReadonlyMap<string, Slot>
  readonly outputs: ReadonlyMap<string, Slot>
  /** Feeds what the program takes out of `feeds` (more may be there) and writes `fetches`; blocks its thread meanwhile. */
  run(feeds: Buffers, fetches: Buffers): Promise<void>
  release(): Promise<void>
}

export interface ProgramOptions {
  threads: number
  /** Memory of a run goes back after it, for other programs: where several take turns. */
  isLean?: boolean
}

export async function openProgram(
  graph: ProgramGraph,
  { threads, isLean = false }: ProgramOptions,
): Promise<Program> {
  const runtime = await loadRuntime()
  const session = await runtime.InferenceSession.create(
    graph.model,
    sessionOptions(threads, { hasArena: !isLean, hasPattern: !isLean }),
  )
  const { inputs, outputs } = graph
  return {
    inputs,
    outputs,
    async run(feeds, fetches) {
      await session.run(tensorsOf(runtime, inputs, feeds), tensorsOf(runtime, outputs, fetches))
    },
    release: () => session.release(),
  }
}

function tensorsOf(
  runtime: Runtime,
  slots: ReadonlyMap<string, Slot>,
  buffers: Buffers,
): Record<string, Tensor> & InferenceSession.OnnxValueMapType {
  const tensors: Record<string, Tensor> = {}
  for (const [name, { type, shape }] of slots) {
    const values = buffers[name]
    const size = sizeOf(shape)
    if (values?.length !== size) {
      throw new RangeError(`${name}: ${values?.length ?? 'no'} values for (${shape.join(', ')})`)
    }
    tensors[name] = new runtime.Tensor(type as Exclude<ElementType, 'bfloat16'>, values as never, shape)
  }
  return tensors
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
