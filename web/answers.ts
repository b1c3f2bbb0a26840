// Answers of a variant beside those of the side that it is compared with, problem by problem: what flipped, and in which order
// views show it. A mark is one answer beside one answer; a problem has one a repeat and training.
import { letterOf, NO_ANSWER, OUTCOME_CLASSES, OUTCOME_LETTERS, PARTIAL } from '../src/schema/outcomes.ts'
import type { ReportRun, ReportTask, StudyReport } from '../src/schema/report.ts'
import type { Instance, PairResult } from '../src/schema/results.ts'
import { isSame } from './sides.ts'

/** `partly`: nothing changed in the mean, and it is neither all passed nor all failed. */
export type FlipState = 'broken' | 'fixed' | 'partly' | 'both-fail' | 'both-pass' | 'no-answer'

/** In the order of the grid. */
export const FLIP_STATES: readonly FlipState[] = [
  'broken',
  'fixed',
  'partly',
  'both-fail',
  'both-pass',
  'no-answer',
]

/** What a mark of a problem stands for: an answer of a training beside the base's. */
export interface FlipColumn {
  variant: Instance
  base: Instance
  /** Among the answers of this training; a run with fewer answers a problem than the other one begins again. */
  repeat: number
}

export interface Flip {
  problem: string
  /** Its place in the task. */
  index: number
  /** A letter a column (schema/outcomes.ts). */
  base: string
  variant: string
  /** A state a column. */
  marks: readonly FlipState[]
  /** Variant's mean score less the base's; null where one of them has none. */
  change: number | null
  state: FlipState
}

/** Sides that are compared with another on this task, in the order of the study. */
export function variantsOn({ results }: StudyReport, task: string): string[] {
  const paired = new Set(results.pairs.filter((pair) => pair.task === task).map(({ side }) => side))
  return results.asked.sides.map(({ name }) => name).filter((name) => paired.has(name))
}

/** Tasks with a pair of runs. */
export const pairedTasks = (study: StudyReport): ReportTask[] =>
  study.tasks.filter(({ name }) => variantsOn(study, name).length > 0)

/** Pairs of runs of a variant on a task; of all its trainings where the seed is null. */
export function pairsOf(study: StudyReport, task: string, { side, seed }: Instance): PairResult[] {
  return study.results.pairs.filter(
    (pair) => pair.task === task && pair.side === side && (seed === null || pair.seed === seed),
  )
}

export function runOf(study: StudyReport, task: string, instance: Instance): ReportRun | undefined {
  return study.runs.find((run) => run.task === task && isSame(run, instance))
}

interface RunPair {
  base: ReportRun
  variant: ReportRun
  repeats: number
}

function runPairs(study: StudyReport, task: string, instance: Instance): RunPair[] {
  return pairsOf(study, task, instance).flatMap((pair) => {
    const [base, variant] = [runOf(study, task, pair.against), runOf(study, task, pair)]
    if (!base || !variant) return []
    return [{ base, variant, repeats: Math.max(base.repeats, variant.repeats) }]
  })
}

export function flipColumns(study: StudyReport, task: string, instance: Instance): FlipColumn[] {
  return runPairs(study, task, instance).flatMap(({ base, variant, repeats }) =>
    Array.from({ length: repeats }, (_, repeat) => ({
      variant: { side: variant.side, seed: variant.seed },
      base: { side: base.side, seed: base.seed },
      repeat,
    })),
  )
}

const known = new WeakMap<StudyReport, Map<string, readonly Flip[]>>()

/**
 * Every problem of a task with what became of it: what the variant broke first, the most at the top, what it fixed, then
 * what it left as it was. All trainings of a side where the seed is null.
 */
export function flipsOf(study: StudyReport, task: string, instance: Instance): readonly Flip[] {
  const kept = known.get(study) ?? new Map<string, readonly Flip[]>()
  known.set(study, kept)
  const key = JSON.stringify([task, instance.side, instance.seed])
  const found = kept.get(key) ?? sortedFlips(study, task, instance)
  kept.set(key, found)
  return found
}

