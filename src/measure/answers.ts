// Scores of one run under one rule: per problem its repeats' scores, from outcomes or from recorded scores.
// Executed answers score 1 (pass) or 0; an unjudged sample has no score.
import type { Absent, Estimate } from '../schema/estimate.ts'
import type { Liveness } from '../schema/live.ts'
import type { OutcomeClass } from '../schema/outcomes.ts'
import { type OutcomeRule, type Rule, type Run, type Sample, samplesOf } from '../schema/run.ts'
import { boundedMeanEstimate, rateEstimate } from '../stats/index.ts'
import { findLive } from '../store/liveFile.ts'
import { readOutcomes, readSamples } from '../store/runFolder.ts'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { plural } from '../util/text.ts'
import { byId, isBinary, mean } from './pairs.ts'

/** Scores of a run's samples by problem. */
export interface Scores {
  /** Null where nothing was assembled. */
  rule: Rule | null
  /** By problem: the scores of its repeats, in order of repeats. */
  byProblem: Map<string, number[]>
  /** Samples that did not pass, by class. */
  failures: Partial<Record<OutcomeClass, number>>
  /** Score of each sample, by its id; empty where scores were recorded. */
  bySample: Map<string, number>
  /** Passes that needed more wall time than half the limit, and time-outs: their outcome may be another elsewhere. */
  borderline: string[]
  unjudged: string[]
}

/** A run's samples without their texts: what comparing needs. */
export interface RunFacts {
  folder: string
  run: Run
  /** What the log claims of a sample, by its id. */
  claims: Map<string, boolean>
  recorded: Map<string, number[]>
  visibleTests: Map<string, string[]>
  /** Problem of each sample by sample id. */
  problems: Map<string, string>
  emptyAnswers: number
  /** Short hash of each raw answer, by sample id. */
  texts: ReadonlyMap<string, string>
  /** What the check against the model's base found, where one was made. */
  live?: Liveness | Absent | undefined
}

/** Reads what comparing needs of a run's samples, without keeping their texts. */
export async function readRunFacts(folder: string, run: Run): Promise<RunFacts> {
  const texts = new Map<string, string>()
  const facts: RunFacts = {
    folder,
    run,
    claims: new Map(),
    recorded: new Map(),
    visibleTests: new Map(),
    problems: new Map(),
    emptyAnswers: 0,
    texts,
    live: await findLive(folder),
  }
  for await (const sample of inOrderOfAsking(folder, run)) {
    facts.problems.set(sample.id, sample.problem)
    if (sample.claimed !== undefined) facts.claims.set(sample.id, sample.claimed)
    if (sample.recordedScore !== undefined) push(facts.recorded, sample.problem, unitScore(sample, run))
    if (sample.visibleTests) facts.visibleTests.set(sample.problem, sample.visibleTests)
    if (run.scoring === 'execute' && sample.raw.trim() === '') facts.emptyAnswers++
    // Of choices the same one may be taken with other probabilities.
    const answer = sample.choices ? JSON.stringify(sample.choices) : sample.raw
    texts.set(sample.id, sha256(answer).slice(0, 16))
  }
  const { size } = facts.problems
  const expected = samplesOf(run)
  if (size === expected) return facts
  const what = run.import ? 'were imported' : 'were asked for'
  throw new UserError(`${folder} holds ${plural(size, 'answer')}, and ${expected} ${what}`, {
    hint: run.import
      ? 'the folder was cut or copied in part: import the log again'
      : 'the run was stopped: the same tunediff eval goes on',
  })
}

/** Answers that are made here stand in the folder as they came; a run that was stopped and went on must read the same. */
async function* inOrderOfAsking(folder: string, run: Run): AsyncGenerator<Sample> {
  if (!run.asked) return yield* readSamples(folder)
  const samples: Sample[] = []
  for await (const sample of readSamples(folder)) samples.push(sample)
  yield* samples.sort((a, b) => byId(a.problem, b.problem) || a.repeat - b.repeat)
}

