// One training: data, method, optimiser and the passes over the model, step by step, into a variant folder. A training that
// was stopped goes on from its last state and makes the same steps again to the last digit. The trainer `embedded`; runs in a
// thread of its own.
import { engineModel, loadModel } from '../model/engine/index.ts'
import { gigabytes } from '../model/engine/memory.ts'
import { openTrainingPass, type TrainingPass } from '../model/engine/trainingPass.ts'
import { openTokenizer } from '../model/tokenizer/tokenizer.ts'
import type { TrainRow, Variant } from '../schema/training.ts'
import { openVariant } from '../store/variantFolder.ts'
import { UserError } from '../util/errors.ts'
import { byteSize } from '../util/text.ts'
import { type AdamW, openAdamW } from './adamw.ts'
import { clipFactor } from './clip.ts'
import { type Batch, batchOf } from './data/batch.ts'
import { readExamples, type TrainingData } from './data/examples.ts'
import { batchesOfAll, type DataState, type DataStep, FIRST_STEP, stepsFrom, stepsOf } from './data/steps.ts'
import { exportTrained } from './export/index.ts'
import { refuseTooLarge, trainingMemory } from './memory.ts'
import { type Prepared, parameterCounts, prepare } from './methods/index.ts'
import { checkWritten, lossesOf, probeBatches } from './probe.ts'
import { learningRateAt } from './schedule.ts'
import { loadState, removeStates, saveState, stateBytes } from './state.ts'
import type { Trainer, TrainHooks, TrainJob } from './trainers.ts'
import { writing } from './writing.ts'

/** How far above its beginning a loss may come. */
const SPIKE_FACTOR = 2
const FIRST_LOSSES = 5

export const train: Trainer = async (job, hooks) => {
  const { recipe, seed } = job
  const tokenizer = openTokenizer(job.tokenizer)
  const { onExamples } = hooks
  const data = await readExamples({ path: job.data, tokenizer, recipe, seed, onExamples })
  const prepared = prepare(loadModel(engineModel(job.model)), recipe, seed)
  const memory = trainingMemory(prepared.loaded, prepared.trained, recipe)
  refuseTooLarge(memory, recipe)
  refuseForeignTokens(data, prepared)
  hooks.onMemory(`${gigabytes(memory.bytes)}: ${memory.parts}`)
  const { trainer, base, versions } = job
  const asked = { schema: 1 as const, recipe, base, data: dataOf(job.data, data), seed, trainer, versions }
  await using folder = await writing(job.folder, () => openVariant(job.folder, asked))
  const { path } = folder
  if (folder.isFinished) return { folder: path, isOld: true, notes: data.notes }
  const { outcome, losses, batches } = await allSteps({ job, data, prepared, hooks, append: folder.append })
  const fileBytes = await writing(`the variant in ${path}`, () =>
    exportTrained({ prepared, recipe, base, model: job.model, folder: path }),
  )
  const { threads } = job
  await checkWritten({ folder: path, base: base.spec, losses, batches, threads, onProgram: hooks.onProgram })
  const { trained: trainedParameters, all: parameters } = parameterCounts(prepared)
  await folder.finish({
    ...outcome,
    trainedParameters,
    parameters,
    fileBytes,
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  })
  await removeStates(path)
  return { folder: path, isOld: false, notes: data.notes }
}

/** A tokenizer, or an end token of config.json, that the model does not know. */
function refuseForeignTokens({ train: examples, heldOut }: TrainingData, { loaded }: Prepared): void {
  const { model, parameters } = loaded
  for (const { ids, place } of [...examples, ...heldOut]) {
    const id = ids.find((id) => id < 0 || id >= parameters.vocabulary)
    if (id === undefined) continue
    throw new UserError(
      `${place} of the data has token ${id}, and ${model.spec} has ${parameters.vocabulary} tokens`,
      {
        hint: 'the tokenizer, or eos_token_id in config.json or generation_config.json, belongs to another model',
      },
    )
  }
}