function sortedFlips(study: StudyReport, task: string, instance: Instance): Flip[] {
  const problems = study.tasks.find(({ name }) => name === task)?.problems ?? []
  const pairs = runPairs(study, task, instance)
  if (pairs.length === 0) return []
  const flips = problems.map((problem, index) => flipOf(pairs, problem, index))
  return FLIP_STATES.flatMap((state) => flips.filter((flip) => flip.state === state).sort(byChange))
}

/** The most changed first; equal ones in the order of the task, which they come in. */
const byChange = (a: Flip, b: Flip): number => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0)

function flipOf(pairs: readonly RunPair[], problem: string, index: number): Flip {
  let [base, variant] = ['', '']
  const marks: FlipState[] = []
  let [scored, was, is] = [0, 0, 0]
  for (const pair of pairs) {
    for (let repeat = 0; repeat < pair.repeats; repeat++) {
      const [b, v] = [placeOf(pair.base, index, repeat), placeOf(pair.variant, index, repeat)]
      base += pair.base.outcomes[b] ?? NO_ANSWER
      variant += pair.variant.outcomes[v] ?? NO_ANSWER
      marks.push(stateOf(scoreAt(pair.base, b), scoreAt(pair.variant, v)))
    }
    const [own, other] = [meanScore(pair.variant, index), meanScore(pair.base, index)]
    if (own === null || other === null) continue
    scored += 1
    was += other
    is += own
  }
  // A problem counts where every pair has its scores, as in the study's effects.
  if (scored < pairs.length) {
    return { problem, index, base, variant, marks, change: null, state: 'no-answer' }
  }
  const state = stateOf(was / scored, is / scored)
  return { problem, index, base, variant, marks, change: (is - was) / scored, state }
}

/** Place of an answer in the letters of its run; the run with fewer answers a problem begins again. */
const placeOf = ({ repeats }: ReportRun, index: number, repeat: number): number =>
  index * repeats + (repeat % repeats)

const PASS = letterOf('pass')
const UNJUDGED = letterOf('unjudged')

function scoreAt({ scores, outcomes }: ReportRun, place: number): number | null {
  if (scores) return scores[place] ?? null
  const letter = outcomes[place] ?? NO_ANSWER
  if (letter === NO_ANSWER || letter === UNJUDGED) return null
  return letter === PASS ? 1 : 0
}

function meanScore(run: ReportRun, index: number): number | null {
  let [sum, count] = [0, 0]
  for (let repeat = 0; repeat < run.repeats; repeat++) {
    const score = scoreAt(run, index * run.repeats + repeat)
    if (score === null) continue
    sum += score
    count += 1
  }
  return count === 0 ? null : sum / count
}

/** Means of equal scores in another order may differ by this much. */
const ROUNDING = 1e-12

function stateOf(base: number | null, variant: number | null): FlipState {
  if (base === null || variant === null) return 'no-answer'
  if (variant < base - ROUNDING) return 'broken'
  if (variant > base + ROUNDING) return 'fixed'
  return base === 1 ? 'both-pass' : base === 0 ? 'both-fail' : 'partly'
}

/** What a letter of an answer means: its outcome class, `partly right` or `no answer`. */
export function wordOf(letter: string): string {
  if (letter === PARTIAL) return 'partly right'
  return OUTCOME_CLASSES[OUTCOME_LETTERS.indexOf(letter)] ?? 'no answer'
}

/** The first problem that the variant broke. */
export const firstBroken = (flips: readonly Flip[]): Flip | undefined =>
  flips.find(({ state }) => state === 'broken')

/** Of a problem's marks the one to look at first: the one that shows what became of it. */
export function tellingMark({ marks, state }: Flip): number {
  return Math.max(0, marks.indexOf(state))
}
