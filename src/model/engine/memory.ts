// Memory that running models takes, foreseen from shapes: weights, activations of a window, logits.

import { freemem } from 'node:os'
import { availableMemory } from 'node:process'
import { UserError } from '../../util/errors.ts'
import { matrixShape } from '../shape.ts'
import type { Parameter } from './engineModel.ts'
import { BUCKET, headRowsFor, type LoadedModel } from './index.ts'

/** Node with its modules, and onnxruntime. */
const PROCESS_BYTES = 200 * 2 ** 20
/** Of what is free: the rest is left to others. */
const USED_SHARE = 0.85
/** Reading layers again for each group of windows costs a few percent of the time: weights are kept where that is cheap. */
const KEPT_SHARE = 0.25

export interface MemoryNeed {
  /** All weights in memory. */
  keptBytes: number
  /** Only the output layers, and one decoder layer at a time. */
  streamedBytes: number
}

/** Bytes at the peak for windows of `context` tokens; `sides` models have logits at once. */
export function memoryNeed(models: readonly LoadedModel[], context: number): MemoryNeed {
  const once = new Map<string, number>()
  let largestLayer = 0
  let heads = 0
  for (const { parameters } of models) {
    for (const layer of parameters.layers) {
      let bytes = 0
      for (const parameter of layer.values()) {
        bytes += bytesOf(parameter)
        once.set(keyOf(parameter), bytesOf(parameter))
      }
      largestLayer = Math.max(largestLayer, bytes)
    }
  }
  const headKeys = new Map(models.map(({ parameters: { head } }) => [keyOf(head), bytesOf(head)]))
  for (const bytes of headKeys.values()) heads += bytes
  const layers = [...once.values()].reduce((sum, bytes) => sum + bytes, 0)
  const rest = PROCESS_BYTES + heads + Math.max(...models.map((model) => workBytes(model, context)))
  // Read anew, a layer may be there twice: as it is decoded, and one that is not collected yet.
  return { keptBytes: rest + layers, streamedBytes: rest + 2 * largestLayer }
}

const keyOf = ({ dense, lora, type }: Parameter): string => JSON.stringify([dense, lora, type])

function bytesOf({ shape, type, lora }: Parameter): number {
  const { rows, columns } = matrixShape(shape)
  const ranks = lora.reduce((sum, { rank }) => sum + rank, 0)
  return rows * columns * (type === 'float16' ? 2 : 4) + ranks * (rows + columns) * 4
}

/** Activations of one layer over a window, hidden states, and logits of both sides. */
function workBytes({ architecture, parameters }: LoadedModel, context: number): number {
  const length = Math.ceil(context / BUCKET) * BUCKET
  const { hidden, heads, kvHeads, headDim } = architecture
  const inner = Math.max(
    ...[...parameters.layers[0]!.values()].map(({ shape }) => (shape.length === 2 ? shape[0]! : 0)),
  )
  const activations = length * (6 * hidden + 3 * (heads + 2 * kvHeads) * headDim + 4 * inner)
  const scores = 3 * heads * length * length
  const states = 2 * 16 * length * hidden
  const logits = 2 * headRowsFor(parameters.vocabulary) * parameters.vocabulary
  return 4 * (activations + scores + states + logits)
}

/** Whether all weights are kept. What does not fit at all is refused with the number needed. */
export function planMemory(need: MemoryNeed, free: number = freeBytes()): { isKept: boolean } {
  if (need.keptBytes <= free * KEPT_SHARE) return { isKept: true }
  const usable = free * USED_SHARE
  if (need.streamedBytes <= usable) return { isKept: false }
  throw new UserError(
    `running these models needs ${gigabytes(need.streamedBytes)} of memory, and ${gigabytes(usable)} of the ${gigabytes(free)} that are free may be used`,
    { hint: 'end other programs, compare fewer variants at once, or take a shorter --context' },
  )
}

/** Of this process's limits where it has any. */
function freeBytes(): number {
  return typeof availableMemory === 'function' ? availableMemory() : freemem()
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
