// Executes a run's answers: assembles each under the asked rules, judges what has no outcome yet, appends outcomes.
// Equal programs for equal tests are executed once. What was judged before, under the same judge, is kept.
import type { Judge, Verdict } from '../schema/judge.ts'
import type { Problem, Task } from '../schema/problem.ts'
import type { Outcome, OutcomeClass, Rule, Sample } from '../schema/run.ts'
import { lockFolder } from '../store/lock.ts'
import { openOutcomes, readOutcomes, readSamples } from '../store/runFolder.ts'
import { assemble, preparePython } from '../tasks/assembly.ts'
import { sha256 } from '../util/hash.ts'

/** What is known about programs under one judge, by program hash. Shared by all runs of one command. */
export type Verdicts = Map<string, Promise<Verdict>>

export interface JudgeRunOptions {
  folder: string
  task: Task
  /**
   * The first rule is the run's own. An answer that ran out of time under it is not executed under the others: they
   * add imports and definitions and do not make a loop end, and each time-out costs the limit and its second try.
   */
  rules: readonly [Rule, ...Rule[]]
  judge: Judge
  verdicts?: Verdicts
  /** Called after each outcome that was appended. */
  onOutcome?: (outcome: Outcome) => void
}

interface Work extends Required<Omit<JudgeRunOptions, 'folder' | 'rules' | 'onOutcome'>> {
  /** Program hash and class of outcomes that stand, by `rule sample`. */
  known: Map<string, Known>
  append: (outcome: Outcome) => Promise<void>
  counts: { appended: number; executed: number }
}

interface Known {
  programHash: string
  class: OutcomeClass
}

/** Judges what is missing. Returns how many outcomes were appended and how many programs were executed. */
export async function judgeRun(options: JudgeRunOptions): Promise<{ appended: number; executed: number }> {
  const { folder, task, rules, judge, verdicts = new Map(), onOutcome } = options
  await preparePython()
  await using _lock = await lockFolder(folder)
  const known = await knownOutcomes(folder, judge.id, verdicts)
  await using writer = await openOutcomes(folder)
  const counts = { appended: 0, executed: 0 }
  const append = async (outcome: Outcome): Promise<void> => {
    await writer.append(outcome)
    counts.appended++
    onOutcome?.(outcome)
  }
  const work: Work = { task, judge, verdicts, known, append, counts }
  const open = new Set<Promise<unknown>>()
  let failure: { error: unknown } | undefined
  for await (const sample of readSamples(folder)) {
    const judging = judgeSample(sample, rules, work)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => open.delete(judging))
    open.add(judging)
    if (open.size >= judge.workers * 8) await Promise.race(open)
    if (failure) break
  }
  await Promise.all(open)
  if (failure) throw failure.error
  return counts
}

async function judgeSample(sample: Sample, rules: readonly [Rule, ...Rule[]], work: Work): Promise<void> {
  const problem = work.task.problems.get(sample.problem)
  if (!problem) return
  const [own, ...others] = rules
  if ((await judgeUnder(own, sample, problem, work)) === 'timeout') return
  await Promise.all(others.map((rule) => judgeUnder(rule, sample, problem, work)))
}

/** The outcome's class under one rule; judged and appended if it is missing. */
async function judgeUnder(rule: Rule, sample: Sample, problem: Problem, work: Work): Promise<OutcomeClass> {
  const { judge, verdicts, known, counts } = work
  const program = assembleSample(rule, sample, problem)
  const standing = known.get(`${rule} ${sample.id}`)
  if (standing?.programHash === program.hash) return standing.class
  const fresh = program.text !== null && !verdicts.has(program.hash)
  const verdict = await judgeOnce({ judge, problem, program, verdicts })
  if (fresh) counts.executed++
  await work.append({
    sample: sample.id,
    rule,
    judge: judge.id,
    programHash: program.hash,
    ...verdict,
    wall: judge.wall,
  })
  return verdict.class
}

interface Assembled {
  text: string | null
  none?: 'empty' | 'no-code'
  hash: string
}

function assembleSample(rule: Rule, sample: Sample, problem: Problem): Assembled {
  const result = assemble(rule, sample.raw, problem)
  if ('none' in result) return { text: null, none: result.none, hash: '' }
  return { text: result.program, hash: sha256(result.program, problem.test, problem.entryPoint) }
}

function judgeOnce(options: {
  judge: Judge
  problem: Problem
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

/** Outcomes that stand, by `rule sample`; their verdicts join `verdicts`. */
async function knownOutcomes(
  folder: string,
  judgeId: string,
  verdicts: Verdicts,
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>()
  for await (const outcome of readOutcomes(folder)) {
    if (outcome.judge !== judgeId || outcome.class === 'unjudged') continue
    const { sample, rule, judge: _judge, programHash, wall: _wall, ...verdict } = outcome
    known.set(`${rule} ${sample}`, { programHash, class: verdict.class })
    if (programHash !== '' && !verdicts.has(programHash)) {
      verdicts.set(programHash, Promise.resolve(verdict as Verdict))
    }
  }
  return known
}
