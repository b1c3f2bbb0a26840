// From what the user named (run folders or logs) to a comparison report: opens the runs, pairs them by task, judges
// what has no outcome yet under one judge for all sides, and compares.
import { answerScores, executedScores, readRunFacts, recordedScores } from '../measure/answers.ts'
import { compareSides } from '../measure/compare.ts'
import { judgeRun, type Verdicts } from '../measure/outcomes.ts'
import { requireSameProtocol } from '../measure/protocol.ts'
import { metricOf, scoreRun, scorerRecord } from '../measure/scoredAnswers.ts'
import type { Side, TaskSides } from '../measure/side.ts'
import type { ComparisonReport, Warning } from '../schema/comparison.ts'
import type { Judge } from '../schema/judge.ts'
import { RULES, type Rule, type Run, samplesOf } from '../schema/run.ts'
import { codeTaskOf, openRuns, scoredTaskOf } from '../solve/openRuns.ts'
import type { ImportContext, ImportOptions, StoredRun } from '../solve/recorded.ts'
import { isRunFolder } from '../store/runFolder.ts'
import { UserError } from '../util/errors.ts'
import { type JudgedRun, sharedTasks, sideOf, taskKey, taskName } from './pairRuns.ts'

export interface CompareRunsOptions extends ImportContext {
  base: string
  variants: readonly string[]
  /** How logs that are named directly are imported. */
  import?: ImportOptions
  /** Half-width of the equivalence band in percentage points. */
  marginPoints?: number
  /** Score both sides under this rule alone, instead of each under its format's default. */
  rule?: Rule
  /** Compare although known protocol keys differ. */
  across?: boolean
  /** Opens the one judge of this comparison; called only if answers are executed. */
  openJudge: () => Promise<Judge>
  /** Called when a sample has its outcomes, with the number of samples of all sides. */
  onSample?: (total: number) => void
  /** Called once for a run folder that another process is writing to. */
  onWait?: (folder: string, holder: string) => void
}

export interface ComparedRuns {
  report: ComparisonReport
  runs: StoredRun[]
}

/** Compares; judges what is missing and leaves the outcomes in the run folders. */
export async function compareRuns(options: CompareRunsOptions): Promise<ComparedRuns> {
  const paths = [options.base, ...options.variants]
  const sides: StoredRun[][] = []
  for (const path of paths) sides.push(await openRuns(path, options.import ?? {}, options))
  await refuseIdleFlags(paths, options.import ?? {})
  const names = distinctNames(sides, paths)
  const tasks = pairTasks(sides)
  if (!options.across) {
    for (const [base, ...variants] of tasks)
      for (const variant of variants) requireSameProtocol(base!.run, variant.run)
  }
  const executes = tasks.some((runs) => runs.some((run) => run.run.scoring === 'execute'))
  await using judge = executes ? await options.openJudge() : null
  const judged = await judgeAll(tasks, judge, options)
  const inputs = tasks.map((runs) => taskSides(runs, names, judged))
  const margin = options.marginPoints === undefined ? null : options.marginPoints / 100
  const report = compareSides(inputs, margin)
  report.warnings.unshift(...unsharedTasks(sides, tasks))
  return { report, runs: sides.flat() }
}

/** Flags that say how a log is read mean nothing where no log is read. */
async function refuseIdleFlags(
  paths: readonly string[],
  { task: _, ...flags }: ImportOptions,
): Promise<void> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  const isLog = await Promise.all(paths.map(async (path) => !(await isRunFolder(path))))
  if (given.length === 0 || isLog.includes(true)) return
  throw new UserError(
    `--${given[0]![0]} says how a log is read, and ${paths.join(' and ')} are run folders`,
    {
      hint: 'leave it out, or name the log files',
    },
  )
}

function pairTasks(sides: StoredRun[][]): StoredRun[][] {
  // One run on each side: they are compared, whatever their logs call the task.
  if (sides.every((runs) => runs.length === 1)) return [sides.flat()]
  for (const runs of sides) refuseTwice(runs)
  const paired = sharedTasks(sides)
  if (paired.length > 0) return paired
  const list = (runs: StoredRun[]): string => [...new Set(runs.map(taskName))].join(', ')
  throw new UserError(`no task is on both sides: ${list(sides[0]!)} and ${list(sides.slice(1).flat())}`, {
    hint: 'compare logs of the same task',
  })
}

