// The study that is meant where a base and variants are named alone: whatever can be measured with what is there. It is
// written as any other study file.
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { openLog } from '../logs/index.ts'
import { parseModel } from '../model/modelPath.ts'
import { recognise } from '../model/recognise.ts'
import type { MEASURES, SideFile } from '../schema/study.ts'
import { runFoldersIn } from '../solve/openRuns.ts'
import { isRunFolder } from '../store/runFolder.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { shortName, sideNames } from './diffNames.ts'
import { modelFrom, pathOrName } from './planPaths.ts'

export interface DiffAsked {
  /** MODELs or recorded answers: run:DIR, run folders, logs. Paths are relative to the current folder. */
  base: string
  variants: readonly string[]
  tasks: readonly string[]
  texts: readonly string[]
  limit?: number
  isChat?: boolean
  /** In percentage points. */
  margin?: number
  allowIdentical?: boolean
}

/** As its file holds it: paths are absolute, and what the defaults say is left out. */
export interface DiffStudy {
  name: string
  base: SideFile
  variants: Record<string, SideFile>
  tasks?: readonly string[]
  texts?: readonly string[]
  measures: readonly (typeof MEASURES)[number][]
  limit?: number
  margin?: number
  chat?: true
  allowIdentical?: true
}

interface Side {
  written: string
  /** With absolute paths. */
  spec: string
  isRecorded: boolean
}

const HEAD = '# Made by tunediff diff; tunediff run goes on with it.\n'

export async function diffStudy(asked: DiffAsked): Promise<DiffStudy> {
  const { tasks, texts, limit, margin, isChat, allowIdentical } = asked
  const base = await sideOf(asked.base)
  const variants: Side[] = []
  for (const written of asked.variants) variants.push(await sideOf(written))
  const measures = measuresOf(base, variants, asked)
  const names = sideNames(variants.map(({ spec }) => spec))
  return {
    name: `variants of ${shortName(base.spec)}`,
    base: sideFile(base),
    variants: Object.fromEntries(variants.map((side, i) => [names[i]!, sideFile(side)])),
    ...(tasks.length === 0 ? {} : { tasks: tasks.map((task) => pathOrName(process.cwd(), task)) }),
    ...(texts.length === 0 ? {} : { texts: texts.map((text) => resolve(text)) }),
    measures,
    ...(limit === undefined ? {} : { limit }),
    ...(margin === undefined ? {} : { margin }),
    ...(isChat ? { chat: true } : {}),
    ...(allowIdentical ? { allowIdentical: true } : {}),
  }
}

/** Writes DIR/study.yaml and returns its path. A study file that somebody wrote there is left alone. */
export async function writeDiffStudy(folder: string, study: DiffStudy): Promise<string> {
  const path = join(folder, 'study.yaml')
  if ((await exists(path)) && !(await readFile(path, 'utf8')).startsWith(HEAD)) {
    throw new UserError(`${path} is a study of its own, and would be overwritten`, {
      hint: `name another folder with -o, or work on that study: tunediff run ${path} -o ${folder}`,
    })
  }
  await mkdir(folder, { recursive: true })
  await writeFileWhole(path, `${HEAD}${stringify(study, { lineWidth: 0 })}`)
  return path
}

const sideFile = ({ spec, isRecorded }: Side): SideFile =>
  isRecorded ? { runs: [spec.replace(/^run:/, '')] } : spec

async function sideOf(written: string): Promise<Side> {
  const spec = modelFrom(process.cwd(), written)
  return { written, spec, isRecorded: await isRecorded(written, spec) }
}

/** Of what is neither a model nor recorded answers, says why. */
async function isRecorded(written: string, spec: string): Promise<boolean> {
  const { source, adapters, quantised } = parseModel(written)
  if (source.kind === 'run') return true
  if (source.kind !== 'path' || adapters.length > 0 || quantised) return false
  if (await isRunFolder(spec)) return true
  try {
    await recognise(spec)
    return false
  } catch (noModel) {
    if (!(noModel instanceof UserError) || !(await exists(spec))) throw noModel
    if ((await runFoldersIn(spec)).length > 0) return true
    const noLog = await openLog(spec).then(
      () => null,
      (error: unknown) => error,
    )
    if (noLog === null) return true
    throw noLog instanceof UserError && /\.(jsonl?|csv)$/i.test(spec) ? noLog : noModel
  }
}

function measuresOf(base: Side, variants: readonly Side[], asked: DiffAsked): DiffStudy['measures'] {
  const { tasks, texts, limit, margin, isChat } = asked
  const sides = [base, ...variants]
  const recorded = sides.find(({ isRecorded }) => isRecorded)
  const model = sides.find(({ isRecorded }) => !isRecorded)
  const hasTask = tasks.length > 0
  if (recorded && model && !hasTask) {
    throw new UserError(
      `${recorded.written} is recorded answers, and ${model.written} a model that is asked nothing`,
      { hint: 'name the task that it is to answer: --task TASK' },
    )
  }
  const hasModels = !base.isRecorded && variants.some(({ isRecorded }) => !isRecorded)
  const hasAnswers = hasTask || recorded !== undefined
  const inVain = [
    ['--text', texts.length > 0 && !hasModels, 'no two models are compared', 'leave it out'],
    ['--limit', limit !== undefined && !hasTask, 'no task is named', 'name one: --task TASK'],
    ['--chat', isChat === true && !hasTask, 'no task is named', 'name one: --task TASK'],
    ['--margin', margin !== undefined && !hasAnswers, 'no answers are compared', 'name a task: --task TASK'],
  ] as const
  for (const [flag, isInVain, why, hint] of inVain)
    if (isInVain) throw new UserError(`${flag} is given, and ${why}`, { hint })
  return [
    ...(hasModels ? (['weights', 'predictions'] as const) : []),
    ...(hasAnswers ? (['answers'] as const) : []),
  ]
}
