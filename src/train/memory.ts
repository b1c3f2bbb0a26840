// Memory that a training takes, foreseen from shapes and options before anything is read, and what would make it fit.
import type { LoadedModel } from '../model/engine/index.ts'
import { gigabytes, usableBytes, workBytes } from '../model/engine/memory.ts'
import { foreseenBytes } from '../model/engine/trainingPass.ts'
import type { Recipe } from '../schema/training.ts'
import { UserError } from '../util/errors.ts'
import { LENGTH_STEP } from './data/batch.ts'
import type { Trained } from './methods/index.ts'

/** Node with its modules, onnxruntime, a tokenizer. */
const PROCESS_BYTES = 300 * 2 ** 20
/** Of a trained number: its value, its gradient and AdamW's two moments, in fp32. */
export const BYTES_PER_TRAINED = 16

export interface TrainingMemory {
  /** At the peak. */
  bytes: number
  /** In words: `weights 0.5 GB, activations 0.3 GB, ...`. */
  parts: string
}

export function trainingMemory(
  loaded: LoadedModel,
  trained: readonly Trained[],
  recipe: Recipe,
): TrainingMemory {
  const length = Math.ceil(recipe.maxTokens / LENGTH_STEP) * LENGTH_STEP
  const { weights, activations, logits } = foreseenBytes({
    loaded,
    names: trained.map(({ name }) => name),
    rows: recipe.batch,
    length,
    checkpointing: recipe.checkpointing,
  })
  const state = BYTES_PER_TRAINED * trained.reduce((sum, { values }) => sum + values.length, 0)
  const layer = recipe.batch * workBytes(loaded, length)
  const bytes = PROCESS_BYTES + state + weights + activations + logits + layer
  const parts = [
    `weights ${gigabytes(weights)}`,
    `activations ${gigabytes(activations)}`,
    `what is trained, with its optimiser, ${gigabytes(state)}`,
    `logits ${gigabytes(logits)}`,
    `a layer under way ${gigabytes(layer)}`,
    `the program ${gigabytes(PROCESS_BYTES)}`,
  ].join(', ')
  return { bytes, parts }
}

/** Refuses what does not fit, with the options that need less. */
export function refuseTooLarge(
  { bytes, parts }: TrainingMemory,
  recipe: Recipe,
  usable = usableBytes(),
): void {
  if (bytes <= usable) return
  const options = [
    ...(recipe.checkpointing ? [] : ['checkpointing: true']),
    ...(recipe.batch > 1 ? ['batch: 1 with a larger accumulation'] : []),
    ...(recipe.maxTokens > 128 ? [`maxTokens below ${recipe.maxTokens}`] : []),
    ...(recipe.method === 'full' ? ['method: lora'] : recipe.method === 'qlora' ? [] : ['method: qlora']),
  ]
  throw new UserError(
    `this training needs ${gigabytes(bytes)} of memory (${parts}), and ${gigabytes(usable)} may be used`,
    { hint: options.length > 0 ? `less is needed with ${options.join(', or ')}` : 'take a smaller base' },
  )
}