function refuseTwice(runs: readonly StoredRun[]): void {
  const keys = runs.map(taskKey)
  for (const [i, key] of keys.entries()) {
    const first = runs[keys.indexOf(key)]!
    if (first === runs[i]) continue
    throw new UserError(
      `one side has two runs of ${taskName(first)}: ${first.folder} and ${runs[i]!.folder}`,
      { hint: 'name one of them' },
    )
  }
}

/** Runs that were left out since the other side, or another variant, lacks their task. */
function unsharedTasks(sides: StoredRun[][], tasks: StoredRun[][]): Warning[] {
  const used = new Set(tasks.flat())
  const left = sides.flat().filter((run) => !used.has(run))
  const warnings: Warning[] = []
  if (left.length > 0) {
    const names = [...new Set(left.map((run) => `${taskName(run)} (${run.run.name})`))].join(', ')
    warnings.push({ code: 'task-on-one-side', message: `Left out, since only one side has it: ${names}.` })
  }
  const lacking = tasks.filter((runs) => runs.length < sides.length).map((runs) => taskName(runs[0]!))
  if (lacking.length > 0) {
    warnings.push({ code: 'task-on-one-side', message: `Not every variant has ${lacking.join(', ')}.` })
  }
  return warnings
}

/** The name that a run bears in the report; runs that would share one are told apart by their paths. */
function distinctNames(sides: StoredRun[][], paths: string[]): Map<StoredRun, string> {
  const names = new Map<StoredRun, string>()
  const sidesByName = new Map<string, Set<number>>()
  for (const [i, runs] of sides.entries()) {
    for (const { run } of runs) sidesByName.set(run.name, (sidesByName.get(run.name) ?? new Set()).add(i))
  }
  for (const [i, runs] of sides.entries()) {
    for (const run of runs) names.set(run, sidesByName.get(run.run.name)!.size > 1 ? paths[i]! : run.run.name)
  }
  return names
}

async function judgeAll(
  tasks: StoredRun[][],
  judge: Judge | null,
  options: CompareRunsOptions,
): Promise<Map<StoredRun, JudgedRun>> {
  const runs = [...new Set(tasks.flat())]
  const rulesOf = ({ rule }: Run): [Rule, ...Rule[]] => {
    if (options.rule) return [options.rule]
    const own = rule!.name
    return [own, ...RULES.filter((other) => other !== own)]
  }
  const executed = runs.filter(({ run }) => run.scoring === 'execute')
  const total = executed.reduce((sum, { run }) => sum + samplesOf(run), 0)
  const verdicts: Verdicts = new Map()
  const judged = new Map<StoredRun, JudgedRun>()
  for (const stored of runs) {
    const facts = await readRunFacts(stored.folder, stored.run)
    if (stored.run.scoring === 'recorded') {
      judged.set(stored, { facts, task: null, scores: recordedScores(facts), byRule: null, rule: null })
      continue
    }
    if (stored.run.scoring === 'answer' || judge === null) {
      // One scorer for all sides: the one that the task has now.
      const task = await scoredTaskOf(stored.run, options, options.import?.task)
      await scoreRun({ ...stored, task, ...(options.onWait ? { onWait: options.onWait } : {}) })
      const scores = await answerScores(facts, scorerRecord(task).id)
      judged.set(stored, { facts, task, scores, byRule: null, rule: null })
      continue
    }
    const task = await codeTaskOf(stored.run, options, options.import?.task)
    const rules = rulesOf(stored.run)
    await judgeRun({
      ...stored,
      task,
      rules,
      judge,
      verdicts,
      onSample: () => options.onSample?.(total),
      ...(options.onWait ? { onWait: options.onWait } : {}),
    })
    const byRule = await executedScores(facts, { rules, judgeId: judge.id, wallLimitMs: judge.limits.wallMs })
    judged.set(stored, { facts, task, scores: null, byRule, rule: options.rule ?? stored.run.rule!.name })
  }
  return judged
}

function taskSides(
  runs: StoredRun[],
  names: Map<StoredRun, string>,
  judged: Map<StoredRun, JudgedRun>,
): TaskSides {
  const side = (stored: StoredRun): Side => sideOf(names.get(stored)!, judged.get(stored)!)
  const [base, ...variants] = runs as [StoredRun, ...StoredRun[]]
  return {
    name: taskName(base),
    metric: base.run.metric ?? metricOf(judged.get(base)!.task),
    task: judged.get(base)!.task,
    base: side(base),
    variants: variants.map(side),
  }
}