/** A recorded score, which must lie in [0, 1]: rates, intervals and points mean nothing on another scale. */
function unitScore({ id, recordedScore }: Sample, run: Run): number {
  if (recordedScore! >= 0 && recordedScore! <= 1) return recordedScore!
  throw new UserError(
    `${run.name}: the score ${run.metric} of ${id} is ${recordedScore}, and scores go from 0 to 1`,
    {
      hint: 'divide the scores by the largest possible one, or name another column or metric with --score',
    },
  )
}

/**
 * Scores under each of `rules` (the run's own first) from the outcomes of `judgeId`. On equal keys the last outcome
 * wins. An answer that ran out of time under the run's own rule counts so under the others, where it is not executed.
 */
export async function executedScores(
  facts: RunFacts,
  options: { rules: readonly [Rule, ...Rule[]]; judgeId: string; wallLimitMs: number },
): Promise<Map<Rule, Scores>> {
  const last = new Map<OutcomeRule, Map<string, Seen>>(options.rules.map((rule) => [rule, new Map()]))
  for await (const outcome of readOutcomes(facts.folder)) {
    if (outcome.judge !== options.judgeId) continue
    const slow = outcome.class === 'timeout' || outcome.wallMs > options.wallLimitMs / 2
    last.get(outcome.rule)?.set(outcome.sample, seen(outcome.class, slow))
  }
  const own = last.get(options.rules[0])!
  const outcomeOf = (rule: Rule, id: string): Seen | undefined =>
    last.get(rule)!.get(id) ?? (own.get(id)?.class === 'timeout' ? own.get(id) : undefined)
  return new Map(options.rules.map((rule) => [rule, scoresOf(facts, rule, (id) => outcomeOf(rule, id))]))
}

interface Seen {
  class: OutcomeClass
  borderline: boolean
}

// A hundred thousand samples share these few objects.
const SEEN = new Map<string, Seen>()
function seen(outcomeClass: OutcomeClass, borderline: boolean): Seen {
  const key = `${outcomeClass} ${borderline}`
  let shared = SEEN.get(key)
  if (!shared) {
    shared = { class: outcomeClass, borderline }
    SEEN.set(key, shared)
  }
  return shared
}

function scoresOf(facts: RunFacts, rule: Rule | null, outcomeOf: (id: string) => Seen | undefined): Scores {
  const scores = emptyScores(rule)
  for (const [id, problem] of facts.problems) {
    const outcome = outcomeOf(id)
    if (outcome === undefined || outcome.class === 'unjudged') {
      scores.unjudged.push(id)
      continue
    }
    const score = outcome.class === 'pass' ? 1 : 0
    push(scores.byProblem, problem, score)
    scores.bySample.set(id, score)
    if (outcome.borderline) scores.borderline.push(id)
    if (outcome.class !== 'pass') scores.failures[outcome.class] = (scores.failures[outcome.class] ?? 0) + 1
  }
  return scores
}

/** Scores by the task's scorer, from the outcomes of `judgeId`. */
export async function answerScores(facts: RunFacts, judgeId: string): Promise<Scores> {
  const last = new Map<string, Seen>()
  for await (const outcome of readOutcomes(facts.folder)) {
    if (outcome.judge === judgeId && outcome.rule === 'answer')
      last.set(outcome.sample, seen(outcome.class, false))
  }
  return scoresOf(facts, null, (id) => last.get(id))
}

/** Problems passed (null where there is more than one bit a problem) and the mean of problem means, with its interval. */
export function rateOf(byProblem: Scores['byProblem']): { passed: number | null; rate: Estimate } {
  const means = [...byProblem.values()].map(mean)
  if (!isBinary(byProblem)) return { passed: null, rate: boundedMeanEstimate(means) }
  const passed = means.filter((score) => score === 1).length
  return { passed, rate: rateEstimate(passed, means.length) }
}

/** Scores as the log recorded them. */
export function recordedScores(facts: RunFacts): Scores {
  return { ...emptyScores(null), byProblem: facts.recorded }
}

function emptyScores(rule: Rule | null): Scores {
  return { rule, byProblem: new Map(), failures: {}, bySample: new Map(), borderline: [], unjudged: [] }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
