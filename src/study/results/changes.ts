// What two sides differ in besides their answers: the model, the solver, and how often it calls the model. A gain of a scaffold
// is told from one of the weights, and from one of more calls.
import type { AskedResults, ChangeResult, ResultSide, Rows } from '../../schema/results.ts'
import type { NamedSource } from '../../schema/run.ts'
import { isPlain, isScaffold } from '../../solve/solver.ts'
import { meanCalls, startOf } from './calls.ts'
import type { RunPair } from './pairs.ts'
import type { InstanceRun } from './runs.ts'

interface ChangesInput {
  asked: AskedResults
  runs: readonly InstanceRun[]
  pairs: readonly RunPair[]
}

/** One a side and task; of a side that shares no task with its base, one without. */
export async function changesOf({ asked, runs, pairs }: ChangesInput): Promise<ChangeResult[]> {
  const context: Context = { sides: asked.sides, runs, calls: new Map() }
  for (const run of runs) {
    if (!context.calls.has(run.place)) context.calls.set(run.place, await meanCalls(run, runs))
  }
  return asked.sides.flatMap((side) => {
    const against = asked.sides.find(({ name }) => name === side.against)
    if (!against) return []
    const own = pairs.filter(({ variant }) => variant.side === side.name)
    const tasks = [...new Set(own.map(({ task }) => task))]
    if (tasks.length === 0) return [changeOf({ side, against, pair: null }, context)]
    return tasks.map((task) =>
      changeOf({ side, against, pair: own.find((pair) => pair.task === task)! }, context),
    )
  })
}

interface Context {
  sides: readonly ResultSide[]
  runs: readonly InstanceRun[]
  /** By place of the run. */
  calls: Map<string, number | null>
}

const UNKNOWN: NamedSource = { name: null, source: 'unknown' }

function changeOf(
  { side, against, pair }: { side: ResultSide; against: ResultSide; pair: RunPair | null },
  context: Context,
): ChangeResult {
  // Logs say what they are of also where nothing stands beside them; models are told by the study then.
  const runOf = ({ name, kind }: ResultSide): InstanceRun | undefined =>
    kind === 'recorded' ? context.runs.find((run) => run.side === name) : undefined
  const [ours, theirs] = [pair?.base ?? runOf(against), pair?.variant ?? runOf(side)]
  const [base, variant] = [modelOf(against, ours, context), modelOf(side, theirs, context)]
  const solver = { base: ours?.run.solver ?? UNKNOWN, variant: theirs?.run.solver ?? UNKNOWN }
  const calls = (run: InstanceRun | undefined): number | null =>
    pair && run ? context.calls.get(run.place)! : null
  const { name } = solver.variant
  return {
    ...{ side: side.name, against: against.name, task: pair?.task ?? null },
    model: { base: base.named, variant: variant.named },
    solver,
    modelChanged: differ(base, variant),
    solverChanged: solver.base.name === null || name === null ? null : solver.base.name !== name,
    calls: { base: calls(ours), variant: calls(theirs) },
    equalBudget: pair && isScaffold(name) ? equalBudget(pair, context) : null,
    from: rowsOf([ours, theirs], context),
  }
}

interface KnownModel {
  named: NamedSource
  /** Of what is known of it: names of files and names in logs cannot be told to be of one model. */
  kind: 'contents' | 'name'
  /** Null: not known. */
  key: string | null
}

function modelOf(
  side: ResultSide,
  run: InstanceRun | undefined,
  { runs }: Pick<Context, 'runs'>,
): KnownModel {
  if (run?.run.asked) {
    const key = contentsOf(run)
    const { model } = run.run
    // A model that two sides have bears the name of the first.
    const first = runs.find((other) => contentsOf(other) === key)!
    return {
      named: model.source === 'stated' ? model : { name: first.side, source: 'recorded' },
      kind: 'contents',
      key,
    }
  }
  if (run) return { named: run.run.model, kind: 'name', key: run.run.model.name }
  if (side.kind === 'recorded') return { named: UNKNOWN, kind: 'name', key: null }
  return { named: { name: side.name, source: 'recorded' }, kind: 'contents', key: side.spec ?? side.name }
}

function contentsOf({ run }: InstanceRun): string | null {
  if (!run.asked) return null
  const { identity, note } = run.asked.model
  return `${identity} ${note}`
}

const differ = (a: KnownModel, b: KnownModel): boolean | null =>
  a.kind !== b.kind || a.key === null || b.key === null ? null : a.key !== b.key

/** Plain sampling with the variant's model, at as many calls or more. */
function equalBudget({ task, variant }: RunPair, context: Context): NonNullable<ChangeResult['equalBudget']> {
  const { sides, runs, calls } = context
  const sideOf = (run: InstanceRun): ResultSide => sides.find(({ name }) => name === run.side)!
  const model = modelOf(sideOf(variant), variant, context)
  if (model.key === null) return { absent: `the model of ${variant.side} is not known` }
  const plain = runs.filter(
    (run) =>
      isPlain(run.run.solver.name) &&
      run.task === variant.task &&
      calls.get(run.place) !== null &&
      differ(modelOf(sideOf(run), run, context), model) === false,
  )
  if (plain.length === 0)
    return { absent: `no side of the study answers ${task} with ${model.named.name} and plain sampling` }
  const wanted = calls.get(variant.place)!
  if (wanted === null) return { absent: `how often ${variant.side} calls its model is not recorded` }
  const enough = plain.find((run) => calls.get(run.place)! >= wanted)
  if (enough) return { side: enough.side }
  const most = plain.reduce((a, b) => (calls.get(b.place)! > calls.get(a.place)! ? b : a))
  return {
    absent: `${most.side} samples the same model plainly, with fewer calls a problem (${rounded(calls.get(most.place)!)}; ${variant.side} has ${rounded(wanted)})`,
  }
}

const rounded = (calls: number): string => calls.toFixed(1).replace(/\.0$/, '')

/** Names stand in run.json, calls are counted over samples: also over those that a solver began from. */
function rowsOf(runs: readonly (InstanceRun | undefined)[], { runs: all }: Pick<Context, 'runs'>): Rows[] {
  const places = new Set<string>()
  for (const one of runs) {
    for (let run = one ?? null; run !== null; run = startOf(run, all)) places.add(run.place)
  }
  return [...places].flatMap((place) =>
    ['run.json', 'samples.jsonl'].map((file) => ({ file: `${place}/${file}`, where: null })),
  )
}
