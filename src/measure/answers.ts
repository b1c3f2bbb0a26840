// Scores of one run under one rule: per problem its repeats' scores, from outcomes or from recorded scores.
// Executed answers score 1 (pass) or 0; an unjudged sample has no score.
import type { OutcomeClass, Rule, Run } from '../schema/run.ts'
import { readOutcomes, readSamples } from '../store/runFolder.ts'

/** Scores of a run's samples by problem. */
export interface Scores {
  rule: Rule | null
  /** By problem: the scores of its repeats, in order of repeats. */
  byProblem: Map<string, number[]>
  /** Samples that did not pass, by class. */
  failures: Partial<Record<OutcomeClass, number>>
  /** By problem, the class of each repeat; empty where scores were recorded. */
  classes: Map<string, OutcomeClass[]>
  /** Passes that needed more wall time than half the limit, and time-outs: their outcome may be another elsewhere. */
  borderline: string[]
  unjudged: string[]
}

/** A run's samples without their texts: what comparing needs. */
export interface RunFacts {
  folder: string
  run: Run
  claims: Map<string, boolean[]>
  recorded: Map<string, number[]>
  visibleTests: Map<string, string[]>
  /** Problem of each sample by sample id. */
  problems: Map<string, string>
  emptyAnswers: number
}

/** Reads what comparing needs of a run's samples, without keeping their texts. */
export async function readRunFacts(folder: string, run: Run): Promise<RunFacts> {
  const facts: RunFacts = {
    folder,
    run,
    claims: new Map(),
    recorded: new Map(),
    visibleTests: new Map(),
    problems: new Map(),
    emptyAnswers: 0,
  }
  for await (const sample of readSamples(folder)) {
    facts.problems.set(sample.id, sample.problem)
    if (sample.claimed !== undefined) push(facts.claims, sample.problem, sample.claimed)
    if (sample.recordedScore !== undefined) push(facts.recorded, sample.problem, sample.recordedScore)
    if (sample.visibleTests) facts.visibleTests.set(sample.problem, sample.visibleTests)
    if (run.scoring === 'execute' && sample.raw.trim() === '') facts.emptyAnswers++
  }
  return facts
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
    push(scores.byProblem, problem, outcome.class === 'pass' ? 1 : 0)
    push(scores.classes, problem, outcome.class)
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
  return { rule, byProblem: new Map(), failures: {}, classes: new Map(), borderline: [], unjudged: [] }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
