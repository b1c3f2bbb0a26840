// What cells take: memory foreseen from shapes, and an amount of work by which the time of cells that are done tells that of
// those that are not. Nothing is known of time before the first cell of its kind is done.

import { PROMPT_TOKENS } from '../measure/live.ts'
import { engineModel } from '../model/engine/engineModel.ts'
import { type LoadedModel, loadModel } from '../model/engine/index.ts'
import { memoryNeed } from '../model/engine/memory.ts'
import type { Recipe } from '../schema/training.ts'
import { trainingMemory } from '../train/memory.ts'
import { prepare } from '../train/methods/index.ts'
import { UserError } from '../util/errors.ts'
import { CONTEXT } from './comparePredictions.ts'
import type { ModelRef, PlannedCell } from './planCells.ts'
import type { StudyTexts } from './planInputs.ts'
import type { ModelSide, Side, TrainedSide } from './planSides.ts'

export interface Cost {
  /** Memory at the peak; null: not foreseen. */
  bytes: number | null
  /** Proportional to the time, among cells of the same group. */
  work: number
  group: string
}

/** Where weights would have to be read to foresee a training, they are read when it begins. */
const READ_PARAMETERS = 50e6

export interface CostsInput {
  sides: readonly Side[]
  texts: StudyTexts | null
  repeats: number
  limit: number | null
  /** Where the recipe of a side stands. */
  placeOf: (side: string) => string
}

export function costsOf(cells: readonly PlannedCell[], input: CostsInput): Map<string, Cost> {
  const loaded = loadedModels(input.sides)
  return new Map(cells.map((cell) => [cell.key, costOf(cell, { ...input, loaded })]))
}

type Loaded = ReadonlyMap<string, LoadedModel>

/** By spec; those that the embedded engine cannot run are left out: their cells say why. */
function loadedModels(sides: readonly Side[]): Loaded {
  const loaded = new Map<string, LoadedModel>()
  for (const side of sides) {
    if (side.kind !== 'model') continue
    try {
      loaded.set(side.spec, loadModel(engineModel(side.model)))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
    }
  }
  return loaded
}

function costOf(cell: PlannedCell, input: CostsInput & { loaded: Loaded }): Cost {
  const { work, parameters, threads } = cell
  const group = (name: string): string => `${name}${threads === 1 ? '' : ', all threads'}`
  switch (work.kind) {
    case 'variant':
      return {
        bytes: trainingBytes(cell, input),
        work: parameters * trainedAmount(work.data, work.recipe),
        group: group(`variant ${work.recipe.method}`),
      }
    case 'import':
      return { bytes: null, work: work.recorded.bytes, group: 'import' }
    case 'run': {
      const { task } = work.task
      const problems = Math.min(input.limit ?? task.problems.size, task.problems.size)
      return { bytes: null, work: parameters * problems * input.repeats, group: group(`run ${task.name}`) }
    }
    case 'weights':
      return { bytes: null, work: parameters, group: group('weights') }
    case 'live':
      return { bytes: pairBytes(work, PROMPT_TOKENS, input), work: parameters, group: group('live') }
    case 'predictions':
      return {
        bytes: pairBytes(work, CONTEXT, input),
        work: parameters * input.texts!.bytes,
        group: group(work.variant ? 'predictions' : 'zero lines'),
      }
  }
}

/** Two models in memory, windows of so many tokens. */
function pairBytes(
  { base, variant }: { base: ModelRef; variant: ModelRef | null },
  tokens: number,
  { sides, loaded }: CostsInput & { loaded: Loaded },
): number | null {
  const [trainedOn] = sides as [ModelSide]
  const of = (ref: ModelRef): LoadedModel | undefined => loaded.get('spec' in ref ? ref.spec : trainedOn.spec)
  const [one, other] = [of(base), of(variant ?? base)]
  return one && other ? memoryNeed([one, other], tokens) : null
}

function trainingBytes(
  { work, uses, parameters }: PlannedCell,
  { loaded, placeOf }: CostsInput & { loaded: Loaded },
): number | null {
  const { base, recipe, seed } = work as Extract<PlannedCell['work'], { kind: 'variant' }>
  const model = loaded.get(base)
  const readsWeights = recipe.method === 'full' || recipe.method === 'dora'
  if (!model || (readsWeights && parameters > READ_PARAMETERS)) return null
  try {
    const prepared = prepare(model, recipe, seed)
    return trainingMemory(prepared.loaded, prepared.trained, recipe).bytes
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${placeOf(uses[0]!.side)}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    })
  }
}

/** In bytes of text, which are as many tokens for equal data; of steps by their number, at most so long. */
function trainedAmount({ bytes, examples }: TrainedSide['data'], recipe: Recipe): number {
  const { steps, batch, accumulation, epochs, maxTokens } = recipe
  if (steps === null) return bytes * epochs
  return steps * batch * accumulation * Math.min(maxTokens, bytes / examples)
}

/** Seconds per unit of work, of each group that has a cell that was made in one go. */
export function measuredRates(done: Iterable<{ cost: Cost; seconds: number }>): Map<string, number> {
  const sums = new Map<string, { seconds: number; work: number }>()
  for (const { cost, seconds } of done) {
    const sum = sums.get(cost.group) ?? { seconds: 0, work: 0 }
    sums.set(cost.group, { seconds: sum.seconds + seconds, work: sum.work + cost.work })
  }
  return new Map(
    [...sums].filter(([, { work }]) => work > 0).map(([group, { seconds, work }]) => [group, seconds / work]),
  )
}

export interface TimeLeft {
  /** Of the cells whose group has a rate. */
  seconds: number
  /** Cells of which nothing is known. */
  unknown: number
}

/** Small cells run on `lanes` cores at once, large ones one after the other. */
export function timeLeft(
  cells: Iterable<{ cost: Cost; isSmall: boolean; elapsed?: number }>,
  rates: ReadonlyMap<string, number>,
  lanes: number,
): TimeLeft {
  const left = { seconds: 0, unknown: 0 }
  for (const { cost, isSmall, elapsed = 0 } of cells) {
    const rate = rates.get(cost.group)
    if (rate === undefined) left.unknown++
    else left.seconds += Math.max(0, rate * cost.work - elapsed) / (isSmall ? lanes : 1)
  }
  return left
}
