// One answer as its run recorded it: its rows, out of the pieces that hold them and no others.
import type { Call } from '../../../src/schema/call.ts'
import type { ReportProblem, ReportTask, StudyReport } from '../../../src/schema/report.ts'
import type { Outcome, Sample } from '../../../src/schema/run.ts'
import { jsonShard, pieceBytes, type Source } from '../../source.ts'
import type { AnswerPlace } from './place.ts'

export interface Answer {
  place: AnswerPlace
  /** Undefined where there is none. */
  sample: Sample | undefined
  /** That counts: under the rule and by the judge of the study. */
  outcome: Outcome | undefined
  /** As far as recorded, in their order. */
  calls: readonly Call[]
}

/** What is executed is code. */
export const isProgram = ({ place: { run } }: Answer): boolean =>
  run.counts !== null && run.counts.rule !== 'answer'

export async function readAnswer(
  source: Source,
  study: StudyReport,
  problem: string,
  place: AnswerPlace,
): Promise<Answer> {
  const { run, repeat, at } = place
  const id = `${problem}#${repeat}`
  const rows = <T>(name: 'samples' | 'outcomes' | 'calls') =>
    rowsWith<T>(source, study, `${run.place}/${name}.jsonl`, run.at[name][at] ?? -1, id)
  const [samples, outcomes, calls] = await Promise.all([
    rows<Sample>('samples'),
    rows<Outcome>('outcomes'),
    rows<Call>('calls'),
  ])
  const { counts } = run
  return {
    place,
    sample: samples.findLast((row) => row.id === id),
    outcome: outcomes.findLast(
      (row) => row.sample === id && row.rule === counts?.rule && row.judge === counts.judge,
    ),
    calls: lastByKey(calls.filter((row) => row.sample === id)),
  }
}

/** Rows of a piece that name this id; the others are not even parsed. */
async function rowsWith<T>(
  source: Source,
  study: StudyReport,
  file: string,
  piece: number,
  id: string,
): Promise<T[]> {
  const bytes = piece < 0 ? undefined : await pieceBytes(source, study, file, piece)
  if (!bytes) return []
  const written = JSON.stringify(id)
  return new TextDecoder()
    .decode(bytes)
    .split('\n')
    .filter((line) => line.includes(written))
    .map((line) => JSON.parse(line) as T)
}

/** On equal keys the last one counts. */
const lastByKey = (calls: readonly Call[]): Call[] => [
  ...new Map(calls.map((call) => [call.key, call])).values(),
]

/** A problem as it is asked, and what is right; undefined where the task was not at hand. */
export async function readProblem(
  source: Source,
  { texts, problems }: ReportTask,
  problem: string,
): Promise<ReportProblem | undefined> {
  if ('absent' in texts) return undefined
  const shard = texts.shards[texts.at[problems.indexOf(problem)] ?? -1]
  if (shard === undefined) return undefined
  const all = await jsonShard<ReportProblem[]>(source, shard)
  return all.find(({ id }) => id === problem)
}
