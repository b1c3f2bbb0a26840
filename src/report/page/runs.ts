// The runs of a study as the report has them: a letter an answer, and where each answer's rows lie. Which runs there are, and
// what counts in them, results.json says.

import { dirname, join } from 'node:path'
import { inOrder, type ProblemScores } from '../../measure/pairs.ts'
import { callSchema } from '../../schema/call.ts'
import { letterOf, letterScore, NO_ANSWER, PARTIAL } from '../../schema/outcomes.ts'
import type { ReportRun } from '../../schema/report.ts'
import type { Results, ScoreResult } from '../../schema/results.ts'
import { outcomeRuleSchema, outcomeSchema, type Run, sampleId, sampleSchema } from '../../schema/run.ts'
import { shownName } from '../../schema/sideNames.ts'
import { readRun } from '../../store/runFolder.ts'
import type { OnProgress } from '../../util/progress.ts'
import { type Carried, placedRows } from './rows.ts'

/** A run of the report with what its leaderboard is made of. */
export interface ReadRun {
  report: ReportRun
  run: Run
  /** As the study's pairs call the instance. */
  name: string
  score: ScoreResult
}

/** All runs of a task, in the order of the results. */
export interface TaskRuns {
  task: string
  metric: string
  /** Ids, as people count them. */
  problems: readonly string[]
  runs: readonly ReadRun[]
}

/** Answers of a run before the problems of its task are known. */
interface Answers {
  repeats: number
  problems: ReadonlySet<string>
  samples: ReadonlyMap<string, { piece: number; score: number | null }>
}

export async function readTaskRuns(
  carried: Carried,
  results: Results,
  onProgress: OnProgress = () => undefined,
): Promise<TaskRuns[]> {
  let done = 0
  const tasks = [...new Set(results.scores.map(({ task }) => task))]
  const all: TaskRuns[] = []
  for (const task of tasks) {
    const scores = results.scores.filter((score) => score.task === task)
    // Sides of equal models share a run.
    const answers = new Map<string, Answers>()
    for (const score of scores) {
      const place = placeOf(score)
      if (!answers.has(place)) answers.set(place, await readAnswers(carried, place))
    }
    const ids = new Set([...answers.values()].flatMap(({ problems }) => [...problems]))
    const problems = inOrder([...ids])
    const runs: ReadRun[] = []
    for (const score of scores) {
      const of = { carried, results, score, problems, answers: answers.get(placeOf(score))! }
      runs.push(await readOne(of))
      onProgress('runs read', ++done, results.scores.length)
    }
    all.push({ task, metric: scores[0]!.metric, problems, runs })
  }
  return all
}

/** Run folder, from the study folder. */
const placeOf = ({ from }: ScoreResult): string => dirname(from[0]!.file)

async function readAnswers(carried: Carried, place: string): Promise<Answers> {
  const problems = new Set<string>()
  const samples = new Map<string, { piece: number; score: number | null }>()
  let repeats = 1
  for await (const { row, piece } of placedRows(carried, `${place}/samples.jsonl`, sampleSchema)) {
    problems.add(row.problem)
    repeats = Math.max(repeats, row.repeat + 1)
    samples.set(row.id, { piece, score: row.recordedScore ?? null })
  }
  return { problems, samples, repeats }
}

interface OneRun {
  carried: Carried
  results: Results
  score: ScoreResult
  problems: readonly string[]
  answers: Answers
}

async function readOne({ carried, results, score, problems, answers }: OneRun): Promise<ReadRun> {
  const place = placeOf(score)
  const run = await readRun(join(carried.folder, place))
  const { repeats, samples } = answers
  const ids = problems.flatMap((problem) =>
    Array.from({ length: repeats }, (_, repeat) => sampleId(problem, repeat)),
  )
  const { where } = score.from[0]!
  const counts = where ? { rule: outcomeRuleSchema.parse(where.rule), judge: where.judge! } : null
  const outcomes = await readOutcomes(carried, place, counts)
  const calls = await readCalls(carried, place)
  const scores = ids.map((id) => samples.get(id)?.score ?? null)
  const isPartial = counts === null && scores.some((value) => value !== null && value !== 0 && value !== 1)
  const report: ReportRun = {
    ...{ side: score.side, seed: score.seed, task: score.task, place, createdAt: run.createdAt },
    ...{ model: run.model, solver: run.solver, counts, repeats },
    outcomes: ids
      .map((id, i) => (counts ? (outcomes.get(id)?.letter ?? NO_ANSWER) : scoreLetter(scores[i]!)))
      .join(''),
    scores: isPartial ? scores : null,
    at: {
      samples: ids.map((id) => samples.get(id)?.piece ?? -1),
      outcomes: ids.map((id) => outcomes.get(id)?.piece ?? -1),
      calls: ids.map((id) => calls?.pieces.get(id) ?? -1),
    },
    cost: calls?.cost ?? null,
  }
  return { report, run, name: shownName(results.asked.sides, score), score }
}

const scoreLetter = (score: number | null): string =>
  score === null ? NO_ANSWER : score === 1 ? letterOf('pass') : score === 0 ? letterOf('wrong') : PARTIAL

/** Those that count, the last of each answer. */
async function readOutcomes(
  carried: Carried,
  place: string,
  counts: ReportRun['counts'],
): Promise<Map<string, { letter: string; piece: number }>> {
  const found = new Map<string, { letter: string; piece: number }>()
  if (counts === null) return found
  for await (const { row, piece } of placedRows(carried, `${place}/outcomes.jsonl`, outcomeSchema)) {
    if (row.judge === counts.judge && row.rule === counts.rule)
      found.set(row.sample, { letter: letterOf(row.class), piece })
  }
  return found
}

/** Null where calls were not recorded. */
async function readCalls(
  carried: Carried,
  place: string,
): Promise<{ pieces: Map<string, number>; cost: NonNullable<ReportRun['cost']> } | null> {
  const path = `${place}/calls.jsonl`
  if (!carried.files[path]) return null
  const pieces = new Map<string, number>()
  const last = new Map<string, { tokens: number; ms: number }>()
  for await (const { row, piece } of placedRows(carried, path, callSchema)) {
    pieces.set(row.sample, piece)
    last.set(JSON.stringify([row.sample, row.key]), { tokens: row.tokens, ms: row.ms })
  }
  const all = [...last.values()]
  return {
    pieces,
    cost: {
      calls: all.length,
      tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
      seconds: all.reduce((sum, { ms }) => sum + ms, 0) / 1000,
    },
  }
}

/** Scores of a run by problem, as comparing takes them: what could not be judged has none. */
export function problemScores({ report }: ReadRun, problems: readonly string[]): ProblemScores {
  const { outcomes, scores, repeats } = report
  const byProblem = new Map<string, number[]>()
  problems.forEach((problem, i) => {
    const own: number[] = []
    for (let at = i * repeats; at < (i + 1) * repeats; at++) {
      const score = scores ? scores[at]! : letterScore(outcomes[at]!)
      if (score !== null) own.push(score)
    }
    if (own.length > 0) byProblem.set(problem, own)
  })
  return byProblem
}
