// Follows every number of a study's results back to its files: the files' hashes, every figure recomputed, every sentence made
// again of the figures, and on request every answer judged again. Reads only.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { studyFindings } from '../measure/studyFinding/index.ts'
import type { Judge } from '../schema/judge.ts'
import type { Results } from '../schema/results.ts'
import { type ChangedCell, VERIFICATION_SCHEMA, type Verification } from '../schema/verification.ts'
import { FINDING_FILE, readResults } from '../store/resultsFile.ts'
import { type SumOf, sumsOnce } from '../util/hash.ts'
import type { OnProgress } from '../util/progress.ts'
import { VERSION } from '../util/version.ts'
import { asJson } from './verify/difference.ts'
import { compareFigures } from './verify/figures.ts'
import { changedCells, changedFiles, unlistedFiles } from './verify/files.ts'
import { RECORDS, recordName } from './verify/names.ts'
import { isOf, recompute } from './verify/recompute.ts'
import { rejudgeStudy } from './verify/rejudge.ts'
import { changedSentences } from './verify/sentences.ts'
import { keepWarningsOfTasks } from './verify/tasks.ts'

export interface VerifyOptions {
  cacheFolder: string
  env: NodeJS.ProcessEnv
  /** finding.md as it renders from results. */
  render: (results: Results) => string
  /** Of a folder that does not hold all files of the study: whether it holds this one. */
  holds?: (file: string) => boolean
  /** Judges every answer again. */
  rejudge?: { openJudge: () => Promise<Judge> }
  onProgress?: OnProgress
  /** For a caller that asks for the files' sums too. */
  sumOf?: SumOf
}

export async function verifyStudy(folder: string, options: VerifyOptions): Promise<Verification> {
  return (await verifyAndRecompute(folder, options)).verification
}

/** `results`: of the files as they are; null where some can no longer be read. */
export async function verifyAndRecompute(
  folder: string,
  options: VerifyOptions,
): Promise<{ verification: Verification; results: Results | null }> {
  const { cacheFolder, env, render, rejudge } = options
  const { holds = () => true, onProgress = () => undefined, sumOf = sumsOnce() } = options
  const context = { cacheFolder, env }
  const stored = await readResults(folder)
  const held = Object.fromEntries(Object.entries(stored.files).filter(([file]) => holds(file)))
  const files = await changedFiles(folder, { files: held }, { sumOf, onProgress })
  const cells = await changedCells(folder, stored)
  const changed = files.map(({ file }) => file)
  onProgress('results recomputed', 0, 1)
  const { results: recomputed, left } = await recompute(folder, stored, { ...context, changed, sumOf })
  const { results, left: ofTasks } = keepWarningsOfTasks(stored, recomputed)
  const missing = new Map(
    files.flatMap(({ file, state }) => (state === 'missing' ? [[file, `${file} is missing`]] : [])),
  )
  const isPartial = left.size > 0 || missing.size > 0
  if (!isPartial) files.push(...unlistedFiles(stored.files, results.files))
  const { count, figures, unknown } = compareFigures({ stored, recomputed: results, changed, missing, left })
  // What is left out changes what is said of the study: then the sentences are made again of the stored numbers.
  const findings = isPartial ? asJson(studyFindings(stored)) : results.findings
  const found = {
    files,
    cells: cells.map((cell) => ({ ...cell, records: recordsOf(cell, stored) })),
    ...{ figures, unknown },
    sentences: changedSentences(stored.findings, findings),
    finding: await findingState(folder, render(stored)),
    left: ofTasks,
    rejudged: rejudge ? await rejudgeStudy(folder, stored, { ...context, ...rejudge, onProgress }) : null,
  }
  const verification: Verification = {
    schema: VERIFICATION_SCHEMA,
    study: stored.asked.name,
    folder,
    ...judged(found),
    tunediff: { stored: stored.tunediff, now: VERSION },
    compared: { figures: count, files: Object.keys(held).length },
    ...found,
  }
  return { verification, results: isPartial ? null : results }
}

type Found = Pick<
  Verification,
  'files' | 'cells' | 'figures' | 'unknown' | 'sentences' | 'finding' | 'left' | 'rejudged'
>

function judged(found: Found): Pick<Verification, 'isEqual' | 'isWhole'> {
  const { files, cells, figures, unknown, sentences, finding, left, rejudged } = found
  const differ = [files, cells, figures, unknown, sentences, rejudged?.changed ?? []]
  const isEqual = differ.every(({ length }) => length === 0) && finding === 'as-rendered'
  return { isEqual, isWhole: isEqual && left.length === 0 && (rejudged?.left ?? []).length === 0 }
}

/** Records with figures from a cell. */
function recordsOf({ key }: Pick<ChangedCell, 'key'>, results: Results): string[] {
  const base = results.asked.sides[0]?.name
  return RECORDS.flatMap((list) =>
    results[list]
      .filter(({ from }) => from.some(({ file }) => isOf(file, key)))
      .map((record) => recordName(list, record, base)),
  )
}

async function findingState(folder: string, rendered: string): Promise<Verification['finding']> {
  const text = await readFile(join(folder, FINDING_FILE), 'utf8').catch(() => null)
  if (text === null) return 'missing'
  return text === rendered ? 'as-rendered' : 'changed'
}
