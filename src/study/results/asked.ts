// What a study asked for and what became of it: what results are computed of, without the machine that it was planned on.
import { type AskedResults, instanceName, type ResultCell, type ResultSide } from '../../schema/results.ts'
import { readRun } from '../../store/runFolder.ts'
import { importedRuns } from '../cells/import.ts'
import { type Plan, scorerOf } from '../plan.ts'
import type { Use } from '../planCells.ts'
import type { Side } from '../planSides.ts'

type Cell = Plan['cells'][number]

/** Of a plan with states. `judge`: the sandbox that all executed answers were judged in; null where there are none. */
export async function askedResults(plan: Plan, judge: string | null): Promise<AskedResults> {
  const { name, margin } = plan.file.study
  return {
    name,
    margin: margin === null ? null : margin / 100,
    sides: plan.sides.map(sideOf),
    tasks: plan.tasks.map(({ task }) => task.name),
    cells: await Promise.all(plan.cells.map((cell) => cellOf(cell, plan, judge))),
  }
}

function sideOf(side: Side): ResultSide {
  const { name, against, kind } = side
  if (kind !== 'trained') {
    return { name, against, kind, spec: kind === 'model' ? side.spec : null, training: null }
  }
  const { recipe, seeds } = side
  const { identity, examples } = side.data
  return {
    ...{ name, against, kind },
    spec: null,
    training: { recipe, data: { identity, examples }, seeds: [...seeds] },
  }
}

async function cellOf(cell: Cell, plan: Plan, judge: string | null): Promise<ResultCell> {
  const { key, work, uses } = cell
  return {
    key,
    kind: work.kind,
    uses: uses
      .filter((use) => work.kind !== 'run' || !isNotLive(use, plan))
      .map(({ side, seed, against }) => ({ side, seed, against })),
    task: work.kind === 'run' ? work.task.task.name : null,
    judge: await judgeOf(cell, judge),
    ...stateOf(cell, plan),
  }
}

/** A variant that is its base under another name shares the base's runs: they are not its own. */
const isNotLive = ({ side, seed }: Use, { cells }: Plan): boolean =>
  cells.some(
    ({ work, state, uses }) =>
      work.kind === 'live' &&
      state.kind === 'failed' &&
      state.error.isFailedCheck &&
      uses.some((use) => use.side === side && use.seed === seed),
  )

async function judgeOf({ work, folder, state }: Cell, judge: string | null): Promise<string | null> {
  if (work.kind === 'run') return work.task.task.kind === 'code' ? judge : scorerOf(work.task.task)
  if (work.kind !== 'import' || state.kind !== 'done') return null
  for (const run of await importedRuns(folder)) if ((await readRun(run)).scoring === 'execute') return judge
  return null
}

/** Of what failed in the study's folder, it is not told where that lies. */
function stateOf(cell: Cell, { cells, folder }: Plan): Pick<ResultCell, 'state' | 'message'> {
  const { state } = cell
  if (state.kind === 'done') return { state: 'done', message: null }
  if (state.kind === 'failed')
    return { state: 'failed', message: state.error.message.replaceAll(`${folder}/`, '') }
  const needed = cells.find(({ key, state: { kind } }) => cell.needs.includes(key) && kind === 'failed')
  return {
    state: 'missing',
    message: needed ? `it needs ${instanceName(needed.uses[0]!)}, which failed` : null,
  }
}
