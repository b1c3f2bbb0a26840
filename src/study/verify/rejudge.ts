// Judges the answers of a study again and names the outcomes that come out otherwise. Nothing is written into the study.
import { relative } from 'node:path'
import type { Verdicts } from '../../measure/outcomes.ts'
import { executeAgain, type RejudgedRun, scoreAgain } from '../../measure/rejudge.ts'
import { scorerRecord } from '../../measure/scoredAnswers.ts'
import type { Judge } from '../../schema/judge.ts'
import { instanceName, type ResultCell, type Results } from '../../schema/results.ts'
import { type Run, samplesOf } from '../../schema/run.ts'
import type { Rejudged } from '../../schema/verification.ts'
import { codeTaskOf, scoredTaskOf } from '../../solve/openRuns.ts'
import { readRun } from '../../store/runFolder.ts'
import { cellFolder } from '../../store/studyFolder.ts'
import { UserError } from '../../util/errors.ts'
import type { OnProgress } from '../../util/progress.ts'
import { importedRuns } from '../cells/import.ts'
import { shareJudge } from '../cells/sharedJudge.ts'

export interface RejudgeStudyOptions {
  cacheFolder: string
  env: NodeJS.ProcessEnv
  /** Called only if programs are executed. */
  openJudge: () => Promise<Judge>
  onProgress: OnProgress
}

interface Work extends RejudgeStudyOptions {
  /** The study folder. */
  folder: string
  verdicts: Verdicts
  rejudged: Rejudged
}

export async function rejudgeStudy(
  folder: string,
  { asked }: Pick<Results, 'asked'>,
  options: RejudgeStudyOptions,
): Promise<Rejudged> {
  await using judge = shareJudge(options.openJudge)
  const rejudged: Rejudged = { outcomes: 0, changed: [], left: [], judges: [] }
  const runs: [string, ResultCell][] = []
  for (const cell of asked.cells) {
    if (cell.judge === null || cell.state !== 'done') continue
    for (const run of await importedRuns(cellFolder(folder, cell.key))) runs.push([run, cell])
  }
  const work = { ...options, openJudge: () => judge.open(), folder, verdicts: new Map(), rejudged }
  for (const [run, cell] of runs) await rejudgeCell(run, cell, work)
  return rejudged
}

/** What is not here any more, or was cut, is left out with the reason. */
async function rejudgeCell(path: string, cell: ResultCell, work: Work): Promise<void> {
  const { folder, rejudged } = work
  const { side, seed } = cell.uses[0]!
  const run = relative(folder, path)
  try {
    const record = await readRun(path)
    if (record.scoring === 'recorded') return
    const task = cell.task ?? record.task.name
    const who = `${instanceName({ side, seed })} on ${task}`
    const { outcomes, changed } = await judgeAgain(path, record, { ...work, who, judgeId: cell.judge! })
    rejudged.outcomes += outcomes
    rejudged.changed.push(...changed.map((outcome) => ({ run, side, seed, task, ...outcome })))
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    rejudged.left.push({ run, side, reason: error.message })
  }
}

async function judgeAgain(
  folder: string,
  run: Run,
  {
    judgeId,
    who,
    verdicts,
    rejudged,
    openJudge,
    onProgress,
    ...context
  }: Work & {
    judgeId: string
    /** Side and task. */
    who: string
  },
): Promise<RejudgedRun> {
  let done = 0
  const onSample = (): void => onProgress(`answers judged again of ${who}`, ++done, samplesOf(run))
  const options = { folder, run, judgeId, onSample }
  if (run.scoring === 'answer') {
    const task = await scoredTaskOf(run, context)
    noteJudge(rejudged, judgeId, scorerRecord(task).id)
    return scoreAgain({ ...options, task })
  }
  const task = await codeTaskOf(run, context)
  await using judge = await openJudge()
  noteJudge(rejudged, judgeId, judge.id)
  return executeAgain({ ...options, task, judge, verdicts })
}

function noteJudge({ judges }: Rejudged, stored: string, now: string): void {
  const isKnown = judges.some((pair) => pair.stored === stored && pair.now === now)
  if (stored !== now && !isKnown) judges.push({ stored, now })
}
