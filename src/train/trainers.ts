// Who trains: one function from a job to a variant folder, by the name that variant.json records. What a job asks and what is
// heard of it on the way is the same for all. Engines beside the embedded one are a function of this type and a line here.
import type { Model } from '../model/tensor.ts'
import type { TokenizerFiles } from '../model/tokenizer/files.ts'
import type { Recipe, TrainRow, Variant } from '../schema/training.ts'

/** Plain data. */
export interface TrainJob {
  trainer: TrainerName
  /** Without adapters. */
  model: Model
  tokenizer: TokenizerFiles
  recipe: Recipe
  /** JSONL. */
  data: string
  seed: number
  base: Variant['base']
  /** Where the variant goes. */
  folder: string
  threads: number
  versions: Record<string, string>
}

/** How far a training is that this process began, or went on with. */
export interface Pace {
  /** Of the whole training. */
  steps: number
  /** Made by this process. */
  made: number
  /** Since the first of them. */
  seconds: number
  /** That they read: trained on or not, without padding. */
  tokens: number
}

export interface TrainHooks {
  /** Examples that are in tokens. */
  onExamples: (done: number, total: number) => void
  /** Before the first step: memory at the peak, in words. */
  onMemory: (words: string) => void
  onStep: (row: TrainRow, pace: Pace) => void
  /** Called between programs; what it throws ends the training. */
  onProgram: () => void
}

export interface TrainResult {
  folder: string
  /** It was finished before. */
  isOld: boolean
  /** What the user should know, in sentences. */
  notes: readonly string[]
}

/** Makes the variant of a job, or goes on with one that was stopped. One that is finished is left as it is. */
export type Trainer = (job: TrainJob, hooks: TrainHooks) => Promise<TrainResult>

export type TrainerName = 'embedded'

/** An engine is loaded when it is asked for. */
const TRAINERS: Readonly<Record<TrainerName, Trainer>> = {
  embedded: async (job, hooks) => (await import('./trainer.ts')).train(job, hooks),
}

export const TRAINER_NAMES = Object.keys(TRAINERS) as TrainerName[]

export const trainerNamed = (name: TrainerName): Trainer => TRAINERS[name]
