// The cells of a study: pieces of work with a key that is the hash of all that decides what comes out. What is trained here
// stands in keys by the key of its training, so that all are known before anything is computed.
import { embeddedSettings } from '../generate/embeddedEngine.ts'
import { LIVE_SCHEMA } from '../schema/live.ts'
import { PREDICTIONS_SCHEMA } from '../schema/predictions.ts'
import { RUN_SCHEMA } from '../schema/run.ts'
import { CELL_KINDS, type CellKind, type Study } from '../schema/study.ts'
import { type Recipe, VARIANT_SCHEMA } from '../schema/training.ts'
import { WEIGHTS_SCHEMA } from '../schema/weights.ts'
import { sha256Value } from '../util/hash.ts'
import { VERSION } from '../util/version.ts'
import type { StudyTask, StudyTexts } from './planInputs.ts'
import type { ModelSide, Recorded, RecordedSide, Side, TrainedSide } from './planSides.ts'

/** A model that is there, or the training that makes it. */
export type ModelRef = { spec: string; identity: string } | { trained: string }

/** What of the study a cell is for. Equal models share a cell. */
export interface Use {
  side: string
  /** Of the training; null: nothing was trained here. */
  seed: number | null
  against: { side: string; seed: number | null } | null
}

export type Work =
  | { kind: 'variant'; base: string; recipe: Recipe; data: TrainedSide['data']; seed: number }
  | {
      kind: 'import'
      recorded: Recorded
      /** As stated; startFrom is the key of another import. */
      names: Pick<RecordedSide, 'model' | 'solver' | 'startFrom'>
      task: StudyTask | null
    }
  | { kind: 'live'; base: ModelRef; variant: ModelRef }
  | { kind: 'run'; model: ModelRef; task: StudyTask }
  | { kind: 'weights'; base: ModelRef; variant: ModelRef }
  /** Without a variant: the zero lines of the base. */
  | { kind: 'predictions'; base: ModelRef; variant: ModelRef | null }

export interface PlannedCell {
  key: string
  /** All that the key is the hash of. */
  asked: Record<string, unknown>
  work: Work
  uses: readonly Use[]
  /** Keys of the cells that come first: trainings, and of a run whether its model is live. */
  needs: readonly string[]
  /** Numbers of the larger model. */
  parameters: number
  /** Threads of arithmetic; null: those that there are. */
  threads: number | null
}

/** Small models have one thread, whatever the machine: their cells run side by side, and results do not depend on it. */
const SMALL_PARAMETERS = 20e6
const KEY_LENGTH = 32

/** The key of a cell, from all that decides what comes out. */
export const keyOfAsked = (asked: Record<string, unknown>): string => sha256Value(asked).slice(0, KEY_LENGTH)

export const isSmall = ({ parameters }: Pick<PlannedCell, 'parameters'>): boolean =>
  parameters <= SMALL_PARAMETERS

export interface CellsInput {
  study: Study
  sides: readonly Side[]
  tasks: readonly StudyTask[]
  /** Null: predictions are not measured. */
  texts: StudyTexts | null
}

/** One side as it is measured: of a trained one, a seed. */
interface Instance {
  use: Pick<Use, 'side' | 'seed'>
  ref: ModelRef
  parameters: number
}

export function planCells(input: CellsInput): PlannedCell[] {
  const { study, sides } = input
  const cells = new Map<string, PlannedCell>()
  const add = (cell: Omit<PlannedCell, 'key' | 'asked' | 'threads'> & { asked: object }): string => {
    const threads = isSmall(cell) ? 1 : study.threads
    const asked = { kind: cell.work.kind, ...cell.asked, threads, tunediff: VERSION }
    const key = keyOfAsked(asked)
    const known = cells.get(key)
    const uses = [...(known?.uses ?? []), ...cell.uses]
    // One that is also the base's waits for no check of the variant that shares it.
    const needs = known ? cell.needs.filter((one) => known.needs.includes(one)) : cell.needs
    cells.set(key, { ...cell, asked, key, threads, uses, needs })
    return key
  }
  const instances = new Map(sides.map((side) => [side.name, instancesOf(side, { base: sides[0]!, add })]))
  for (const measure of study.measures) {
    if (measure === 'answers') answerCells(input, { instances, add })
    else comparedCells(input, { instances, add, measure })
  }
  const order = (cell: PlannedCell): number => CELL_KINDS.indexOf(cell.work.kind satisfies CellKind)
  return [...cells.values()].sort((a, b) => order(a) - order(b))
}

type Add = (cell: Omit<PlannedCell, 'key' | 'asked' | 'threads'> & { asked: object }) => string
type Instances = ReadonlyMap<string, readonly Instance[]>

const parametersOf = ({ model }: ModelSide): number =>
  [...model.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)

function instancesOf(side: Side, { base, add }: { base: Side; add: Add }): Instance[] {
  if (side.kind === 'recorded') return []
  if (side.kind === 'model') {
    const { spec, identity, name } = side
    return [{ use: { side: name, seed: null }, ref: { spec, identity }, parameters: parametersOf(side) }]
  }
  // readSides has seen to it.
  const { spec, identity } = base as ModelSide
  const parameters = parametersOf(base as ModelSide)
  const { recipe, data, name } = side
  return side.seeds.map((seed) => {
    const use = { side: name, seed }
    const trained = add({
      work: { kind: 'variant', base: spec, recipe, data, seed },
      asked: {
        schema: VARIANT_SCHEMA,
        base: identity,
        recipe,
        data: data.identity,
        seed,
        trainer: 'embedded',
      },
      uses: [{ ...use, against: null }],
      needs: [],
      parameters,
    })
    return { use, ref: { trained }, parameters }
  })
}

