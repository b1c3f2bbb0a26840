// A model on a task: from what the user named to a run folder and what it scores.
import { answerScores, executedScores, rateOf, readRunFacts, type Scores } from '../measure/answers.ts'
import { metricOf, scorerRecord } from '../measure/scoredAnswers.ts'
import { EVALUATION_SCHEMA, type Evaluation } from '../schema/evaluation.ts'
import type { Judge } from '../schema/judge.ts'
import type { Task } from '../schema/problem.ts'
import type { ImportContext } from '../solve/recorded.ts'
import { openAskedRun } from '../store/askedRun.ts'
import { keepTask, resolveTask } from '../tasks/task.ts'
import { plural } from '../util/text.ts'
import { type Answering, type AnswersProgress, answerAndJudge } from './answering.ts'
import { askedRun, cachedRunFolder, openAsked, type RunSettings } from './askedModel.ts'
import { checkRunLive } from './runLive.ts'

export interface EvaluateOptions extends Omit<ImportContext, 'onProgress'>, RunSettings {
  model: string
  /** Name or path. */
  task: string
  /** Run folder; in the cache where it is not given. */
  output?: string
  threads?: number
  /** Refuses a variant that is its base, or asks it all the same; not checked here where it is not given. */
  live?: { allowsIdentical: boolean }
  /** Opens what answers; one for this run alone where it is not given. */
  openEngine?: Answering['openEngine']
  /** Opens what executes programs; called only for a code task. */
  openJudge: () => Promise<Judge>
  /** What is odd about the task. */
  onWarning?: (text: string) => void
  /** What has answers drawn, in words; by default the flag that does. */
  drawnBy?: string
  /** Of files. */
  onReading?: (what: string, done: number, total: number) => void
  /** Before the first question. */
  onNotes?: (notes: readonly string[]) => void
  onAnswers?: (progress: AnswersProgress) => void
  onWait?: (folder: string, holder: string) => void
}

export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const startMs = performance.now()
  const { cacheFolder, threads, live, onReading, onAnswers: onProgress } = options
  const task: Task = await resolveTask(options.task, options)
  const model = await openAsked(options.model, onReading)
  const asked = askedRun(model, task, options)
  const notes = notesOf(options, task, asked.asked.asking.temperature)
  await keepTask(task, cacheFolder)
  const path = options.output ?? cachedRunFolder(cacheFolder, asked)
  await using folder = await openAskedRun(path, asked, options.onWait)
  if (live) {
    const where = { asked: model, folder: path, cacheFolder }
    const how = {
      ...(threads === undefined ? {} : { threads }),
      ...(onReading ? { onProgress: onReading } : {}),
    }
    notes.push(...(await checkRunLive({ ...live, ...where, ...how })))
  }
  options.onNotes?.(notes)
  await using judge = task.kind === 'code' ? await options.openJudge() : null
  const {
    asked: answered,
    cached,
    tokens,
    classes,
  } = await answerAndJudge({
    folder,
    task,
    model,
    judge,
    cacheFolder,
    ...(threads === undefined ? {} : { threads }),
    ...(options.openEngine ? { openEngine: options.openEngine } : {}),
    ...(onProgress ? { onProgress } : {}),
  })
  const facts = await readRunFacts(path, folder.run)
  const scores =
    task.kind === 'code'
      ? await codeScores(facts, asked.rule!.name, judge!)
      : await answerScores(facts, scorerRecord(task).id)
  return {
    schema: EVALUATION_SCHEMA,
    folder: path,
    name: folder.run.name,
    task: task.name,
    metric: metricOf(task),
    problems: scores.byProblem.size,
    repeats: options.repeats,
    ...scored(scores),
    classes,
    answers: { asked: answered, cached, standing: folder.done.size },
    tokens,
    seconds: Math.round(performance.now() - startMs) / 1000,
    notes,
  }
}

async function codeScores(
  facts: Awaited<ReturnType<typeof readRunFacts>>,
  rule: NonNullable<Scores['rule']>,
  judge: Judge,
): Promise<Scores> {
  const { id: judgeId, limits } = judge
  return (await executedScores(facts, { rules: [rule], judgeId, wallLimitMs: limits.wallMs })).get(rule)!
}

function scored({ byProblem }: Scores): Pick<Evaluation, 'passed' | 'score'> {
  if (byProblem.size === 0) return { passed: null, score: { absent: 'no answer could be judged' } }
  const hasRepeats = [...byProblem.values()].some(({ length }) => length > 1)
  if (byProblem.size === 1 && hasRepeats)
    return { passed: null, score: { absent: 'the answers to one problem have no interval' } }
  const { passed, rate } = rateOf(byProblem)
  return { passed, score: rate }
}

function notesOf(
  { limit, repeats, drawnBy = 'give --temperature 0.8' }: RunSettings & Pick<EvaluateOptions, 'drawnBy'>,
  task: Task,
  temperature: number,
): string[] {
  const notes: string[] = []
  const { size } = task.problems
  if (limit !== null && limit < size)
    notes.push(
      `Only the first ${limit} of ${plural(size, 'problem')} are asked: the score is that of these alone.`,
    )
  if (repeats > 1 && task.kind === 'choice')
    notes.push(`Nothing is drawn in choosing: the ${repeats} answers to a problem are the same.`)
  else if (repeats > 1 && temperature === 0)
    notes.push(
      `At temperature 0 the ${repeats} answers to a problem are the same: ${drawnBy} to have them drawn.`,
    )
  return notes
}
