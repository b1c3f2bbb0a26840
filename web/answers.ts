// Answers of a variant beside those of the side that it is compared with, problem by problem: what flipped, and in which order
// views show it. A mark is one answer beside one answer; a problem has one a repeat and training.
import { letterScore, NO_ANSWER, OUTCOME_CLASSES, OUTCOME_LETTERS, PARTIAL } from '../src/schema/outcomes.ts'
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
  const means = pairs.map(({ base, variant }) => ({
    was: meanScores(base, problems.length),
    is: meanScores(variant, problems.length),
  }))
  const byState = new Map<FlipState, Flip[]>(FLIP_STATES.map((state) => [state, []]))
  for (const [index, problem] of problems.entries()) {
    let [was, is] = [0, 0]
    // A problem counts where every pair has its scores, as in the study's effects: NaN stays NaN.
    for (const mean of means) {
      was += mean.was[index]!
      is += mean.is[index]!
    }
    const [base, variant] = [was / pairs.length, is / pairs.length]
    const state = Number.isNaN(variant - base) ? 'no-answer' : stateOf(base, variant)
    const change = state === 'no-answer' ? null : variant - base
    byState.get(state)!.push(new ProblemFlip(pairs, { problem, index, change, state }))
  }
  return FLIP_STATES.flatMap((state) => byState.get(state)!.sort(byChange))
}

/** The most changed first; equal ones in the order of the task, which they come in. */
const byChange = (a: Flip, b: Flip): number => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0)

/** Letters and marks are read when it is drawn: of many problems most never are. */
class ProblemFlip implements Flip {
  readonly problem: string
  readonly index: number
  readonly change: number | null
  readonly state: FlipState
  readonly #pairs: readonly RunPair[]

  constructor(pairs: readonly RunPair[], of: Pick<Flip, 'problem' | 'index' | 'change' | 'state'>) {
    this.#pairs = pairs
    this.problem = of.problem
    this.index = of.index
    this.change = of.change
    this.state = of.state
  }

  get base(): string {
    return this.#letters('base')
  }

  get variant(): string {
    return this.#letters('variant')
  }

  get marks(): FlipState[] {
    return this.#pairs.flatMap(({ base, variant, repeats }) =>
      Array.from({ length: repeats }, (_, repeat) =>
        stateOf(
          scoreAt(base, placeOf(base, this.index, repeat)),
          scoreAt(variant, placeOf(variant, this.index, repeat)),
        ),
      ),
    )
  }

  #letters(side: 'base' | 'variant'): string {
    return this.#pairs
      .flatMap((pair) =>
        Array.from({ length: pair.repeats }, (_, repeat) => {
          const run = pair[side]
          return run.outcomes[placeOf(run, this.index, repeat)] ?? NO_ANSWER
        }),
      )
      .join('')
  }
}

/** Place of an answer in the letters of its run; the run with fewer answers a problem begins again. */
const placeOf = ({ repeats }: ReportRun, index: number, repeat: number): number =>
  index * repeats + (repeat % repeats)

export function scoreAt({ scores, outcomes }: ReportRun, place: number): number | null {
  if (scores) return scores[place] ?? null
  return letterScore(outcomes[place] ?? NO_ANSWER)
}

/** Of each problem over its answers that have a score; NaN where none has. */
function meanScores(run: ReportRun, problems: number): Float64Array {
  const means = new Float64Array(problems)
  for (let index = 0; index < problems; index++) {
    let [sum, count] = [0, 0]
    for (let repeat = 0; repeat < run.repeats; repeat++) {
      const score = scoreAt(run, index * run.repeats + repeat)
      if (score === null) continue
      sum += score
      count += 1
    }
    means[index] = sum / count
  }
  return means
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
