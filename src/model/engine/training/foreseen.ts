// Bytes that a training pass will hold, from shapes alone: what `TrainingPass.bytes` says after the first batch.
import { NF4_BLOCK } from '../../../tensor/nf4.ts'
import { sizeOf } from '../../../tensor/program.ts'
import { matrixShape } from '../../shape.ts'
import type { Parameter } from '../engineModel.ts'
import { type LoadedModel, reachOf } from '../index.ts'
import { trainingHeadRows } from './head.ts'
import { savedNumbers } from './layerPrograms.ts'
import { type TrainingPlan, trainingPlan } from './plan.ts'

export interface ForeseenOptions {
  /** With places for what is trained. */
  loaded: LoadedModel
  /** Of what is trained. */
  names: Iterable<string>
  rows: number
  length: number
  checkpointing: boolean
}

export interface ForeseenBytes {
  /** Frozen weights as they are held, and scratch for those in NF4. */
  weights: number
  /** What the way back needs of the way forward, gradients of activations, masks. */
  activations: number
  /** Logits of the rows that the output layer computes at once, three times: not in `TrainingPass.bytes`. */
  logits: number
}

export function foreseenBytes(options: ForeseenOptions): ForeseenBytes {
  const { loaded, rows, length } = options
  const names = new Set(options.names)
  const plan = trainingPlan(loaded, names)
  const { architecture, parameters } = loaded
  const headRows = trainingHeadRows({ ...options, plan })
  const states = rows * length * architecture.hidden
  const saved = savedNumbers(plan.layers, options).reduce((sum, numbers) => sum + numbers, 0)
  const windows = new Set(architecture.layers.map((attention) => reachOf(attention, length)))
  const numbers =
    states * (keptStates(plan) + 2) +
    saved +
    windows.size * rows * length * length +
    headRows * (2 * architecture.hidden + 1)
  return {
    weights: weightBytes(loaded, plan, names),
    activations: 4 * numbers,
    logits: 4 * 3 * headRows * parameters.vocabulary,
  }
}

/** Inputs of layers that are gone back to, the last output, and up to two buffers in turn for the others. */
function keptStates({ layers }: TrainingPlan): number {
  const kept = layers.filter(({ hasBackward }) => hasBackward).length
  return kept + 1 + Math.min(2, layers.length - kept)
}

function weightBytes({ parameters }: LoadedModel, plan: TrainingPlan, names: ReadonlySet<string>): number {
  const scratch = new Map<string, number>()
  let bytes = 0
  const add = (name: string, full: string, parameter: Parameter): void => {
    const size = sizeOf(parameter.shape)
    const { rows } = matrixShape(parameter.shape)
    if (names.has(full)) bytes += parameter.offset === 0 ? 0 : 4 * size
    else if (parameter.type === 'nf4') {
      bytes += size / 2 + (4 * size) / NF4_BLOCK
      scratch.set(name, size)
    } else bytes += size * (parameter.type === 'float16' ? 2 : 4)
    if (names.has(`${full}.magnitude`)) bytes += 2 * 4 * rows
  }
  for (const [i, layer] of plan.layers.entries()) {
    for (const [name, parameter] of layer.parameters) add(name, `layers.${i}.${name}`, parameter)
  }
  add('norm.weight', 'norm.weight', parameters.norm)
  add('head.weight', plan.headName ?? '', parameters.head)
  const largest = Math.max(0, ...scratch.values())
  const decoded = [...scratch.values()].reduce((sum, size) => sum + size, 0)
  return bytes + 4 * decoded + largest / 2 + (4 * largest) / NF4_BLOCK
}
