// Memory that running models takes, foreseen from shapes: weights, activations of a window, logits. Measured against the
// peak of whole runs: within a tenth on SmolLM2-135M and Gemma 3 270M.
import { freemem } from 'node:os'
import { availableMemory } from 'node:process'
import { UserError } from '../../util/errors.ts'
import { matrixShape } from '../shape.ts'
import type { Parameter } from './engineModel.ts'
import { BUCKET, headRowsFor, type LoadedModel, WINDOWS_TOGETHER } from './index.ts'

/** Node with its modules, two threads of it, onnxruntime, and what is not collected yet. */
const PROCESS_BYTES = 250 * 2 ** 20
/** A tokenizer's files in the main thread, and what is made from them in the other one. */
const BYTES_A_TOKEN = 700
/** Of what is free: the rest is left to others. */
const USED_SHARE = 0.85

/**
 * Bytes at the peak where each layer is read for each group of windows of `context` tokens: the output layers, one decoder
 * layer, and what a window takes.
 */
export function memoryNeed(models: readonly LoadedModel[], context: number): number {
  const heads = new Map<string, number>()
  let largestLayer = 0
  // A stored weight is read whole before it is decoded.
  let packed = 0
  for (const { parameters } of models) {
    if (parameters.head.dense.kind === 'stored') packed = Math.max(packed, parameters.head.dense.bytes)
    const { dense, lora, type } = parameters.head
    heads.set(JSON.stringify([dense, lora, type]), bytesOf(parameters.head))
    for (const layer of parameters.layers) {
      const bytes = [...layer.values()].reduce((sum, parameter) => sum + bytesOf(parameter), 0)
      largestLayer = Math.max(largestLayer, bytes)
    }
  }
  const outputs = [...heads.values()].reduce((sum, bytes) => sum + bytes, 0)
  const work = Math.max(...models.map((model) => workBytes(model, context, models.length)))
  // A layer may be there twice: as it is decoded, and one that is not collected yet.
  const tokenizer = BYTES_A_TOKEN * Math.max(...models.map(({ parameters }) => parameters.vocabulary))
  return PROCESS_BYTES + tokenizer + outputs + packed + 2 * largestLayer + work
}

function bytesOf({ shape, type, lora }: Parameter): number {
  const { rows, columns } = matrixShape(shape)
  const ranks = lora.reduce((sum, { rank }) => sum + rank, 0)
  return rows * columns * (type === 'float16' ? 2 : 4) + ranks * (rows + columns) * 4
}

/** Activations of one layer over a window, hidden states, and logits of both sides. */
export function workBytes({ architecture, parameters }: LoadedModel, context: number, sides = 1): number {
  const length = Math.ceil(context / BUCKET) * BUCKET
  const { hidden, heads, kvHeads, headDim } = architecture
  const inner = Math.max(
    ...[...parameters.layers[0]!.values()].map(({ shape }) => (shape.length === 2 ? shape[0]! : 0)),
  )
  const activations = length * (6 * hidden + 3 * (heads + 2 * kvHeads) * headDim + 4 * inner)
  const scores = 3 * heads * length * length
  const states = (sides + 1) * WINDOWS_TOGETHER * length * hidden
  const logits = 2 * headRowsFor(parameters.vocabulary) * parameters.vocabulary
  return 4 * (activations + scores + states + logits)
}

/** What may be used of the memory that is free. */
export const usableBytes = (free: number = freeBytes()): number => free * USED_SHARE

/** Refuses, with the number needed, what does not fit. */
export function refuseTooLarge(bytes: number, free: number = freeBytes()): void {
  const usable = usableBytes(free)
  if (bytes <= usable) return
  throw new UserError(
    `running these models needs ${gigabytes(bytes)} of memory, and ${gigabytes(usable)} of the ${gigabytes(free)} that are free may be used`,
    { hint: 'end other programs, compare fewer variants at once, or take a shorter --context' },
  )
}

/** Of this process's limits where it has any. */
function freeBytes(): number {
  return typeof availableMemory === 'function' ? availableMemory() : freemem()
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