const keyPart = (ref: ModelRef): string => ('trained' in ref ? `trained ${ref.trained}` : ref.identity)
const needsOf = (...refs: readonly (ModelRef | null)[]): string[] =>
  refs.flatMap((ref) => (ref !== null && 'trained' in ref ? [ref.trained] : []))

function answerCells(
  { study, sides, tasks, texts }: CellsInput,
  { instances, add }: { instances: Instances; add: Add },
): void {
  const live = liveCells({ study, sides, tasks, texts }, { instances, add })
  const imports = new Map<string, readonly string[]>()
  const codeTasks = tasks.filter(({ task }) => task.kind === 'code')
  const codeTask = codeTasks.length === 1 ? codeTasks[0]! : null
  const importSide = (side: RecordedSide): readonly string[] => {
    const known = imports.get(side.name)
    if (known) return known
    const from = sides.find(({ name }) => name === side.startFrom) as RecordedSide | undefined
    const starts = from ? importSide(from) : []
    const keys = side.logs.map((recorded, i) => {
      const startFrom = starts.length === 1 ? starts[0] : starts[i]
      const task = recorded.lacksTask ? codeTask : null
      const { model, solver } = side
      const names = {
        ...(model === undefined ? {} : { model }),
        ...(solver === undefined ? {} : { solver }),
        ...(startFrom === undefined ? {} : { startFrom }),
      }
      return add({
        work: { kind: 'import', recorded, names, task },
        asked: { schema: RUN_SCHEMA, recorded: recorded.identity, names, task: task?.task.identity ?? null },
        uses: [{ side: side.name, seed: null, against: null }],
        needs: [],
        parameters: 0,
      })
    })
    imports.set(side.name, keys)
    return keys
  }
  for (const side of sides) {
    if (side.kind === 'recorded') {
      importSide(side)
      continue
    }
    for (const instance of instances.get(side.name)!) {
      const { use, ref, parameters } = instance
      for (const task of tasks) {
        const { repeats, limit, seed, chat } = study
        const engine = embeddedSettings()
        const { identity, asking, kind } = task.task
        add({
          work: { kind: 'run', model: ref, task },
          asked: {
            schema: RUN_SCHEMA,
            model: keyPart(ref),
            engine,
            task: { kind, identity, asking },
            repeats,
            limit,
            seed,
            chat,
          },
          uses: [{ ...use, against: null }],
          needs: [...needsOf(ref), ...(live.get(instance) ?? [])],
          parameters,
        })
      }
    }
  }
}

/** Whether each variant is another model than what it is compared with; keys by variant. */
function liveCells(
  { study, sides, tasks }: CellsInput,
  { instances, add }: { instances: Instances; add: Add },
): Map<Instance, [string]> {
  const keys = new Map<Instance, [string]>()
  if (tasks.length === 0) return keys
  const { allowIdentical } = study
  for (const { variant, base } of pairsOf(sides, instances)) {
    const [ours, theirs] = [variant.ref, base.ref]
    // Equal files under another name are what the check is for; one MODEL claims nothing.
    const isOneModel = 'spec' in ours && 'spec' in theirs && ours.spec === theirs.spec
    const key = add({
      ...comparedOf(variant, base),
      work: { kind: 'live', base: theirs, variant: ours },
      asked: {
        schema: LIVE_SCHEMA,
        base: keyPart(theirs),
        variant: keyPart(ours),
        ...{ isOneModel, allowIdentical },
      },
    })
    keys.set(variant, [key])
  }
  return keys
}

interface Compared {
  instances: Instances
  add: Add
  measure: 'weights' | 'predictions'
}

interface Pair {
  variant: Instance
  base: Instance
}

/** Sides of weights with what they are compared with. */
function pairsOf(sides: readonly Side[], instances: Instances): Pair[] {
  return sides.flatMap(({ name, against }) => {
    if (against === null) return []
    const bases = instances.get(against)!
    return instances.get(name)!.flatMap((variant) => {
      // Seeds are paired where both sides were trained: readSides has seen to it that they are there.
      const base = bases.length > 1 ? bases.find(({ use }) => use.seed === variant.use.seed)! : bases[0]
      return base ? [{ variant, base }] : []
    })
  })
}

const comparedOf = (
  variant: Instance,
  base: Instance,
): Pick<PlannedCell, 'uses' | 'needs' | 'parameters'> => ({
  uses: [{ ...variant.use, against: base.use }],
  needs: needsOf(base.ref, variant.ref),
  parameters: Math.max(base.parameters, variant.parameters),
})

function comparedCells({ sides, texts }: CellsInput, { instances, add, measure }: Compared): void {
  const withZero = new Set<string>()
  for (const { variant, base } of pairsOf(sides, instances)) {
    const common = comparedOf(variant, base)
    const asked = { base: keyPart(base.ref), variant: keyPart(variant.ref) }
    if (measure === 'weights') {
      add({
        ...common,
        work: { kind: 'weights', base: base.ref, variant: variant.ref },
        asked: { schema: WEIGHTS_SCHEMA, ...asked },
      })
      continue
    }
    const predictions = { schema: PREDICTIONS_SCHEMA, texts: texts!.identities }
    add({
      ...common,
      work: { kind: 'predictions', base: base.ref, variant: variant.ref },
      asked: { ...predictions, ...asked },
    })
    const name = JSON.stringify(base.use)
    if (withZero.has(name)) continue
    withZero.add(name)
    add({
      work: { kind: 'predictions', base: base.ref, variant: null },
      asked: { ...predictions, base: asked.base, variant: null },
      uses: [{ ...base.use, against: base.use }],
      needs: needsOf(base.ref),
      parameters: base.parameters,
    })
  }
}
