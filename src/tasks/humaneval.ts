// The HumanEval problems (Chen et al. 2021, arXiv 2107.03374): a local copy, else a download from their public home
// at a pinned commit. What is used is checked against the pinned hash, wherever it came from.
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Asking, CodeTask } from '../schema/problem.ts'
import { UserError } from '../util/errors.ts'
import { exists, writeFileWhole } from '../util/files.ts'
import { sha256 } from '../util/hash.ts'
import { readProblems } from './problems.ts'

const COMMIT = '6d43fb980f9fee3c892a914eda09951f772ad10d'
const FILE = 'HumanEval.jsonl.gz'
export const HUMANEVAL_URL = `https://raw.githubusercontent.com/openai/human-eval/${COMMIT}/data/${FILE}`
/** SHA-256 of the decompressed file: gzip writers differ, the problems may not. */
export const HUMANEVAL_SHA256 = '1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2'

/** Greedy, ended by the paper's stop words (arXiv 2107.03374, section 2.1): what follows the function is not asked for. */
export const CODE_ASKING: Asking = {
  maxTokens: 512,
  temperature: 0,
  topP: 1,
  stops: ['\nclass', '\ndef', '\n#', '\nif', '\nprint'],
}

/** The file has 45 kB, 215 kB decompressed; more is something else. */
const MAX_DOWNLOAD_BYTES = 4 * 1024 * 1024
const TIMEOUT_MS = 60_000

export interface TaskContext {
  env: NodeJS.ProcessEnv
  cacheFolder: string
  /** Stands in for the network in tests. */
  fetch?: typeof fetch
  timeoutMs?: number
  /** Bytes of a download so far and in all (null: the server does not say). */
  onDownload?: (bytes: number, totalBytes: number | null) => void
  /** What is odd about a task and no error. */
  onWarning?: (text: string) => void
}

/** Path of the copy that would be used, or null if the problems must be downloaded first. */
export async function findHumanEval(
  context: Pick<TaskContext, 'env' | 'cacheFolder'>,
): Promise<string | null> {
  for (const place of places(context)) if (await exists(place)) return place
  return null
}

/** The official HumanEval problems; downloads them into the cache where no copy is found. */
export async function humanEval(context: TaskContext): Promise<CodeTask> {
  const found = await findHumanEval(context)
  if (found !== null) return pinned(found)
  const cached = places(context).at(-1)!
  await writeFileWhole(cached, await download(context, places(context)[0]!))
  return pinned(cached)
}

/** Where copies are looked for: the data folder that the user names, then the cache. */
function places({ env, cacheFolder }: Pick<TaskContext, 'env' | 'cacheFolder'>): string[] {
  const cached = join(cacheFolder, 'tasks', FILE)
  return env.TUNEDIFF_DATA ? [join(env.TUNEDIFF_DATA, 'humaneval', FILE), cached] : [cached]
}

async function pinned(path: string): Promise<CodeTask> {
  const { problems, identity } = await readProblems(path)
  if (identity !== HUMANEVAL_SHA256) {
    throw new UserError(
      `${path} does not hold the official HumanEval problems: its SHA-256 is ${identity.slice(0, 12)}, theirs ${HUMANEVAL_SHA256.slice(0, 12)}`,
      { hint: 'delete the file to have them downloaded, or name yours by path with --task' },
    )
  }
  return { kind: 'code', name: 'humaneval', identity, path, asking: CODE_ASKING, problems }
}

async function download(context: TaskContext, place: string): Promise<Uint8Array> {
  const refuse = (why: string, cause?: unknown): UserError =>
    new UserError(`the HumanEval problems are not on this machine, and ${why}`, {
      hint: `get ${FILE} from https://github.com/openai/human-eval (folder data) and put it at ${place}`,
      cause,
    })
  const compressed = await fetchBytes(context, refuse)
  let content: Uint8Array
  try {
    content = gunzipSync(compressed, { maxOutputLength: 4 * MAX_DOWNLOAD_BYTES })
  } catch (cause) {
    throw refuse(`what came from ${HUMANEVAL_URL} is not whole gzip data`, cause)
  }
  const identity = sha256(content)
  if (identity === HUMANEVAL_SHA256) return compressed
  throw refuse(
    `what came from ${HUMANEVAL_URL} has SHA-256 ${identity.slice(0, 12)} instead of ${HUMANEVAL_SHA256.slice(0, 12)}`,
  )
}

async function fetchBytes(
  context: TaskContext,
  refuse: (why: string, cause?: unknown) => UserError,
): Promise<Uint8Array> {
  const timeoutMs = context.timeoutMs ?? TIMEOUT_MS
  const signal = AbortSignal.timeout(timeoutMs)
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    const response = await (context.fetch ?? fetch)(HUMANEVAL_URL, { signal, redirect: 'follow' })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw refuse(`${HUMANEVAL_URL} answered ${response.status} ${response.statusText}`.trimEnd())
    }
    const length = Number(response.headers.get('content-length'))
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      parts.push(part)
      bytes += part.length
      if (bytes > MAX_DOWNLOAD_BYTES) throw refuse(`${HUMANEVAL_URL} sends more than the file has`)
      context.onDownload?.(bytes, length > 0 ? length : null)
    }
  } catch (error) {
    if (error instanceof UserError) throw error
    if (signal.aborted)
      throw refuse(`${HUMANEVAL_URL} did not deliver them within ${timeoutMs / 1000} s`, error)
    throw refuse(`they cannot be downloaded from ${HUMANEVAL_URL}: ${causeOf(error)}`, error)
  }
  return Buffer.concat(parts)
}

/** What undici hides behind "fetch failed". */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message
}
