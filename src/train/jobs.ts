// What the main thread and the thread that trains say to each other: plain data.
import type { TokenizerFiles } from '../model/tokenizer/files.ts'
import type { Recipe, TrainRow } from '../schema/training.ts'
import type { ExamplePreview } from './data/preview.ts'
import type { Pace, TrainJob, TrainResult } from './trainers.ts'

export interface PreviewJob {
  kind: 'preview'
  tokenizer: TokenizerFiles
  recipe: Recipe
  data: string
  seed: number
  /** Examples that are shown. */
  count: number
}

export interface Previewed {
  examples: readonly ExamplePreview[]
  notes: readonly string[]
  counts: { examples: number; heldOut: number; trainedTokens: number; steps: number }
}

export type Job = PreviewJob | ({ kind: 'train' } & TrainJob)

export type Reply =
  | ({ kind: 'previewed' } & Previewed)
  | { kind: 'examples'; done: number; total: number }
  | { kind: 'memory'; words: string }
  | { kind: 'step'; row: TrainRow; pace: Pace }
  | ({ kind: 'trained' } & TrainResult)
