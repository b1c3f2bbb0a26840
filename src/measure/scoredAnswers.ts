// Scores a run's answers as they are, by the task's scorer: what has no outcome under this scorer yet. Nothing is executed and
// no model is asked: a changed scorer scores the same answers again.

import type { OutcomeClass } from '../schema/outcomes.ts'
import type { ChoiceTask, Task, TextTask } from '../schema/problem.ts'
import type { JudgeRecord, Run, Sample } from '../schema/run.ts'
import { readSamples } from '../store/runFolder.ts'
import { scoreChoice } from '../tasks/scorers/choice.ts'
import { scoreText } from '../tasks/scorers/index.ts'
import { sha256, sha256Value } from '../util/hash.ts'
import { oneLine } from '../util/text.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { hasNoAnswer, type JudgedCounts } from './outcomes.ts'

/** Raised when a scorer comes to another class for the same answer. */
const SCORERS_VERSION = 1

export interface ScoreRunOptions {
  folder: string
  run: Pick<Run, 'asked'>
  task: TextTask | ChoiceTask
  /** Where they come from while the run is being made; those in the folder where it is not given. */
  samples?: AsyncIterable<Sample>
  /** The caller has the folder's lock. */
  isLocked?: boolean
  onSample?: (found: OutcomeClass) => void
  onWait?: (folder: string, holder: string) => void
}

export type ScorerRecord = Extract<JudgeRecord, { scorer: object }>

/** What a scorer is looked up by: its options and its version. */
export function scorerRecord(task: TextTask | ChoiceTask): ScorerRecord {
  const scorer = task.kind === 'text' ? task.scorer : { kind: 'choice', normalise: task.normalise }
  return { id: sha256Value([scorer, SCORERS_VERSION]), scorer, version: SCORERS_VERSION }
}

/** What a pass means, in a word or two. */
export function metricOf(task: Task | null): string {
  return !task || task.kind === 'code' ? 'pass@1' : metricOfScorer(scorerRecord(task))
}

/** The same, of what is noted of a scorer. */
export function metricOfScorer({ scorer }: ScorerRecord): string {
  if (scorer.kind !== 'choice') return `accuracy (${scorer.kind})`
  return scorer.normalise === 'none' ? 'accuracy' : `accuracy by ${scorer.normalise}`
}

export async function scoreRun(options: ScoreRunOptions): Promise<JudgedCounts> {
  const { folder, run, task, samples = readSamples(folder), onSample } = options
  const judge = scorerRecord(task)
  await using ledger = await openLedger({ ...options, judge })
  const counts: JudgedCounts = { appended: 0, executed: 0, classes: {} }
  for await (const sample of samples) {
    if (!task.problems.has(sample.problem)) continue
    const found = hasNoAnswer(run, sample)
      ? 'unjudged'
      : await scoreSample(sample, { task, judge, ledger, counts })
    counts.classes[found] = (counts.classes[found] ?? 0) + 1
    onSample?.(found)
  }
  return counts
}

interface Work {
  task: TextTask | ChoiceTask
  judge: JudgeRecord
  ledger: Ledger
  counts: JudgedCounts
}

async function scoreSample(sample: Sample, { task, judge, ledger, counts }: Work): Promise<OutcomeClass> {
  const programHash = judgedHash(sample, task)
  const standing = (): OutcomeClass | undefined => ledger.standing('answer', sample.id, programHash)
  const known = standing()
  if (known !== undefined) return known
  await ledger.claim()
  const since = standing()
  if (since !== undefined) return since
  const startMs = performance.now()
  const { class: found, message } = scoreAnswer(sample, task)
  const wallMs = performance.now() - startMs
  const outcome = {
    sample: sample.id,
    rule: 'answer' as const,
    judge: judge.id,
    programHash,
    class: found,
    wallMs,
  }
  await ledger.append({ ...outcome, ...(message === undefined ? {} : { message }) })
  counts.appended++
  return found
}

/** The answer and what is right. */
export function judgedHash({ raw, problem, choices: scores }: Sample, task: TextTask | ChoiceTask): string {
  if (task.kind === 'text') return sha256(raw, ...task.problems.get(problem)!.targets)
  const { choices, answer } = task.problems.get(problem)!
  return sha256Value([scores, choices, answer])
}

/** What the task's scorer says of an answer. */
export function scoreAnswer(
  { raw, problem, choices: scores }: Sample,
  task: TextTask | ChoiceTask,
): { class: OutcomeClass; message?: string } {
  if (task.kind === 'text') {
    const { class: found, found: part } = scoreText(task.scorer, raw, task.problems.get(problem)!.targets)
    return { class: found, ...(part === null || part === raw.trim() ? {} : { message: oneLine(part, 160) }) }
  }
  if (!scores) return { class: 'no-answer' }
  const { choices } = task.problems.get(problem)!
  const { class: found, chosen } = scoreChoice(task, task.problems.get(problem)!, scores)
  return { class: found, message: oneLine(choices[chosen]!, 160) }
}
