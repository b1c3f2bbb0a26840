// Verifies a report from itself alone: its files go back into study folders, from which everything that it shows is computed
// again. Texts of problems and tokens are no figures: they are not compared.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BuiltReport, buildReport } from '../report/page/build.ts'
import { isCarried } from '../report/page/carried.ts'
import { type OpenedReport, openReport } from '../report/page/read.ts'
import { unpackFiles } from '../report/page/unpack.ts'
import { MARK, pageHalves } from '../report/page/write.ts'
import type { Report, StudyReport } from '../schema/report.ts'
import type { Results } from '../schema/results.ts'
import {
  type ChangedPage,
  type ChangedView,
  type LostShard,
  type ReportVerification,
  VERIFICATION_SCHEMA,
  type Verification,
} from '../schema/verification.ts'
import { writeResults } from '../store/resultsFile.ts'
import { asJson, countNumbers, type Difference, differences } from '../study/verify/difference.ts'
import { type VerifyOptions, verifyAndRecompute } from '../study/verify.ts'
import { UserError } from '../util/errors.ts'
import { sumsOnce } from '../util/hash.ts'
import type { OnProgress } from '../util/progress.ts'
import { pointer } from '../util/prose.ts'
import { oneLine } from '../util/text.ts'
import { VERSION } from '../util/version.ts'
import { outcomeDifferences, summaryPlace, viewPlace } from './reportPlaces.ts'

