// A run on disk: run.json, samples.jsonl and outcomes.jsonl in one folder.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type JudgeRecord,
  judgeRecordSchema,
  type Outcome,
  outcomeSchema,
  type Run,
  runSchema,
  type Sample,
  sampleSchema,
} from '../schema/run.ts'
import { UserError } from '../util/errors.ts'
import { writeFileWhole } from '../util/files.ts'
import { JsonlWriter, readRows } from './jsonl.ts'

const RUN_FILE = 'run.json'
const SAMPLES_FILE = 'samples.jsonl'
const OUTCOMES_FILE = 'outcomes.jsonl'
const JUDGES_FILE = 'judges.jsonl'

export async function isRunFolder(path: string): Promise<boolean> {
  return stat(join(path, RUN_FILE)).then(
    (file) => file.isFile(),
    () => false,
  )
}

/** Reads and checks run.json; a folder that is no run, or of another schema, is an error. */
export async function readRun(folder: string): Promise<Run> {
  const path = join(folder, RUN_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new UserError(`${folder} is not a run folder: it has no ${RUN_FILE}`, {
      hint: `make one with 'tunediff import FILE -o DIR'`,
      cause,
    })
  }
  const run = runSchema.safeParse(parseJson(path, text))
  if (run.success) return run.data
  const issue = run.error.issues[0]
  throw new UserError(`${path}: ${issue?.path.join('.') || 'content'}: ${issue?.message}`, {
    hint: 'import the log again with this version of tunediff',
    cause: run.error,
  })
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: 'import the log again', cause })
  }
}

export async function writeRun(folder: string, run: Run): Promise<void> {
  await writeFileWhole(join(folder, RUN_FILE), `${JSON.stringify(run, null, 2)}\n`)
}

export function readSamples(folder: string): AsyncGenerator<Sample> {
  return readRows(join(folder, SAMPLES_FILE), sampleSchema)
}

export function readOutcomes(folder: string): AsyncGenerator<Outcome> {
  return readRows(join(folder, OUTCOMES_FILE), outcomeSchema)
}

export function openSamples(folder: string): Promise<JsonlWriter> {
  return JsonlWriter.open(join(folder, SAMPLES_FILE))
}

export function openOutcomes(folder: string): Promise<JsonlWriter> {
  return JsonlWriter.open(join(folder, OUTCOMES_FILE))
}

/** The judges of a run's outcomes, by their hash. */
export async function readJudges(folder: string): Promise<Map<string, JudgeRecord>> {
  const judges = new Map<string, JudgeRecord>()
  for await (const judge of readRows(join(folder, JUDGES_FILE), judgeRecordSchema))
    judges.set(judge.id, judge)
  return judges
}

/** Notes a judge, once. */
export async function noteJudge(folder: string, judge: JudgeRecord): Promise<void> {
  if ((await readJudges(folder)).has(judge.id)) return
  await using writer = await JsonlWriter.open(join(folder, JUDGES_FILE))
  await writer.append(judge)
}
