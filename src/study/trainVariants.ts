// From a base, data and a recipe to variant folders: one for each random seed, one after the other, in a thread that trains.
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineThread } from '../model/engine/thread.ts'
import { identityOf } from '../model/identity.ts'
import { tokenizerOfConfig } from '../model/init/tokenizer.ts'
import { noteOf } from '../model/note.ts'
import { openModel } from '../model/open.ts'
import type { Model } from '../model/tensor.ts'
import { tokenizerFiles } from '../model/tokenizer/files.ts'
import type { Recipe, TrainRow, Variant } from '../schema/training.ts'
import { readTrainRows, readVariant } from '../store/variantFolder.ts'
import { readRows } from '../train/data/rows.ts'
import type { Job, Previewed, Reply } from '../train/jobs.ts'
import type { Pace, TrainerName, TrainJob } from '../train/trainers.ts'
import { UserError } from '../util/errors.ts'
import { exists, refuseFile } from '../util/files.ts'
import { VERSION } from '../util/version.ts'
import { randomBase } from './randomBase.ts'

export interface TrainOptions {
  /** What training begins at: a MODEL, or random weights of a config.json. */
  start: { base: string } | { init: string }
  recipe: Recipe
  data: string
  onProgress?: (what: string, done: number, total: number) => void
}

const openThread = () => new EngineThread<Job, Reply>(fileURLToPath(import.meta.resolve('#train-worker')))

/** The first examples as they would be trained on. */
export async function previewTraining(
  options: TrainOptions,
  seed: number,
  count: number,
): Promise<Previewed> {
  const { start, recipe, data } = options
  refuseFrozen(options)
  const tokenizer =
    'init' in start
      ? await tokenizerOfConfig(start.init)
      : await tokenizerFiles(await openBare(start.base, options))
  await using thread = openThread()
  const job = { kind: 'preview' as const, tokenizer, recipe, data, seed, count }
  return await thread.run(job, 'previewed', (reply) => onReading(options, reply))
}

export interface TrainedVariant {
  seed: number
  /** It was finished before, and nothing was trained. */
  isOld: boolean
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
  /** Variants go to OUTPUT/seed-N, or where it says. */
  output: string | ((seed: number) => string)
  trainer?: TrainerName
  threads?: number
  /** Memory foreseen, in words, before the first step. */
  onMemory?: (seed: number, words: string) => void
  onStep?: (seed: number, row: TrainRow, pace: Pace) => void
}

export async function trainVariants(options: TrainVariantsOptions): Promise<TrainedVariant[]> {
  const { start, recipe, data, seeds, output, onStep, onMemory } = options
  const { trainer = 'embedded', threads = availableParallelism() } = options
  refuseFrozen(options)
  if (typeof output === 'string') await refuseTaken(output)
  // What is wrong with the data is said before a base is read or made.
  await readRows(data, 1)
  const one = 'base' in start ? await openBase(start.base, options) : undefined
  const trained: TrainedVariant[] = []
  for (const seed of seeds) {
    const folder = typeof output === 'string' ? join(output, `seed-${seed}`) : output(seed)
    const base = one ?? (await openRandom(folder, seed, options))
    // A thread for each: its memory is all given back.
    await using thread = openThread()
    const versions = { tunediff: VERSION }
    const job = { ...base, trainer, recipe, data, seed, folder, threads, versions }
    const { notes, isOld } = await thread.run({ kind: 'train', ...job }, 'trained', (reply) => {
      onReading(options, reply)
      if (reply.kind === 'memory') onMemory?.(seed, reply.words)
      if (reply.kind === 'step') onStep?.(seed, reply.row, reply.pace)
    })
    const rows = await readTrainRows(folder)
    trained.push({
      seed,
      isOld,
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

/** Training begins at weights, not at weights with an adapter on them. */
async function openBare(spec: string, { onProgress }: TrainOptions): Promise<Model> {
  const model = await openModel(spec, {
    onProgress: (what, done, total) => onProgress?.(what, done, total ?? 0),
  })
  if (model.adapters.length === 0) return model
  throw new UserError(`${spec} has an adapter on it, and training begins at a model without one`, {
    hint: 'train the base itself, or merge the adapter first and name that folder: tunediff export BASE+ADAPTER --merged -o DIR',
  })
}

async function openBase(
  spec: string,
  options: TrainOptions,
): Promise<Pick<TrainJob, 'model' | 'tokenizer' | 'base'>> {
  const model = await openBare(spec, options)
  const identity = await identityOf(model, {
    onProgress: (done, total) => options.onProgress?.(`reading ${model.name}`, done, total),
  })
  return { model, tokenizer: await tokenizerFiles(model), base: { spec, identity, note: noteOf(model) } }
}

async function openRandom(folder: string, seed: number, options: TrainOptions) {
  const { init } = options.start as { init: string }
  return openBase(await randomBase(init, seed, folder), options)
}

function onReading({ onProgress }: TrainOptions, reply: Reply): void {
  if (reply.kind === 'examples') onProgress?.('examples read', reply.done, reply.total)
}

/** Random weights that stay as they are teach nothing. */
function refuseFrozen({ start, recipe }: TrainOptions): void {
  if ('base' in start || recipe.method === 'full') return
  throw new UserError(
    `method is ${recipe.method}, which leaves the weights of the base as they are, and --init makes them random`,
    { hint: 'give --method full' },
  )
}

/** Variants are made in folders of this one. */
async function refuseTaken(output: string): Promise<void> {
  await refuseFile(output, 'variants')
  if (!(await exists(output))) return
  const found = await readVariant(output)
  if (!found) return
  throw new UserError(`${output} is itself a variant: ${found.recipe.method} on ${found.base.spec}`, {
    hint: `variants go to DIR/seed-N: -o ${resolve(output, '..')}, or another folder`,
  })
}
