// Judges a run's answers again, in memory: the run folder is only read. Says which outcomes come out otherwise.
import type { Judge } from '../schema/judge.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { ChoiceTask, CodeTask, TextTask } from '../schema/problem.ts'
import type { Outcome, OutcomeRule, Rule, Run, Sample } from '../schema/run.ts'
import { readOutcomes, readSamples } from '../store/runFolder.ts'
import { preparePython } from '../tasks/assembly.ts'
import { inParallel } from '../util/parallel.ts'
import { assembleSample, hasNoAnswer, judgeOnce, OPEN_PER_WORKER, type Verdicts } from './outcomes.ts'
import { judgedHash, scoreAnswer } from './scoredAnswers.ts'

export interface JudgedAgain {
  sample: string
  rule: OutcomeRule
  /** Null: there is no outcome. */
  stored: OutcomeClass | null
  now: OutcomeClass
  /** False: the stored outcome is of another program or answer than the recorded one. */
  isSameProgram: boolean
}

export interface RejudgedRun {
  outcomes: number
  changed: JudgedAgain[]
}

export interface RejudgeOptions {
  folder: string
  run: Pick<Run, 'asked' | 'rule'>
  /** Whose outcomes are looked at. */
  judgeId: string
  onSample?: () => void
}

export interface ExecuteAgainOptions extends RejudgeOptions {
  task: CodeTask
  judge: Judge
  /** Shared by runs: equal programs are executed once. */
  verdicts: Verdicts
}

/** Executes programs again: under the run's own rule all, under others those that have an outcome. */
export async function executeAgain(options: ExecuteAgainOptions): Promise<RejudgedRun> {
  const { folder, run, task, judge, verdicts, judgeId, onSample } = options
  await preparePython()
  const standing = await standingOutcomes(folder, judgeId)
  const judged: RejudgedRun = { outcomes: 0, changed: [] }
  const again = async (sample: Sample, rule: Rule): Promise<void> => {
    const problem = task.problems.get(sample.problem)!
    const program = assembleSample(rule, sample, problem)
    const verdict = await judgeOnce({ judge, problem, program, verdicts })
    note(judged, { sample, rule, now: verdict.class, hash: program.hash, stored: standing.get(rule, sample) })
  }
  await inParallel(readSamples(folder), judge.workers * OPEN_PER_WORKER, async (sample) => {
    if (!task.problems.has(sample.problem) || hasNoAnswer(run, sample)) return
    await Promise.all(rulesOf(sample, run, standing).map((rule) => again(sample, rule)))
    onSample?.()
  })
  return judged
}

export interface ScoreAgainOptions extends RejudgeOptions {
  task: TextTask | ChoiceTask
}

/** Scores answers again by the task's scorer. */
export async function scoreAgain(options: ScoreAgainOptions): Promise<RejudgedRun> {
  const { folder, run, task, judgeId, onSample } = options
  const standing = await standingOutcomes(folder, judgeId)
  const judged: RejudgedRun = { outcomes: 0, changed: [] }
  for await (const sample of readSamples(folder)) {
    if (!task.problems.has(sample.problem) || hasNoAnswer(run, sample)) continue
    const { class: now } = scoreAnswer(sample, task)
    const hash = judgedHash(sample, task)
    note(judged, { sample, rule: 'answer', now, hash, stored: standing.get('answer', sample) })
    onSample?.()
  }
  return judged
}

type Stored = Pick<Outcome, 'class' | 'programHash'> | undefined

function note(
  judged: RejudgedRun,
  {
    sample,
    rule,
    now,
    hash,
    stored,
  }: {
    sample: Sample
    rule: OutcomeRule
    now: OutcomeClass
    hash: string
    stored: Stored
  },
): void {
  judged.outcomes++
  const isSameProgram = stored === undefined || stored.programHash === hash
  if (stored?.class === now && isSameProgram) return
  judged.changed.push({ sample: sample.id, rule, stored: stored?.class ?? null, now, isSameProgram })
}

interface Standing {
  rules: ReadonlySet<OutcomeRule>
  get(rule: OutcomeRule, sample: Sample): Stored
}

/** On equal keys the last outcome wins. */
async function standingOutcomes(folder: string, judgeId: string): Promise<Standing> {
  const known = new Map<string, Stored>()
  const rules = new Set<OutcomeRule>()
  for await (const { judge, rule, sample, class: found, programHash } of readOutcomes(folder)) {
    if (judge !== judgeId) continue
    rules.add(rule)
    known.set(`${rule} ${sample}`, { class: found, programHash })
  }
  return { rules, get: (rule, { id }) => known.get(`${rule} ${id}`) }
}

function rulesOf(sample: Sample, run: RejudgeOptions['run'], standing: Standing): Rule[] {
  const own = run.rule!.name
  const others = [...standing.rules].filter(
    (rule) => rule !== own && rule !== 'answer' && standing.get(rule, sample) !== undefined,
  )
  return [own, ...(others as Rule[])]
}
