// A task as a table of its runs, best first, with the places that each may have: rows are told apart by the exact paired
// tests that comparisons use, each with each, with Holm over all pairs of the task. docs/methods.md, Ranks.
import { humanevalTable } from '../../measure/humanevalTable.ts'
import { type ProblemScores, pairScores } from '../../measure/pairs.ts'
import { readPublishedRows } from '../../measure/reference.ts'
import type { TableBlock } from '../../schema/blocks.ts'
import type { Leaderboard, LeaderboardRow } from '../../schema/report.ts'
import type { Instance, Results } from '../../schema/results.ts'
import { holm } from '../../stats/index.ts'
import { HUMANEVAL_SHA256 } from '../../tasks/humaneval.ts'
import { count, points } from '../../util/numbers.ts'
import { problemScores, type ReadRun, type TaskRuns } from './runs.ts'

const ALPHA = 0.05

export function leaderboard(of: TaskRuns, results: Results): Leaderboard {
  const best = [...of.runs].sort((a, b) => rateOf(b) - rateOf(a))
  const scores = best.map((run) => problemScores(run, of.problems))
  const told = toldApart(scores, (i, j) => areComparable(best[i]!, best[j]!, results))
  const rows = best.map((run, i): LeaderboardRow => {
    const { side, seed, createdAt, cost } = run.report
    return {
      name: nameOf(run, results),
      instance: { side, seed },
      rate: run.score.report.rate,
      rank: rankOf(told, i),
      createdAt,
      calls: callsOf(run, results) ?? (cost && scores[i]!.size > 0 ? cost.calls / scores[i]!.size : null),
      cost,
      source: null,
    }
  })
  const all = [...rows, ...(isHumanEval(of) ? publishedRows() : [])]
  // A stable sort: of equal rates those of the study stay first.
  all.sort((a, b) => b.rate.value - a.rate.value)
  return { task: of.task, rows: all, ties: tiesOf(told), table: tableOf(all) }
}

/** A recorded base is known by what was recorded. */
function nameOf({ name, run: { model, solver }, report: { side } }: ReadRun, { asked }: Results): string {
  const known = [model.name, solver.name].filter((one) => one !== null)
  const isBase = asked.sides[0]!.name === side && asked.sides[0]!.kind === 'recorded'
  return isBase && known.length > 0 ? `${name} (${known.join(', ')})` : name
}

const rateOf = ({ score }: ReadRun): number => score.report.rate.value

/** Problems of one name may be other problems: then they are compared only where the study does. */
function areComparable(one: ReadRun, other: ReadRun, { pairs }: Results): boolean {
  const [a, b] = [one.run.task.identity, other.run.task.identity]
  if (a === null || b === null || a === b) return true
  const isOf = (instance: Instance, { report: { side, seed } }: ReadRun): boolean =>
    instance.side === side && instance.seed === seed
  return pairs.some(
    (pair) =>
      pair.task === one.report.task &&
      [
        [one, other],
        [other, one],
      ].some(([variant, base]) => isOf(pair, variant!) && isOf(pair.against, base!)),
  )
}

/** 1: the row is better than the other, -1: worse, 0: they are not told apart. */
function toldApart(
  scores: readonly ProblemScores[],
  areComparable: (i: number, j: number) => boolean,
): number[][] {
  const pairs = scores.flatMap((one, i) =>
    scores.slice(0, i).map((other, j) => {
      const test = areComparable(i, j) ? testOf(one, other) : NOT_TOLD
      return { i, j, ...test }
    }),
  )
  const adjusted = holm(pairs.map(({ p }) => p))
  const told = scores.map(() => scores.map(() => 0))
  pairs.forEach(({ i, j, delta }, at) => {
    if (adjusted[at]! >= ALPHA) return
    told[i]![j] = Math.sign(delta)
    told[j]![i] = -Math.sign(delta)
  })
  return told
}

const NOT_TOLD = { p: 1, delta: 0 }

/** Runs that share fewer than two scored problems are not told apart by anything. */
function testOf(one: ProblemScores, other: ProblemScores): { p: number; delta: number } {
  const shared = [...one.keys()].filter((id) => other.has(id)).length
  if (shared < 2) return NOT_TOLD
  const { p, delta } = pairScores(other, one)
  return { p, delta: delta.value }
}

function rankOf(told: readonly (readonly number[])[], row: number): [number, number] {
  const better = told[row]!.filter((sign) => sign < 0).length
  const worse = told[row]!.filter((sign) => sign > 0).length
  return [better + 1, told.length - worse]
}

/** Longest runs of rows of which no two are told apart; a row alone is none. */
function tiesOf(told: readonly (readonly number[])[]): [number, number][] {
  const ties: [number, number][] = []
  for (let first = 0; first < told.length; first++) {
    let last = first
    while (last + 1 < told.length && areTied(told, first, last + 1)) last++
    if (last > first && last > (ties.at(-1)?.[1] ?? -1)) ties.push([first, last])
  }
  return ties
}

const areTied = (told: readonly (readonly number[])[], first: number, row: number): boolean =>
  told[row]!.slice(first, row).every((sign) => sign === 0)

/** Calls for a problem, as far as a comparison counted them. */
function callsOf({ report: { side, task } }: ReadRun, { changes }: Results): number | null {
  const own = changes.find((change) => change.side === side && change.task === task)
  const other = changes.find((change) => change.against === side && change.task === task)
  return own?.calls.variant ?? other?.calls.base ?? null
}

/** All of its problems, and those of no other set that has their names. */
function isHumanEval({ problems, runs }: TaskRuns): boolean {
  if (problems.length !== 164 || !problems.every((id) => /^HumanEval\/\d+$/.test(id))) return false
  return runs.every(({ run: { task } }) =>
    task.identity === null ? /^humaneval$/i.test(task.name) : task.identity === HUMANEVAL_SHA256,
  )
}

function publishedRows(): LeaderboardRow[] {
  return humanevalTable(readPublishedRows()).rows.map(({ system, rate, source, published, note }) => ({
    name: system,
    instance: null,
    rate,
    rank: null,
    createdAt: null,
    calls: null,
    cost: null,
    source: `published ${published}, ${source}${note === null ? '' : `; ${note}`}`,
  }))
}

function tableOf(rows: readonly LeaderboardRow[]): TableBlock {
  const right = (title: string): TableBlock['columns'][number] => ({ title, align: 'right' })
  const hasCalls = rows.some(({ calls }) => calls !== null)
  const hasCost = rows.some(({ cost }) => cost !== null)
  const hasSource = rows.some(({ source }) => source !== null)
  return {
    kind: 'table',
    columns: [
      right('place'),
      { title: 'name' },
      right('score, %'),
      right('95 % interval'),
      right('problems'),
      ...(hasCalls ? [right('calls a problem')] : []),
      ...(hasCost ? [right('tokens'), right('seconds')] : []),
      ...(hasSource ? [{ title: 'source' }] : []),
    ],
    rows: rows.map(({ name, rate, rank, calls, cost, source }) => [
      rank === null ? '' : rank[0] === rank[1] ? String(rank[0]) : `${rank[0]} to ${rank[1]}`,
      name,
      points(rate.value),
      rate.low === null || rate.high === null ? '' : `${points(rate.low)} to ${points(rate.high)}`,
      count(rate.n),
      ...(hasCalls ? [calls === null ? '' : calls.toFixed(1).replace(/\.0$/, '')] : []),
      ...(hasCost ? [cost ? count(cost.tokens) : '', cost ? cost.seconds.toFixed(1) : ''] : []),
      ...(hasSource ? [source ?? ''] : []),
    ]),
  }
}
