// From a base, data and a recipe to variant folders: one for each random seed, one after the other, in a thread that trains.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineThread } from '../model/engine/thread.ts'
import { identityOf } from '../model/identity.ts'
import { noteOf } from '../model/note.ts'
import { openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'
import { tokenizerFiles } from '../model/tokenizer/files.ts'
import type { Recipe, TrainRow, Variant } from '../schema/training.ts'
import { readTrainRows, readVariant } from '../store/variantFolder.ts'
import type { Job, Previewed, Reply } from '../train/jobs.ts'
import { VERSION } from '../util/version.ts'

export interface TrainOptions {
  base: string
  recipe: Recipe
  data: string
  threads?: number
  onProgress?: (what: string, done: number, total: number) => void
}

const openThread = () => new EngineThread<Job, Reply>(fileURLToPath(import.meta.resolve('#train-worker')))

/** The first examples as they would be trained on. */
export async function previewTraining(
  options: TrainOptions,
  seed: number,
  count: number,
): Promise<Previewed> {
  const { recipe, data } = options
  const model = await open(options)
  await using thread = openThread()
  const tokenizer = await tokenizerFiles(model)
  return await thread.run({ kind: 'preview', tokenizer, recipe, data, seed, count }, 'previewed')
}

export interface TrainedVariant {
  seed: number
  folder: string
  variant: Variant
  firstLoss: number
  lastLoss: number
  /** The last one that was measured; null: none was. */
  heldOutLoss: number | null
  notes: readonly string[]
}

export interface TrainVariantsOptions extends TrainOptions {
  seeds: readonly number[]
  /** Variants go to OUTPUT/seed-N. */
  output: string
  /** Memory foreseen, in words, before the first step. */
  onMemory?: (seed: number, words: string) => void
  onStep?: (seed: number, row: TrainRow, steps: number) => void
}

export async function trainVariants(options: TrainVariantsOptions): Promise<TrainedVariant[]> {
  const { recipe, data, seeds, output, threads = availableParallelism(), onStep, onMemory } = options
  const model = await open(options)
  const identity = await identityOf(model, {
    onProgress: (done, total) => options.onProgress?.(`reading ${model.name}`, done, total),
  })
  const base = { spec: options.base, identity, note: noteOf(model) }
  const tokenizer = await tokenizerFiles(model)
  const trained: TrainedVariant[] = []
  for (const seed of seeds) {
    // A thread for each: its memory is all given back.
    await using thread = openThread()
    const folder = join(output, `seed-${seed}`)
    const job = {
      model,
      tokenizer,
      recipe,
      data,
      seed,
      base,
      folder,
      threads,
      versions: { tunediff: VERSION },
    }
    const { notes } = await thread.run({ kind: 'train', ...job }, 'trained', (reply) => {
      if (reply.kind === 'memory') onMemory?.(seed, reply.words)
      if (reply.kind === 'step') onStep?.(seed, reply.row, reply.steps)
    })
    const rows = await readTrainRows(folder)
    trained.push({
      seed,
      folder,
      variant: (await readVariant(folder))!,
      firstLoss: rows[0]!.loss,
      lastLoss: rows.at(-1)!.loss,
      heldOutLoss: rows.findLast(({ heldOutLoss }) => heldOutLoss !== undefined)?.heldOutLoss ?? null,
      notes,
    })
  }
  return trained
}

function open({ base, onProgress }: TrainOptions): Promise<Model> {
  return openModel(base, { onProgress: (what, done, total) => onProgress?.(what, done, total ?? 0) })
}
