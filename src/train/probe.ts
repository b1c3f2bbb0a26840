// Whether what was written is what ran: the loss of the running variant on the first batches that it was trained on, and that
// of the written folder on the same, opened as any MODEL is. Catches what a look at single numbers cannot: a scale that is
// read otherwise, a matrix in another's place, a base that is another one by now.
import { engineModel, loadModel } from '../model/engine/index.ts'
import { openTrainingPass, type TrainingPass } from '../model/engine/trainingPass.ts'
import { openModel } from '../model/open.ts'
import { UserError } from '../util/errors.ts'
import { type Batch, batchOf } from './data/batch.ts'
import { type StepOptions, stepsFrom } from './data/steps.ts'

/** About so many tokens are looked at, padding too: whole batches. */
const PROBE_TOKENS = 512
/**
 * Nats, and as a share of a loss above 1: how far two losses may be apart. Both are of the same fp32 numbers, and only the
 * order of sums may differ. Seen: at most 1e-7 on tiny models and SmolLM2-135M, all methods; 7e-5 to 0.1 where the files
 * were broken on purpose (the tests).
 */
const SAME_LOSS = 1e-5

/** The first training batches. */
export function probeBatches(order: StepOptions): Batch[] {
  const batches: Batch[] = []
  let tokens = 0
  for (const step of stepsFrom(order)) {
    for (const rows of step.batches) {
      batches.push(batchOf(order.examples, rows))
      tokens += batches.at(-1)!.ids.length
      if (tokens >= PROBE_TOKENS) return batches
    }
  }
  return batches
}

/** Of each batch, in nats a trained token. */
export async function lossesOf(
  pass: Pick<TrainingPass, 'loss'>,
  batches: readonly Batch[],
): Promise<number[]> {
  const losses: number[] = []
  for (const batch of batches) {
    const { lossSum, weightSum } = await pass.loss(batch)
    losses.push(lossSum / weightSum)
  }
  return losses
}

export interface WrittenVariant {
  /** The variant's. */
  folder: string
  /** MODEL that it was trained on. */
  base: string
  batches: readonly Batch[]
  /** Of the running variant. */
  losses: readonly number[]
  threads: number
  onProgram: () => void
}

/** Files that are another model are a UserError with both losses. */
export async function checkWritten(written: WrittenVariant): Promise<void> {
  const { folder, base, batches, losses, threads, onProgram } = written
  const loaded = loadModel(engineModel(await openModel(folder, { base })))
  const options = { loaded, trained: new Map(), threads, checkpointing: true, onStep: onProgram }
  await using pass = await openTrainingPass(options)
  const found = await lossesOf(pass, batches)
  const i = found.findIndex((loss, at) => !isSame(loss, losses[at]!))
  if (i < 0) return
  throw new UserError(
    `${folder}: what was written is not the variant that was trained: on batch ${i + 1} of the training its loss is ${said(found[i]!)}, and that of the running variant was ${said(losses[i]!)}`,
    {
      hint: 'its files or those of its base were changed meanwhile: run the same command again, which writes it anew; if that ends here too, this is a bug in tunediff',
    },
  )
}

const isSame = (one: number, other: number): boolean =>
  Math.abs(one - other) <= SAME_LOSS * Math.max(1, other)

const said = (loss: number): string => loss.toPrecision(7)
