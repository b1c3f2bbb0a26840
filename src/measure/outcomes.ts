// Executes a run's answers: assembles each under the asked rules, judges what has no outcome yet, appends outcomes.
// Equal programs for equal tests are executed once. What was judged before, under the same judge, is kept.
import type { Judge, Verdict } from '../schema/judge.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { CodeProblem, CodeTask } from '../schema/problem.ts'
import type { Rule, Run, Sample } from '../schema/run.ts'
import { readSamples } from '../store/runFolder.ts'
import { assemble, preparePython } from '../tasks/assembly.ts'
import { sha256 } from '../util/hash.ts'
import { inParallel } from '../util/parallel.ts'
import { type Ledger, openLedger } from './ledger.ts'

/** What is known about programs under one judge, by program hash. Shared by all runs of one command. */
export type Verdicts = Map<string, Promise<Verdict>>

export interface JudgeRunOptions {
  folder: string
  run: Pick<Run, 'asked'>
  task: CodeTask
  /** Where they come from while the run is being made; those in the folder where it is not given. */
  samples?: AsyncIterable<Sample>
  /** The caller has the folder's lock. */
  isLocked?: boolean
  /**
   * The first rule is the run's own. An answer that ran out of time under it is not executed under the others: they
   * add imports and definitions and do not make a loop end, and each time-out costs the limit and its second try.
   */
  rules: readonly [Rule, ...Rule[]]
  judge: Judge
  verdicts?: Verdicts
  /** Called when a sample has its outcomes, with the class under the first rule. */
  onSample?: (found: OutcomeClass) => void
  /** Called once if another process is writing to the folder. */
  onWait?: (folder: string, holder: string) => void
}

interface Work extends Required<Pick<JudgeRunOptions, 'run' | 'task' | 'judge' | 'verdicts'>> {
  ledger: Ledger
  counts: JudgedCounts
}

export interface JudgedCounts {
  appended: number
  /** Programs that were run, equal ones once. */
  executed: number
  /** Standing outcomes under the first rule, by class. */
  classes: Partial<Record<OutcomeClass, number>>
}

/** Programs that wait or run, for each worker of a judge. */
export const OPEN_PER_WORKER = 8

/** Judges what is missing. A run folder that lacks nothing is only read. */
export async function judgeRun(options: JudgeRunOptions): Promise<JudgedCounts> {
  const { folder, run, task, rules, judge, verdicts = new Map(), samples = readSamples(folder) } = options
  await preparePython()
  const { id, backend, mode, limits } = judge
  await using ledger = await openLedger({ ...options, judge: { id, backend, mode, limits }, verdicts })
  const counts: JudgedCounts = { appended: 0, executed: 0, classes: {} }
  const work: Work = { run, task, judge, verdicts, ledger, counts }
  await inParallel(samples, judge.workers * OPEN_PER_WORKER, async (sample) => {
    const found = await judgeSample(sample, rules, work)
    if (found) options.onSample?.(found)
  })
  return counts
}

/** The class under the first rule; undefined for a problem that the task has not. */
async function judgeSample(
  sample: Sample,
  rules: readonly [Rule, ...Rule[]],
  work: Work,
): Promise<OutcomeClass | undefined> {
  const problem = work.task.problems.get(sample.problem)
  if (!problem) return undefined
  const [own, ...others] = rules
  const { classes } = work.counts
  if (hasNoAnswer(work.run, sample)) {
    classes.unjudged = (classes.unjudged ?? 0) + 1
    return 'unjudged'
  }
  const found = await judgeUnder(own, sample, problem, work)
  classes[found] = (classes[found] ?? 0) + 1
  if (found !== 'timeout') await Promise.all(others.map((rule) => judgeUnder(rule, sample, problem, work)))
  return found
}

/** The model was not asked, or could not be: nothing is known of what it would have said. */
export const hasNoAnswer = ({ asked }: Pick<Run, 'asked'>, { error }: Sample): boolean =>
  asked !== null && error !== undefined

/** The outcome's class under one rule; judged and appended if it is missing. */
async function judgeUnder(
  rule: Rule,
  sample: Sample,
  problem: CodeProblem,
  work: Work,
): Promise<OutcomeClass> {
  const { judge, verdicts, ledger, counts } = work
  const program = assembleSample(rule, sample, problem)
  const standing = (): OutcomeClass | undefined => ledger.standing(rule, sample.id, program.hash)
  const known = standing()
  if (known !== undefined) return known
  // Another process may have judged it before this one got the folder's lock.
  await ledger.claim()
  const since = standing()
  if (since !== undefined) return since
  const fresh = program.text !== null && !verdicts.has(program.hash)
  const verdict = await judgeOnce({ judge, problem, program, verdicts })
  if (fresh) counts.executed++
  const key = { sample: sample.id, rule, judge: judge.id, programHash: program.hash }
  await ledger.append({ ...key, ...verdict, wall: judge.wall })
  counts.appended++
  return verdict.class
}

interface Assembled {
  text: string | null
  none?: 'empty' | 'no-code'
  hash: string
}

/** The program that a rule makes of an answer, with the hash of it and of the problem's tests. */
export function assembleSample(rule: Rule, sample: Sample, problem: CodeProblem): Assembled {
  const result = assemble(rule, sample.raw, problem)
  if ('none' in result) return { text: null, none: result.none, hash: '' }
  const { prompt, test, entryPoint } = problem
  return { text: result.program, hash: sha256(result.program, prompt, test, entryPoint) }
}

/** Equal programs for equal tests are executed once. */
export function judgeOnce(options: {
  judge: Judge
  problem: CodeProblem
  program: Assembled
  verdicts: Verdicts
}): Promise<Verdict> {
  const { judge, problem, program, verdicts } = options
  if (program.text === null) return Promise.resolve({ class: program.none!, wallMs: 0 })
  const earlier = verdicts.get(program.hash)
  if (earlier) return earlier
  const verdict = judge.judge(program.text, problem).then(({ output: _, ...kept }) => kept)
  verdicts.set(program.hash, verdict)
  return verdict
}
