// What a study's answers say: scores, pairs, one effect a side and task, what else differs. Computed from finished runs
// alone; nothing is judged or asked.
import { comparePaired, sideReport } from '../../measure/compare.ts'
import type { TaskSides } from '../../measure/side.ts'
import type { VariantReport, Warning } from '../../schema/comparison.ts'
import type { Task } from '../../schema/problem.ts'
import type { AskedResults, Measured, PairResult, Results, ScoreResult } from '../../schema/results.ts'
import { codeTaskOf } from '../../solve/openRuns.ts'
import type { TaskContext } from '../../tasks/task.ts'
import { UserError } from '../../util/errors.ts'
import { sideOf } from '../pairRuns.ts'
import { changesOf } from './changes.ts'
import { effectsOf, rowsOf } from './effects.ts'
import { pairStudy, type RunPair } from './pairs.ts'
import { type InstanceRun, readRuns } from './runs.ts'

type AnswerResults = Pick<Measured, 'scores' | 'pairs' | 'effects' | 'changes' | 'warnings'>

/** `folder`: the study folder. Lists are in the order of the file: sides, seeds, tasks. */
export async function answerResults(
  folder: string,
  asked: AskedResults,
  { live, ...context }: TaskContext & { live: Results['live'] },
): Promise<AnswerResults> {
  const { runs, warnings: ofRuns } = await readRuns(folder, asked, live)
  const { pairs, warnings: ofPairing } = pairStudy(asked, runs)
  const tasks = await codeTasks(pairs, context)
  const report = comparePaired(taskSides(pairs, tasks.found), asked.margin)
  const reports = new Map<string, VariantReport>()
  for (const { task, base, variants } of report.comparisons)
    for (const variant of variants) reports.set(keyOf(task, base.name, variant.name), variant)
  const reportOf = ({ task, base, variant }: RunPair): VariantReport | undefined =>
    reports.get(keyOf(task, base.name, variant.name))
  const { scores, warnings: ofScores } = scoresOf(runs, pairs)
  const { effects, warnings: ofEffects } = effectsOf({ asked, pairs, reportOf })
  return {
    scores,
    pairs: pairs.flatMap((pair) => pairResult(pair, reportOf(pair))),
    effects,
    changes: await changesOf({ asked, runs, pairs }),
    warnings: [ofRuns, ofScores, ofPairing, report.warnings, tasks.warnings, ofEffects].flat(),
  }
}

const keyOf = (...names: readonly string[]): string => JSON.stringify(names)

/** One a run; a warning instead where too little could be judged. */
function scoresOf(
  runs: readonly InstanceRun[],
  pairs: readonly RunPair[],
): { scores: ScoreResult[]; warnings: Warning[] } {
  const scores: ScoreResult[] = []
  const warnings: Warning[] = []
  for (const run of runs) {
    const { name, side, seed, metric, from } = run
    // Logs of one task may call it otherwise: pairs have the name that it has where they are compared.
    const task = pairs.find(({ variant }) => variant === run)?.task ?? run.task
    const whole = sideOf(name, run.judged)
    const { size } = whole.scores.byProblem
    if (size < 2) {
      const judged = size === 0 ? 'no answer' : 'the answers to one problem alone'
      const message = `${task}: ${judged} of ${name} could be judged, so it has no score.`
      warnings.push({ code: 'no-score', message })
      continue
    }
    const { name: _, ...report } = sideReport(whole)
    scores.push({ side, seed, task, metric, from: [from], report })
  }
  return { scores, warnings }
}

function pairResult(pair: RunPair, report: VariantReport | undefined): PairResult[] {
  if (!report) return []
  const { base, variant, task } = pair
  const against = { side: base.side, seed: base.seed }
  return [{ side: variant.side, seed: variant.seed, against, from: rowsOf([pair]), task, report }]
}

/** One for each run that others are compared with. */
function taskSides(pairs: readonly RunPair[], tasks: ReadonlyMap<string, Task>): TaskSides[] {
  const groups = new Map<InstanceRun, RunPair[]>()
  for (const pair of pairs) groups.set(pair.base, [...(groups.get(pair.base) ?? []), pair])
  return [...groups].map(([base, group]) => ({
    name: base.task,
    metric: base.metric,
    task: tasks.get(base.run.task.identity ?? '') ?? null,
    base: sideOf(base.name, base.judged),
    variants: group.map(({ variant }) => sideOf(variant.name, variant.judged)),
  }))
}

/** Tasks of runs that record visible tests, to look for these among the hidden ones. */
async function codeTasks(
  pairs: readonly RunPair[],
  context: TaskContext,
): Promise<{ found: Map<string, Task>; warnings: Warning[] }> {
  const found = new Map<string, Task>()
  const lacking = new Map<string, Warning>()
  for (const { run, judged, name } of pairs.flatMap(({ base, variant }) => [base, variant])) {
    const { identity } = run.task
    if (judged.facts.visibleTests.size === 0 || run.scoring !== 'execute' || identity === null) continue
    if (found.has(identity) || lacking.has(identity)) continue
    try {
      found.set(identity, await codeTaskOf(run, context))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const message = `${run.task.name}: whether the visible tests of ${name} stand among the hidden ones is not looked at, since the problems are not here.`
      lacking.set(identity, { code: 'task-not-found', message })
    }
  }
  return { found, warnings: [...lacking.values()] }
}