/** Trains, and takes the losses that the written files are held against. What only steps need is given back. */
async function allSteps(
  options: Omit<RunOptions, 'pass'>,
): Promise<{ outcome: Outcome; batches: Batch[]; losses: number[] }> {
  const { job, data, prepared, hooks } = options
  const { recipe, seed, threads } = job
  await using pass = await openTrainingPass({
    loaded: prepared.loaded,
    trained: new Map(prepared.trained.map(({ name, values }) => [name, values])),
    threads,
    checkpointing: recipe.checkpointing,
    onStep: hooks.onProgram,
  })
  const outcome = await new Run({ ...options, pass }).all()
  const batches = probeBatches({ examples: data.train, recipe, seed })
  return { outcome, batches, losses: await lossesOf(pass, batches) }
}

function dataOf(path: string, { identity, counts }: TrainingData): Variant['data'] {
  const { examples, heldOut, cut, trainedTokens } = counts
  return { path, identity, examples, heldOut, cut, trainedTokens }
}

/** Without padding. */
const tokensRead = ({ segments }: Batch): number => segments.reduce((sum, is) => sum + (is < 0 ? 0 : 1), 0)

interface RunOptions {
  job: TrainJob
  data: TrainingData
  prepared: Prepared
  pass: TrainingPass
  hooks: TrainHooks
  append: (row: TrainRow) => Promise<void>
}

interface Outcome {
  steps: number
  trainSeconds: number
  endedEarly: string | null
}

/** What a state on disk holds besides numbers of the model and the optimiser; plain JSON. */
interface Remembered {
  next: DataState
  trainSeconds: number
  firstLosses: number[]
  /** null: not measured yet. */
  bestHeldOut: number | null
  withoutGain: number
}

/** The loop and what it remembers between steps. */
class Run {
  readonly #options: RunOptions
  readonly #adam: AdamW
  readonly #gradients: Map<string, Float32Array>
  readonly #heldOut: readonly Batch[]
  readonly #steps: number
  #firstLosses: number[] = []
  #bestHeldOut = Number.POSITIVE_INFINITY
  #withoutGain = 0