export async function verifyReport(
  path: string,
  asked: VerifyOptions & { onProgress: OnProgress },
): Promise<ReportVerification> {
  // Nobody else writes into the folders that files are unpacked to.
  const options = { ...asked, sumOf: sumsOnce() }
  const opened = await openReport(path)
  const folder = await mkdtemp(join(tmpdir(), 'tunediff-verify-'))
  try {
    const shards: LostShard[] = []
    const studies: Verification[] = []
    const folders: string[] = []
    for (const [i, study] of opened.report.studies.entries()) {
      const at = join(folder, String(i))
      shards.push(...(await unpackFiles(opened, study, at, options.onProgress)))
      const { verification, results } = await verifyOne(at, study, options)
      studies.push({ ...verification, folder: path })
      if (results) folders.push(at)
    }
    shards.push(...(await lostShards(opened)))
    const isWhole = folders.length === studies.length
    const views = isWhole
      ? await compareViews(opened, await buildReport(folders, null, options))
      : NOT_COMPARED
    return judged({ path, opened, studies, shards, ...views })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Leaves the results of the files as they are in the folder, for views to be computed from. */
async function verifyOne(
  folder: string,
  { results: stored }: StudyReport,
  options: VerifyOptions,
): Promise<{ verification: Verification; results: Results | null }> {
  await writeResults(folder, stored, options.render(stored))
  const { verification, results } = await verifyAndRecompute(folder, { ...options, holds: isCarried })
  if (results) await writeResults(folder, results, options.render(results))
  return { verification, results }
}

/** Shards of views and texts, and of rows that no file has, which cannot be read: those of files were unpacked. */
async function lostShards({ report, shard }: OpenedReport): Promise<LostShard[]> {
  const pieces = report.studies.flatMap(({ files }) => Object.values(files).flat())
  const unpacked = new Set(pieces.map((piece) => piece.shard))
  const lost: LostShard[] = []
  for (const name of Object.keys(report.shards)) {
    if (unpacked.has(name)) continue
    try {
      await shard(name)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      lost.push({ shard: name, reason: error.message, files: [] })
    }
  }
  return lost
}

interface ComparedViews {
  count: number
  views: ChangedView[]
  page: ChangedPage[]
  left: string | null
}

const NOT_COMPARED: ComparedViews = {
  ...{ count: 0, views: [], page: [] },
  left: 'what the page shows, since files that it comes from cannot be read',
}

async function compareViews(opened: OpenedReport, built: BuiltReport): Promise<ComparedViews> {
  const [stored, found] = [computedOf(opened.report), asJson(computedOf(built.report))]
  const summary = differences(stored, found).flatMap(outcomeDifferences)
  const views = summary.map((one) => changedView(SUMMARY, one, summaryPlace(opened.report, one.path)))
  let count = countNumbers(stored)
  const pairs = viewShards(opened.report)
  for (const { name, bytes } of built.views) {
    const pair = pairs.get(name)
    const shard = pair && (await parsed(opened, name))
    if (!pair || shard === undefined) continue
    count += countNumbers(shard)
    for (const one of differences(shard, JSON.parse(Buffer.from(bytes).toString())))
      views.push(changedView(name, one, viewPlace(pair.kind, pair.of, shard, one.path)))
  }
  return { count, views, page: await changedPage(opened, built), left: otherCode(opened.report) }
}

const SUMMARY = 'summary'

/** What is computed from files. Results are compared with their files before; texts come from elsewhere. */
function computedOf({ title, studies, shards }: Report): unknown {
  const isComputed = ([name]: [string, unknown]): boolean => /^(rows|weights|predictions)-/.test(name)
  return {
    title,
    studies: studies.map(({ results: _, tokens: __, tasks, ...study }) => ({
      ...study,
      tasks: tasks.map(({ texts: _, ...task }) => task),
    })),
    shards: Object.fromEntries(Object.entries(shards).filter(isComputed)),
  }
}

interface ViewShard {
  kind: 'weights' | 'predictions'
  of: Results['weights'][number] | Results['predictions'][number]
}

function viewShards({ studies }: Report): Map<string, ViewShard> {
  const found = new Map<string, ViewShard>()
  for (const study of studies)
    for (const kind of ['weights', 'predictions'] as const)
      for (const [i, name] of study[kind].entries()) {
        const of = study.results[kind][i]
        if (of) found.set(name, { kind, of })
      }
  return found
}

/** Undefined where it cannot be read, which is told with the shards. */
async function parsed({ shard, report }: OpenedReport, name: string): Promise<unknown> {
  if (!Object.hasOwn(report.shards, name)) return undefined
  try {
    const value: unknown = JSON.parse((await shard(name)).toString('utf8'))
    // One that is too deep to be walked is none.
    countNumbers(value)
    return value
  } catch (error) {
    if (error instanceof UserError) return undefined
    return null
  }
}

const NOTHING = { absent: 'there is none' }

const changedView = (shard: string, { path, stored, found }: Difference, label: string): ChangedView => ({
  at: shard + pointer(path),
  label,
  stored: (stored === undefined ? NOTHING : stored) as ChangedView['stored'],
  recomputed: (found === undefined ? NOTHING : found) as ChangedView['recomputed'],
})

/** The page around the data. Another version has other code, which cannot be compared. */
async function changedPage({ report, frame }: OpenedReport, built: BuiltReport): Promise<ChangedPage[]> {
  const halves = await pageHalves({ ...built.report, shardFolder: report.shardFolder })
  const [stored, recomputed] = [tidy(frame), tidy(halves.join(`\n${MARK}\n`).split('\n'))]
  const parts: ChangedPage[] = []
  for (const [part, pattern] of Object.entries(PARTS) as [ChangedPage['part'], RegExp][]) {
    const [there, here] = [pattern.exec(stored)?.[1] ?? '', pattern.exec(recomputed)?.[1] ?? '']
    if (there !== here) parts.push({ part, stored: there, recomputed: here })
  }
  const bare = (page: string): string =>
    Object.values(PARTS).reduce((text, pattern) => text.replace(pattern, ''), page)
  if (report.tunediff === VERSION && bare(stored) !== bare(recomputed))
    parts.push({ part: 'code', ...firstDifference(bare(stored), bare(recomputed)) })
  return parts
}

const otherCode = ({ tunediff }: Report): string | null =>
  tunediff === VERSION ? null : `the page's own code, which is of tunediff ${oneLine(tunediff, 20)}`

const PARTS = { title: /<title>(.*?)<\/title>/s, noscript: /<noscript>(.*?)<\/noscript>/s }

/** Blank lines are left where elements were. */
const tidy = (lines: readonly string[]): string => lines.filter((line) => !/^[ \t]*$/.test(line)).join('\n')

const SHOWN_CHARACTERS = 80

function firstDifference(stored: string, recomputed: string): { stored: string; recomputed: string } {
  let at = 0
  while (at < stored.length && stored[at] === recomputed[at]) at++
  const from = (text: string): string => text.slice(at, at + SHOWN_CHARACTERS)
  return { stored: from(stored), recomputed: from(recomputed) }
}

function judged({
  path,
  opened,
  count,
  ...found
}: ComparedViews & {
  path: string
  opened: OpenedReport
  studies: Verification[]
  shards: LostShard[]
}): ReportVerification {
  const { studies, shards, views, page } = found
  const isEqual =
    [shards, views, page].every(({ length }) => length === 0) && studies.every((study) => study.isEqual)
  const sum = (of: (study: Verification) => number): number =>
    studies.reduce((total, study) => total + of(study), 0)
  return {
    schema: VERIFICATION_SCHEMA,
    report: path,
    isEqual,
    isWhole: isEqual && studies.every((study) => study.isWhole),
    tunediff: { stored: opened.report.tunediff, now: VERSION },
    compared: {
      figures: count + sum(({ compared }) => compared.figures),
      files: sum(({ compared }) => compared.files),
    },
    ...found,
  }
}
