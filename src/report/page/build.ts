// From finished studies to a report and its shards. Everything is computed from results.json and the files that the report
// carries, so that it can be made again from these alone; only texts of problems and tokens come from elsewhere.
import { dirname, join, resolve } from 'node:path'
import { REPORT_SCHEMA, type Report, type StudyReport } from '../../schema/report.ts'
import type { Results } from '../../schema/results.ts'
import { readPredictions } from '../../store/predictionsFolder.ts'
import { readResults } from '../../store/resultsFile.ts'
import { readMeasurement } from '../../store/weightsFolder.ts'
import type { TaskContext } from '../../tasks/task.ts'
import { fileSum, type SumOf } from '../../util/hash.ts'
import type { OnProgress } from '../../util/progress.ts'
import { VERSION } from '../../util/version.ts'
import { findingBlocks } from '../finding.ts'
import { carriedFiles } from './carried.ts'
import { keyFigures } from './keyFigures.ts'
import { leaderboard } from './leaderboards.ts'
import { type Layout, layOut, readShards, type ViewShard } from './pieces.ts'
import { predictionsView } from './predictionsView.ts'
import { reportTask } from './problems.ts'
import type { Carried } from './rows.ts'
import { readTaskRuns } from './runs.ts'
import { studyTables } from './tables.ts'
import { type NamedBase, tokenTexts } from './tokens.ts'
import { trainingViews } from './trainings.ts'
import { weightsView } from './weightsView.ts'

export interface Shard {
  name: string
  bytes: Uint8Array
}

export interface BuiltReport {
  report: Report
  /** Shards of what was computed, and of texts: all but those of rows. */
  views: readonly Shard[]
  /** All shards, in the order of `report.shards`, those of rows read one at a time. */
  shards: () => AsyncGenerator<Shard>
}

export interface BuildOptions {
  onProgress?: OnProgress
  /** For a caller that asks for the files' sums too. */
  sumOf?: SumOf
}

/** `folders`: of studies with results. `context`: where texts of problems and tokens are looked for; null: nowhere. */
export async function buildReport(
  folders: readonly string[],
  context: TaskContext | null,
  { onProgress = () => undefined, sumOf = fileSum }: BuildOptions = {},
): Promise<BuiltReport> {
  const built: BuiltStudy[] = []
  for (const [i, folder] of folders.entries()) {
    const part = folders.length === 1 ? '' : `${i}-`
    const nameOf: NameOf = (kind, index) => `${kind}-${part}${index}`
    built.push(await buildStudy(resolve(folder), { context, nameOf, onProgress, sumOf }))
  }
  const texts = built.map(({ views }) =>
    views.map(({ name, value }) => ({ name, bytes: Buffer.from(JSON.stringify(value)) })),
  )
  const sizes = built.flatMap(({ layout }, i) => [...layout.shards, ...texts[i]!.map(sizeOf)])
  const report: Report = {
    schema: REPORT_SCHEMA,
    tunediff: VERSION,
    title: [...new Set(built.map(({ study }) => study.results.asked.name))].join(', '),
    studies: built.map(({ study }) => study),
    shards: Object.fromEntries(sizes.map(({ name, bytes }) => [name, { bytes }])),
    shardFolder: null,
  }
  return {
    report,
    views: texts.flat(),
    async *shards() {
      let done = 0
      for (const [i, { folder, layout }] of built.entries()) {
        for (const list of [readShards(folder, layout), texts[i]!]) {
          for await (const shard of list) {
            yield shard
            onProgress('shards written', ++done, sizes.length)
          }
        }
      }
    },
  }
}

const sizeOf = ({ name, bytes }: Shard): { name: string; bytes: number } => ({
  name,
  bytes: bytes.length,
})

interface BuiltStudy {
  folder: string
  study: StudyReport
  layout: Layout
  views: readonly ViewShard[]
}

type NameOf = (kind: string, index: number | string) => string

interface StudyOptions extends Required<BuildOptions> {
  context: TaskContext | null
  nameOf: NameOf
}

async function buildStudy(folder: string, options: StudyOptions): Promise<BuiltStudy> {
  const { context, nameOf } = options
  const results = await readResults(folder)
  const layout = await layOut(folder, await carriedFiles(folder, results, options), (i) => nameOf('rows', i))
  const carried: Carried = { folder, files: layout.files }
  const measured = await measuredViews(carried, results, nameOf)
  const { tasks, shards: problems, ...answers } = await answersOf(carried, results, options)
  const base = context && (await baseOf(folder, results))
  const tokens = await tokenTexts(base, measured.ids, context?.cacheFolder ?? '')
  const tokensName = nameOf('tokens', 0)
  const hasTokens = !('absent' in tokens)
  const trainings = await trainingViews(folder, results)
  return {
    folder,
    layout,
    study: {
      results,
      finding: findingBlocks(results),
      keyFigures: keyFigures(results),
      tables: studyTables(results, trainings),
      ...answers,
      tasks,
      weights: measured.weights.map(({ name }) => name),
      predictions: measured.predictions.map(({ name }) => name),
      trainings,
      tokens: hasTokens ? { shard: tokensName } : (tokens as { absent: string }),
      files: layout.files,
    },
    views: [
      ...measured.weights,
      ...measured.predictions,
      ...problems,
      ...(hasTokens ? [{ name: tokensName, value: tokens }] : []),
    ],
  }
}

interface MeasuredViews {
  weights: ViewShard[]
  predictions: ViewShard[]
  /** Tokens that they name. */
  ids: Set<number>
}

async function measuredViews(carried: Carried, results: Results, nameOf: NameOf): Promise<MeasuredViews> {
  const found: MeasuredViews = { weights: [], predictions: [], ids: new Set() }
  for (const [i, pair] of results.weights.entries()) {
    const { view, ids } = await weightsView(carried, pair)
    found.weights.push({ name: nameOf('weights', i), value: view })
    for (const id of ids) found.ids.add(id)
  }
  for (const [i, pair] of results.predictions.entries()) {
    const { view, ids } = await predictionsView(carried, pair)
    found.predictions.push({ name: nameOf('predictions', i), value: view })
    for (const id of ids) found.ids.add(id)
  }
  return found
}

type Answers = Pick<StudyReport, 'runs' | 'tasks' | 'leaderboards'> & { shards: ViewShard[] }

async function answersOf(
  carried: Carried,
  results: Results,
  { context, nameOf, onProgress }: StudyOptions,
): Promise<Answers> {
  const all: Answers = { runs: [], tasks: [], leaderboards: [], shards: [] }
  for (const [t, task] of (await readTaskRuns(carried, results, onProgress)).entries()) {
    const { task: described, shards } = await reportTask(task, context, (i) =>
      nameOf('problems', `${t}-${i}`),
    )
    all.runs.push(...task.runs.map(({ report }) => report))
    all.tasks.push(described)
    all.leaderboards.push(leaderboard(task, results))
    all.shards.push(...shards)
  }
  return all
}

/** Model that the first measurement is from. */
async function baseOf(folder: string, { predictions, weights }: Results): Promise<NamedBase | null> {
  const place = (list: Results['predictions'] | Results['weights']): string | null =>
    list.length === 0 ? null : join(folder, dirname(list[0]!.from[0]!.file))
  const [texts, tensors] = [place(predictions), place(weights)]
  if (texts !== null) return (await readPredictions(texts))?.base ?? null
  return tensors === null ? null : ((await readMeasurement(tensors))?.base ?? null)
}
