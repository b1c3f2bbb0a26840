// A run folder whose answers are made here: run.json first, then calls.jsonl and samples.jsonl as the answers come. It is
// locked as long as it is open; a run that was stopped goes on with what is missing.
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Call } from '../schema/call.ts'
import type { Run, Sample } from '../schema/run.ts'
import { UserError } from '../util/errors.ts'
import { exists } from '../util/files.ts'
import { sha256Value } from '../util/hash.ts'
import { JsonlWriter } from './jsonl.ts'
import { lockFolder } from './lock.ts'
import { isRunFolder, openSamples, readRun, readSamples, writeRun } from './runFolder.ts'

/** What is asked of a folder, before anything is answered. */
export type AskedRun = Omit<Run, 'createdAt' | 'import' | 'asked'> & { asked: NonNullable<Run['asked']> }

export interface AskedRunFolder extends AsyncDisposable {
  path: string
  run: Run
  /** Samples that it holds. */
  done: ReadonlySet<string>
  /** Rows keep their order. */
  appendCall(call: Call): Promise<void>
  appendSample(sample: Sample): Promise<void>
}

export async function openAskedRun(
  path: string,
  asked: AskedRun,
  onWait?: (folder: string, holder: string) => void,
): Promise<AskedRunFolder> {
  await refuseTaken(path)
  await mkdir(path, { recursive: true })
  const lock = await lockFolder(path, (holder) => onWait?.(path, holder))
  try {
    const run = await begin(path, asked)
    const samples = await openSamples(path)
    const done = new Set<string>()
    for await (const { id } of readSamples(path)) done.add(id)
    const calls = await JsonlWriter.open(join(path, 'calls.jsonl'))
    return {
      path,
      run,
      done,
      appendCall: (call) => calls.append(call),
      appendSample: (sample) => samples.append(sample),
      async [Symbol.asyncDispose]() {
        await calls[Symbol.asyncDispose]()
        await samples[Symbol.asyncDispose]()
        await lock[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

/** Files of something else are not ours to lie among. */
async function refuseTaken(path: string): Promise<void> {
  if (!(await exists(path)) || (await isRunFolder(path))) return
  const hint = 'give another folder with -o: it is made where it is not there'
  if (!(await stat(path)).isDirectory())
    throw new UserError(`${path} is a file, and a run is a folder`, { hint })
  const [other] = (await readdir(path)).filter((name) => !name.startsWith('.'))
  if (other !== undefined) throw new UserError(`${path} is no run folder, and ${other} lies in it`, { hint })
}

async function begin(path: string, asked: AskedRun): Promise<Run> {
  if (await isRunFolder(path)) {
    const found = await readRun(path)
    const differences = differencesOf(found, asked)
    if (differences.length === 0) return found
    throw new UserError(`${path} holds another run: ${differences.join('; ')}`, {
      hint: 'give another folder with -o, or delete that one',
    })
  }
  const { schema, name, ...rest } = asked
  const run: Run = { schema, name, createdAt: new Date().toISOString(), ...rest, import: null }
  await writeRun(path, run)
  return run
}

/** What makes two runs one: contents, not paths. A changed scorer is the same run. */
function partsOf({
  asked,
  fingerprint,
  solver,
  scoring,
  rule,
}: Omit<AskedRun, 'asked'> & Pick<Run, 'asked'>) {
  return {
    model: asked?.model.identity.slice(0, 12),
    ...fingerprint,
    solver: solver.name,
    scoring,
    rule: rule?.name,
    repeats: asked?.repeats,
    limit: asked?.limit,
    seed: asked?.seed,
  }
}

/** Of a run that is kept in the cache. */
export const askedRunKey = (run: AskedRun): string =>
  sha256Value({ ...partsOf(run), model: run.asked.model.identity })

function differencesOf(found: Run, asked: AskedRun): string[] {
  if (found.import) return [`one that was imported from ${found.import.path}`]
  const [there, here] = [partsOf(found), partsOf(asked)] as Record<string, unknown>[]
  return Object.keys({ ...there, ...here })
    .filter((key) => there![key] !== here![key])
    .map((key) => `${key} ${shown(there![key])} there, ${shown(here![key])} asked for`)
}

const shown = (value: unknown): string => String(value ?? 'none').slice(0, 60)