  constructor(options: RunOptions) {
    const { data, prepared, job } = options
    this.#options = options
    this.#adam = openAdamW({ trained: prepared.trained, recipe: job.recipe })
    this.#gradients = new Map(
      prepared.trained.map(({ name, values }) => [name, new Float32Array(values.length)]),
    )
    this.#heldOut = batchesOfAll(data.heldOut, job.recipe)
    this.#steps = stepsOf(this.#order())
  }

  #order() {
    const { data, job } = this.#options
    return { examples: data.train, recipe: job.recipe, seed: job.seed }
  }

  async all(): Promise<Outcome> {
    const { job, hooks, append, prepared } = this.#options
    const found = await loadState(job.folder, { trained: prepared.trained, adam: this.#adam })
    const state = found ? (found.dataState as Remembered) : undefined
    if (state) this.#restore(state)
    let trainSeconds = state?.trainSeconds ?? 0
    let done = state?.next.step ?? 0
    const beganMs = performance.now()
    const pace = { steps: this.#steps, made: 0, seconds: 0, tokens: 0 }
    for (const step of stepsFrom(this.#order(), state?.next ?? FIRST_STEP)) {
      const startMs = performance.now()
      const { row, read } = await this.#step(step)
      trainSeconds += (performance.now() - startMs) / 1000
      done = step.step + 1
      await writing(`step ${done} in ${job.folder}/train.jsonl`, () => append(row))
      pace.made++
      pace.seconds = (performance.now() - beganMs) / 1000
      pace.tokens += read
      hooks.onStep(row, { ...pace })
      const endedEarly = this.#judge(row)
      if (endedEarly) return { steps: done, trainSeconds, endedEarly }
      if (done % job.recipe.saveEvery === 0 && done < this.#steps) {
        const dataState: Remembered = { next: step.next, trainSeconds, ...this.#memory() }
        const saved = { step: done, trained: prepared.trained, adam: this.#adam, dataState }
        const size = byteSize(stateBytes(prepared.trained))
        await writing(`the state after step ${done} in ${job.folder} (${size})`, () =>
          saveState(job.folder, saved),
        )
      }
    }
    return { steps: done, trainSeconds, endedEarly: null }
  }

  #memory(): Omit<Remembered, 'next' | 'trainSeconds'> {
    return {
      firstLosses: this.#firstLosses,
      bestHeldOut: Number.isFinite(this.#bestHeldOut) ? this.#bestHeldOut : null,
      withoutGain: this.#withoutGain,
    }
  }

  #restore({ firstLosses, bestHeldOut, withoutGain }: Remembered): void {
    this.#firstLosses = [...firstLosses]
    this.#bestHeldOut = bestHeldOut ?? Number.POSITIVE_INFINITY
    this.#withoutGain = withoutGain
  }

  async #step({ step, batches }: DataStep): Promise<{ row: TrainRow; read: number }> {
    const { data, job, pass } = this.#options
    const { recipe } = job
    for (const gradient of this.#gradients.values()) gradient.fill(0)
    const made = batches.map((rows) => batchOf(data.train, rows))
    let [loss, tokens, weightSum] = [0, 0, 0]
    for (const { weights } of made) {
      for (const weight of weights) {
        tokens += Number(weight > 0)
        weightSum += weight
      }
    }
    for (const batch of made) {
      // The mean over the trained tokens of the whole step, however they fall into batches.
      const weights = batch.weights.map((weight) => weight / weightSum)
      loss += (await pass.run({ ...batch, weights }, this.#gradients)).lossSum
    }
    const { norm, factor } = clipFactor(this.#gradients, recipe.clip)
    const learningRate = learningRateAt(recipe, step, this.#steps)
    if (!Number.isFinite(loss) || !Number.isFinite(norm))
      throw this.#diverged(step + 1, `its loss is ${loss}`)
    this.#adam.step(this.#gradients, learningRate, factor)
    const row = { step: step + 1, loss, learningRate, gradientNorm: norm, tokens }
    const read = made.reduce((sum, batch) => sum + tokensRead(batch), 0)
    if (!this.#isMeasured(step + 1)) return { row, read }
    return { row: { ...row, heldOutLoss: await this.#heldOutLoss() }, read }
  }

  #isMeasured(done: number): boolean {
    const { evalEvery } = this.#options.job.recipe
    if (this.#heldOut.length === 0) return false
    return done === this.#steps || (evalEvery !== null && done % evalEvery === 0)
  }

  async #heldOutLoss(): Promise<number> {
    let [loss, tokens] = [0, 0]
    for (const batch of this.#heldOut) {
      const { lossSum, weightSum } = await this.#options.pass.loss(batch)
      loss += lossSum
      tokens += weightSum
    }
    return loss / tokens
  }

  /** Ends a training that diverges; says why one that learns no more ends. */
  #judge({ step, loss, heldOutLoss }: TrainRow): string | null {
    if (this.#firstLosses.length < FIRST_LOSSES) this.#firstLosses.push(loss)
    const limit = SPIKE_FACTOR * Math.max(...this.#firstLosses) + 1
    if (loss > limit)
      throw this.#diverged(
        step,
        `its loss is ${loss.toFixed(2)}, and it began at ${this.#firstLosses[0]!.toFixed(2)}`,
      )
    const { patience } = this.#options.job.recipe
    if (heldOutLoss === undefined || patience === null) return null
    this.#withoutGain = heldOutLoss < this.#bestHeldOut ? 0 : this.#withoutGain + 1
    this.#bestHeldOut = Math.min(this.#bestHeldOut, heldOutLoss)
    if (this.#withoutGain < patience) return null
    return `the held-out loss did not fall for ${patience} measurements`
  }

  #diverged(step: number, what: string): UserError {
    const { learningRate, warmup, clip } = this.#options.job.recipe
    const clipping = clip === null ? 'set clip: 1' : `lower clip (${clip})`
    return new UserError(`step ${step} diverged: ${what}`, {
      hint: `lower learningRate (${learningRate}), raise warmup (${warmup}), or ${clipping}, and give another -o or delete ${this.#options.job.folder}`,
    })
  }
}
