// tunediff report: finished studies, runs and logs as one file that is looked at in a browser, as Markdown or as JSON.
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { openLog } from '../logs/index.ts'
import { renderMarkdown } from '../report/blocks.ts'
import { reportBlocks } from '../report/page/blocks.ts'
import { buildReport } from '../report/page/build.ts'
import { type WrittenPage, writePage } from '../report/page/write.ts'
import { runFoldersIn } from '../solve/openRuns.ts'
import { RESULTS_FILE } from '../store/resultsFile.ts'
import { isRunFolder } from '../store/runFolder.ts'
import { whileLocked } from '../store/studyFolder.ts'
import { writeDiffStudy } from '../study/diffStudy.ts'
import { studyFolderOf } from '../study/plan.ts'
import { recordedStudy } from '../study/recordedStudy.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { progressLines } from '../util/progress.ts'
import { byteSize, printable } from '../util/text.ts'
import { cachedFolder } from './diff.ts'
import { context, jsonOption, markdownOption, onWait, print } from './options.ts'
import { workOn } from './studyRun.ts'

interface Flags {
  output?: string
  md?: boolean
  json?: boolean
}

const DEFAULT = 'report.html'

export function reportCommand(): Command {
  return new Command('report')
    .description(
      'write a report of studies and runs: one file with every number and the rows that it is made of',
    )
    .argument(
      '<paths...>',
      'study folders, or the study files that they lie beside; run folders, folders of them and logs, which are compared with the first',
    )
    .option('-o, --output <file>', `file (default: ${DEFAULT}; of --md and --json standard output)`)
    .addOption(markdownOption())
    .addOption(jsonOption())
    .action(report)
}

async function report(paths: string[], { output, md, json }: Flags): Promise<void> {
  if (output !== undefined) await refusePlace(output)
  const folders = await studyFolders(paths)
  const progress = progressLines()
  const read = async (): Promise<string | WrittenPage> => {
    const built = await buildReport(folders, context(), { onProgress: progress.update })
    if (md) return renderMarkdown(reportBlocks(built.report))
    if (json) return `${JSON.stringify(built.report, null, 2)}\n`
    return writePage(output ?? DEFAULT, built)
  }
  const found = await whileLocked(folders, read, onWait).finally(progress.end)
  if (typeof found === 'string') await written(found, output)
  else sayPage(output ?? DEFAULT, found)
}

/** Known before anything is computed. */
async function refusePlace(output: string): Promise<void> {
  const isFolder = (path: string): Promise<boolean | null> =>
    stat(path).then(
      (found) => found.isDirectory(),
      ({ code }: NodeJS.ErrnoException) => (code === 'ENOTDIR' ? false : null),
    )
  if (output === '' || /[/\\]$/.test(output) || (await isFolder(output))) {
    throw new UserError(`'${output}' is a folder, and a report is one file`, {
      hint: `-o ${join(output, DEFAULT)}`,
    })
  }
  if ((await isFolder(dirname(output))) === false)
    throw new UserError(`a part of ${output} is a file, and a folder is wanted there`)
}

async function written(text: string, output: string | undefined): Promise<void> {
  if (output === undefined) return print(text)
  await writeFileWhole(output, text)
  say(`written: ${output} (${byteSize(Buffer.byteLength(text))})`)
}

function sayPage(path: string, { bytes, shardFolder }: WrittenPage): void {
  if (shardFolder === null) {
    say(`written: ${path} (${byteSize(bytes)})`)
    say(`open it in a browser: ${pathToFileURL(resolve(path))}`)
    return
  }
  say(`written: ${path} and ${shardFolder} (${byteSize(bytes)} together: too large for one file)`)
  say(`open it in a browser: tunediff view ${path}`)
}

const say = (text: string): boolean => process.stderr.write(`${printable(text)}\n`)

/** Studies as they are named; runs and logs together make one more. */
async function studyFolders(paths: readonly string[]): Promise<string[]> {
  const folders: string[] = []
  const recorded: string[] = []
  for (const path of paths) {
    const folder = await studyFolder(path)
    if (folder === null) recorded.push(resolve(path))
    else if (!folders.includes(folder)) folders.push(folder)
  }
  return recorded.length === 0 ? folders : [...folders, await studyOfRecorded(recorded)]
}

/** Null of what is no study. */
async function studyFolder(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => null)
  if (!found) throw new UserError(`${path} does not exist`, { hint: WANTED })
  if (found.isFile()) {
    const beside = studyFolderOf(path)
    if (await exists(beside)) return withResults(beside)
    if (/\.ya?ml$/i.test(path)) throw unfinished(path, path)
    return null
  }
  if (await exists(join(path, RESULTS_FILE))) return resolve(path)
  if (await exists(join(path, 'study.yaml'))) return withResults(resolve(path))
  if ((await isRunFolder(path)) || (await runFoldersIn(path)).length > 0) return null
  await openLog(path).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause
    const message = `${path} holds no study with results and no run, and ${cause.message}`
    throw new UserError(message, { hint: WANTED, cause })
  })
  return null
}

const WANTED = 'name a study folder, a run folder or a log'

async function withResults(folder: string): Promise<string> {
  if (await exists(join(folder, RESULTS_FILE))) return folder
  throw unfinished(folder, 'STUDY')
}

const unfinished = (path: string, study: string): UserError =>
  new UserError(`${path} has no results yet`, { hint: `finish the study: tunediff run ${study}` })

/** Judged and compared in the cache, where it is found again. */
async function studyOfRecorded(paths: readonly string[]): Promise<string> {
  const { study, note, outcomes } = await recordedStudy(paths)
  if (note !== null) say(note)
  const folder = cachedFolder(study, ...outcomes)
  const { results } = await workOn({ study: await writeDiffStudy(folder, study), output: folder })
  if (results !== null) return folder
  throw new UserError(`nothing of ${paths.join(', ')} could be read as answers`, {
    hint: 'say more of the log with tunediff import, and give the run folder that it writes',
  })
}
