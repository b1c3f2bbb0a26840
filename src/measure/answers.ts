// Scores of one run under one rule: per problem its repeats' scores, from outcomes or from recorded scores.
// Executed answers score 1 (pass) or 0; an unjudged sample has no score.
import type { OutcomeClass, Rule, Run, Sample } from '../schema/run.ts'
import { readOutcomes, readSamples } from '../store/runFolder.ts'
import { UserError } from '../util/errors.ts'
import { sha256 } from '../util/hash.ts'
import { plural } from '../util/text.ts'

/** Scores of a run's samples by problem. */
export interface Scores {
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
  }
  for await (const sample of readSamples(folder)) {
    facts.problems.set(sample.id, sample.problem)
    if (sample.claimed !== undefined) facts.claims.set(sample.id, sample.claimed)
    if (sample.recordedScore !== undefined) push(facts.recorded, sample.problem, unitScore(sample, run))
    if (sample.visibleTests) facts.visibleTests.set(sample.problem, sample.visibleTests)
    if (run.scoring === 'execute' && sample.raw.trim() === '') facts.emptyAnswers++
    texts.set(sample.id, sha256(sample.raw).slice(0, 16))
  }
  const { size } = facts.problems
  if (size === run.import.samples) return facts
  throw new UserError(`${folder} holds ${plural(size, 'answer')}, and ${run.import.samples} were imported`, {
    hint: 'the folder was cut or copied in part: import the log again',
  })
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
  const last = new Map<Rule, Map<string, Seen>>(options.rules.map((rule) => [rule, new Map()]))
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

function scoresOf(facts: RunFacts, rule: Rule, outcomeOf: (id: string) => Seen | undefined): Scores {
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
