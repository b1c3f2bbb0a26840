// The one sandbox judge of a study: numbers of two runs can be compared only where one judge judged both. It is one that has
// judged all answers; where there is none, as after work on two machines, what is missing is judged.
import { hasNoAnswer, judgeRun, type Verdicts } from '../../measure/outcomes.ts'
import type { Judge } from '../../schema/judge.ts'
import type { CodeTask } from '../../schema/problem.ts'
import { RULES, type Rule, type Run } from '../../schema/run.ts'
import { codeTaskOf } from '../../solve/openRuns.ts'
import type { ImportContext } from '../../solve/recorded.ts'
import { readOutcomes, readRun, readSamples } from '../../store/runFolder.ts'
import { importedRuns } from '../cells/import.ts'
import type { Plan } from '../plan.ts'

export interface JudgeOptions extends Pick<ImportContext, 'cacheFolder' | 'env'> {
  openJudge: () => Promise<Judge>
  onProgress?: (what: string, done: number, total: number) => void
  onWait?: (folder: string, holder: string) => void
}

/** A run whose answers are programs. */
interface ExecutedRun {
  folder: string
  run: Run
  /** The run's own first. */
  rules: readonly [Rule, ...Rule[]]
  task: () => Promise<CodeTask>
}

/** Id of the judge of a plan with states; null where nothing that is done was executed. */
export async function sandboxJudge(plan: Plan, options: JudgeOptions): Promise<string | null> {
  const runs = await executedRuns(plan, options)
  if (runs.length === 0) return null
  const complete = await Promise.all(runs.map(completeJudges))
  const [first, ...others] = complete as [string[], ...string[][]]
  // The last that was at work.
  const ofAll = first.findLast((id) => others.every((ids) => ids.includes(id)))
  return ofAll ?? (await judgeMissing(runs, options))
}

async function executedRuns({ cells }: Plan, { cacheFolder, env }: JudgeOptions): Promise<ExecutedRun[]> {
  const runs: ExecutedRun[] = []
  for (const { work, folder, state } of cells) {
    if (state.kind !== 'done') continue
    if (work.kind === 'run' && work.task.task.kind === 'code') {
      const { task } = work.task
      const run = await readRun(folder)
      runs.push({ folder, run, rules: [run.rule!.name], task: async () => task })
    }
    if (work.kind !== 'import') continue
    for (const place of await importedRuns(folder)) {
      const run = await readRun(place)
      if (run.scoring !== 'execute') continue
      const own = run.rule!.name
      const rules = [own, ...RULES.filter((rule) => rule !== own)] as const
      runs.push({
        folder: place,
        run,
        rules,
        task: () => codeTaskOf(run, { cacheFolder, env }, work.task?.named),
      })
    }
  }
  return runs
}

/** Judges with an outcome for every answer under the run's own rule, in the order in which they came. */
async function completeJudges({ folder, run, rules: [own] }: ExecutedRun): Promise<string[]> {
  const judged = new Map<string, Set<string>>()
  for await (const outcome of readOutcomes(folder)) {
    if (outcome.rule !== own || outcome.class === 'unjudged') continue
    const samples = judged.get(outcome.judge) ?? new Set()
    judged.set(outcome.judge, samples.add(outcome.sample))
  }
  const complete = new Map(judged)
  for await (const sample of readSamples(folder)) {
    if (hasNoAnswer(run, sample)) continue
    for (const [id, samples] of complete) if (!samples.has(sample.id)) complete.delete(id)
  }
  return [...complete.keys()]
}

async function judgeMissing(runs: readonly ExecutedRun[], options: JudgeOptions): Promise<string> {
  await using judge = await options.openJudge()
  const verdicts: Verdicts = new Map()
  for (const [i, { folder, run, rules, task }] of runs.entries()) {
    options.onProgress?.('runs judged', i, runs.length)
    const { onWait } = options
    await judgeRun({ folder, run, rules, task: await task(), judge, verdicts, ...(onWait ? { onWait } : {}) })
  }
  return judge.id
}
