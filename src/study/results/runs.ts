// The finished runs of a study, each with the scores that count: read from run.json, samples.jsonl and outcomes.jsonl.
// Nothing is judged here.
import { relative, sep } from 'node:path'
import { answerScores, executedScores, readRunFacts, recordedScores } from '../../measure/answers.ts'
import { metricOf, metricOfScorer, type ScorerRecord } from '../../measure/scoredAnswers.ts'
import type { Warning } from '../../schema/comparison.ts'
import type { Absent } from '../../schema/estimate.ts'
import type { Liveness } from '../../schema/live.ts'
import type { AskedResults, Instance, ResultCell, ResultSide, Results, Rows } from '../../schema/results.ts'
import { type JudgeRecord, RULES, type Rule, type Run } from '../../schema/run.ts'
import { shownName } from '../../schema/sideNames.ts'
import type { StoredRun } from '../../solve/recorded.ts'
import { readJudges, readRun } from '../../store/runFolder.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { UserError } from '../../util/errors.ts'
import { importedRuns } from '../cells/import.ts'
import { type JudgedRun, taskName } from '../pairRuns.ts'

interface ReadRun extends StoredRun {
  task: string
  judged: JudgedRun
  /** What a pass means. */
  metric: string
  /** Answers were drawn at a temperature above 0. */
  sampled: boolean
  /** Scores of it. */
  from: Rows
  /** Relative to the study folder, with forward slashes. */
  place: string
}

/** A run of a side, or of one of its trainings. Instances of equal models share the run. */
export interface InstanceRun extends ReadRun, Instance {
  /** As reports call the instance. */
  name: string
}

export interface StudyRuns {
  /** In the order of the file: sides, seeds, tasks. */
  runs: readonly InstanceRun[]
  warnings: Warning[]
}

export const seedsOf = ({ training }: ResultSide): readonly (number | null)[] =>
  training ? [...training.seeds].sort((a, b) => a - b) : [null]

export async function readRuns(
  folder: string,
  asked: AskedResults,
  live: Results['live'],
): Promise<StudyRuns> {
  const cells = asked.cells.filter(
    ({ kind, state }) => state === 'done' && (kind === 'run' || kind === 'import'),
  )
  const read = new Map<string, ReadRun[]>()
  const warnings: Warning[] = []
  for (const cell of cells) read.set(cell.key, await readCell(folder, cell, warnings))
  const runs = asked.sides.flatMap((side) =>
    seedsOf(side).flatMap((seed) => {
      const own = cells.filter(({ uses }) => uses.some((use) => use.side === side.name && use.seed === seed))
      const name = shownName(asked.sides, { side: side.name, seed })
      const found = own.flatMap(({ key }) => read.get(key)!)
      return inOrderOfTasks(onceATask(name, found, warnings), asked.tasks).map((run) => ({
        ...run,
        judged: { ...run.judged, facts: { ...run.judged.facts, live: livenessOf(live, side.name, seed) } },
        side: side.name,
        seed,
        name,
      }))
    }),
  )
  return { runs, warnings }
}

/** Whether the model that answered is live is a cell of its own here. */
const livenessOf = (
  live: Results['live'],
  side: string,
  seed: number | null,
): Liveness | Absent | undefined => live.find((one) => one.side === side && one.seed === seed)?.liveness

function inOrderOfTasks(runs: readonly ReadRun[], tasks: readonly string[]): ReadRun[] {
  const place = ({ task }: ReadRun): number => (tasks.includes(task) ? tasks.indexOf(task) : tasks.length)
  return [...runs].sort((a, b) => place(a) - place(b))
}

/** Two runs of one task on one side: nothing says which of them is meant. */
function onceATask(name: string, runs: readonly ReadRun[], warnings: Warning[]): ReadRun[] {
  const tasks = runs.map(({ task }) => task)
  return runs.filter((run, i) => {
    const first = runs[tasks.indexOf(tasks[i]!)]!
    if (first === run) return true
    const message = `${name} has two runs of ${tasks[i]}: ${first.place} is taken, ${run.place} is left out.`
    warnings.push({ code: 'two-runs', message })
    return false
  })
}

async function readCell(study: string, cell: ResultCell, warnings: Warning[]): Promise<ReadRun[]> {
  const folder = cellFolder(study, cell.key)
  const runs: ReadRun[] = []
  for (const run of cell.kind === 'import' ? await importedRuns(folder) : [folder]) {
    try {
      runs.push(await readOne(study, run, cell))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      const why = error.message.replaceAll(`${study}${sep}`, '')
      warnings.push({ code: 'run-left-out', message: `A run of ${cell.uses[0]!.side} is left out: ${why}.` })
    }
  }
  return runs
}

async function readOne(study: string, folder: string, cell: ResultCell): Promise<ReadRun> {
  const run = await readRun(folder)
  const facts = await readRunFacts(folder, run)
  const judges = await readJudges(folder)
  const place = relative(study, folder).split(sep).join('/')
  const common = { folder, run, place, task: taskName({ folder, run }), sampled: isSampled(run, judges) }
  const outcomes = (judge: string, rule: string): Rows => ({
    file: `${place}/outcomes.jsonl`,
    where: { judge, rule },
  })
  const judged = { facts, task: null, byRule: null, rule: null }
  if (run.scoring === 'recorded') {
    const from = { file: `${place}/samples.jsonl`, where: null }
    const scores = recordedScores(facts)
    return { ...common, judged: { ...judged, scores }, metric: run.metric ?? metricOf(null), from }
  }
  if (run.scoring === 'answer') {
    const scorer = scorerOf(cell.judge, judges)
    const judge = scorer?.id ?? cell.judge ?? ''
    const scores = await answerScores(facts, judge)
    const metric = run.metric ?? (scorer ? metricOfScorer(scorer) : 'accuracy')
    return { ...common, judged: { ...judged, scores }, metric, from: outcomes(judge, 'answer') }
  }
  const rule = run.rule!.name
  const judge = cell.judge ?? ''
  const byRule = await executedScores(facts, {
    rules: rulesOf(rule, cell),
    judgeId: judge,
    wallLimitMs: wallLimit(judges.get(judge)),
  })
  const metric = run.metric ?? metricOf(null)
  return { ...common, judged: { ...judged, scores: null, byRule, rule }, metric, from: outcomes(judge, rule) }
}

/** Answers that are made here are judged under their own rule alone, those of logs under all. */
const rulesOf = (own: Rule, { kind }: ResultCell): [Rule, ...Rule[]] =>
  kind === 'run' ? [own] : [own, ...RULES.filter((rule) => rule !== own)]

/** A copied run folder has the scorer that it was made with; the study does not score it again. */
function scorerOf(judge: string | null, judges: ReadonlyMap<string, JudgeRecord>): ScorerRecord | undefined {
  const scorers = [...judges.values()].filter((record) => 'scorer' in record)
  return scorers.find(({ id }) => id === judge) ?? scorers.at(-1)
}

// Without a record there are no outcomes that could be slow.
const wallLimit = (judge: JudgeRecord | undefined): number =>
  judge && 'limits' in judge ? judge.limits.wallMs : Number.POSITIVE_INFINITY

/** In choosing nothing is drawn. */
function isSampled({ asked }: Run, judges: ReadonlyMap<string, JudgeRecord>): boolean {
  const isChoice = [...judges.values()].some((judge) => 'scorer' in judge && judge.scorer.kind === 'choice')
  return asked !== null && asked.asking.temperature > 0 && !isChoice
}
