// Which examples each step of a training sees. Every example stands once in an epoch, in an order of the seed and the epoch; a
// step takes `accumulation` batches of `batch` rows, and does not reach over the end of an epoch, so that the last one of an
// epoch may be smaller. A training that goes on needs its place alone, as all of this is made again.
import type { Recipe } from '../../schema/training.ts'
import { type Batch, batchOf } from './batch.ts'
import type { Example } from './examples.ts'
import { permutation, shuffled } from './order.ts'
import { packRows } from './packing.ts'

type StepRecipe = Pick<Recipe, 'epochs' | 'steps' | 'batch' | 'accumulation' | 'packing' | 'maxTokens'>

/** The place of the next step; all from 0. */
export interface DataState {
  epoch: number
  /** Steps of this epoch that are done. */
  position: number
  /** Steps that are done in all. */
  step: number
}

export interface DataStep {
  /** From 0. */
  step: number
  epoch: number
  /** Numbers of the examples, by batch and row. */
  batches: readonly (readonly (readonly number[])[])[]
  /** Where a training goes on after this step. */
  next: DataState
}

export interface StepOptions {
  examples: readonly Example[]
  recipe: StepRecipe
  seed: number
}

export const FIRST_STEP: DataState = { epoch: 0, position: 0, step: 0 }

/** Steps that a recipe comes to. With packing, epochs may differ by a row. */
export function stepsOf(options: StepOptions): number {
  const { recipe } = options
  if (recipe.steps !== null) return recipe.steps
  let steps = 0
  for (let epoch = 0; epoch < recipe.epochs; epoch++)
    steps += partOf(epochSteps(options, epoch).length, recipe, epoch)
  return steps
}

/** Steps from a place to the last one. */
export function* stepsFrom(options: StepOptions, state: DataState = FIRST_STEP): Generator<DataStep> {
  const { recipe } = options
  let { epoch, position, step } = state
  while (recipe.steps === null ? epoch < recipe.epochs : step < recipe.steps) {
    const steps = epochSteps(options, epoch)
    const last = recipe.steps === null ? partOf(steps.length, recipe, epoch) : steps.length
    for (; position < last; position++, step++) {
      if (step === recipe.steps) return
      const isLast = position + 1 === steps.length
      yield {
        step,
        epoch,
        batches: steps[position]!,
        next: { epoch: isLast ? epoch + 1 : epoch, position: isLast ? 0 : position + 1, step: step + 1 },
      }
    }
    epoch++
    position = 0
  }
}

/** Batches that hold all of the examples once, in their order: for the loss of held-out ones. */
export function batchesOfAll(examples: readonly Example[], recipe: StepRecipe): Batch[] {
  const rows = rowsOf(
    examples,
    examples.map((_, i) => i),
    recipe,
  )
  return chunks(rows, recipe.batch).map((batch) => batchOf(examples, batch))
}

/** Of the last epoch only a part may be made. */
function partOf(steps: number, { epochs }: StepRecipe, epoch: number): number {
  const part = Math.min(1, epochs - epoch)
  // A little below: 0.1 of 30 steps are 3, whatever the last bit says.
  return Math.max(1, Math.ceil(part * steps - 1e-9))
}

function epochSteps({ examples, recipe, seed }: StepOptions, epoch: number): number[][][][] {
  const key = `order ${seed} ${epoch}`
  const rows = rowsOf(examples, permutation(examples.length, key), recipe)
  // Rows come out of the packing sorted by their longest example.
  const mixed = recipe.packing ? shuffled(rows, `rows ${key}`) : rows
  return chunks(chunks(mixed, recipe.batch), recipe.accumulation)
}

function rowsOf(examples: readonly Example[], order: ArrayLike<number>, recipe: StepRecipe): number[][] {
  if (!recipe.packing) return Array.from(order, (i) => [i])
  return packRows(
    examples.map(({ ids }) => ids.length),
    order,
    recipe.maxTokens,
  )
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  )
}
