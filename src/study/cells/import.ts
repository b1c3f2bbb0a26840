// Answers that were recorded elsewhere become run folders of the study, and programs among them are judged: under all rules,
// as a comparison wants them.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { judgeRun } from '../../measure/outcomes.ts'
import { RULES } from '../../schema/run.ts'
import { codeTaskOf, runFoldersIn } from '../../solve/openRuns.ts'
import { importLog } from '../../solve/recorded.ts'
import { isRunFolder, readRun, writeRun } from '../../store/runFolder.ts'
import { exists, writeFolderWhole } from '../../util/files.ts'
import type { Work } from '../planCells.ts'
import type { CellContext } from './cell.ts'

type Import = Extract<Work, { kind: 'import' }>

const RUN_FILES = ['samples.jsonl', 'outcomes.jsonl', 'judges.jsonl', 'calls.jsonl']

export async function importRuns(work: Import, folder: string, context: CellContext): Promise<void> {
  if (!(await exists(folder)))
    await (work.recorded.isRun ? copyRun(work, folder) : readLog(work, folder, context))
  for (const run of await importedRuns(folder)) await judge(run, work, context)
}

/** Run folders that an import cell holds: one, or one for each task of the log. */
export async function importedRuns(folder: string): Promise<string[]> {
  return (await isRunFolder(folder)) ? [folder] : runFoldersIn(folder)
}

async function readLog(
  { recorded, names, task }: Import,
  folder: string,
  { cacheFolder, env }: CellContext,
): Promise<void> {
  const options = { ...stated(names), ...(task ? { task: task.named } : {}) }
  await importLog(recorded.path, folder, options, { cacheFolder, env })
}

/** Where the solver began is said from the study's folder. */
function stated({ startFrom, ...names }: Import['names']): Import['names'] {
  return { ...names, ...(startFrom === undefined ? {} : { startFrom: join('cells', startFrom) }) }
}

/** What others do with the run folder that the user named does not change the study. */
async function copyRun({ recorded, names }: Import, folder: string): Promise<void> {
  const { model, solver, startFrom } = stated(names)
  await writeFolderWhole(folder, async (temporary) => {
    for (const name of RUN_FILES) {
      const from = join(recorded.path, name)
      if (await exists(from)) await copyFile(from, join(temporary, name))
    }
    await writeRun(temporary, {
      ...(await readRun(recorded.path)),
      ...(model === undefined ? {} : { model: { name: model, source: 'stated' } }),
      ...(solver === undefined ? {} : { solver: { name: solver, source: 'stated' } }),
      ...(startFrom === undefined ? {} : { startFrom }),
    })
  })
}

async function judge(folder: string, { task: named }: Import, context: CellContext): Promise<void> {
  const run = await readRun(folder)
  if (run.rule === null) return
  const own = run.rule.name
  const { cacheFolder, env, verdicts, onProgress, onWait } = context
  const task = await codeTaskOf(run, { cacheFolder, env }, named?.named)
  await using judge = await context.openJudge()
  let done = 0
  await judgeRun({
    folder,
    run,
    task,
    rules: [own, ...RULES.filter((rule) => rule !== own)],
    judge,
    verdicts,
    onSample: () => onProgress('answers judged', ++done, task.problems.size),
    ...(onWait ? { onWait } : {}),
  })
}
