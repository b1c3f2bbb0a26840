// Models of the Hugging Face hub: finds the commit that is meant, chooses the files that a model needs, and keeps them
// in the cache as the folder CACHE/hub/owner/name/COMMIT/name. The package @huggingface/hub resolves and lists; the
// transfer is util/download.ts, because the package's own neither checks what came nor keeps two processes apart.
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { HubApiError } from '@huggingface/hub'
import { z } from 'zod'
import { cacheFolder } from '../util/cache.ts'
import { download, type ExpectedFile, networkFault } from '../util/download.ts'
import { UserError } from '../util/errors.ts'
import { writeFileWhole } from '../util/files.ts'
import { chooseFiles, type HubFile } from './hubFiles.ts'
import type { HubSource } from './modelPath.ts'

export type OnDownload = (what: string, doneBytes: number, totalBytes: number) => void

export interface HubOptions {
  onProgress?: OnDownload
  env?: NodeJS.ProcessEnv
  /** Wait after the first failed try of a file. */
  retryMs?: number
}

interface Endpoint {
  /** Without a slash at the end. */
  url: string
  headers: Record<string, string>
}

const listingSchema = z.array(
  z.strictObject({
    path: z.string(),
    bytes: z.number().int().nonnegative(),
    hash: z.strictObject({ kind: z.enum(['sha256', 'git-sha1']), hex: z.string().regex(/^[0-9a-f]+$/) }),
  }),
)

/** Path of the model's folder, or of the named file, with every file in it whole and verified. */
export async function fetchFromHub(source: HubSource, options: HubOptions = {}): Promise<string> {
  const endpoint = endpointOf(options.env ?? process.env)
  const place = join(cacheFolder(options.env), 'hub', source.repo)
  const name = basename(source.repo)
  const commit = await resolveCommit(source, endpoint, place)
  const files = await listing({ source, endpoint, place, commit })
  const folder = join(place, commit, name)
  const readText = async (path: string): Promise<string> => {
    const file = files.find((candidate) => candidate.path === path)!
    await fetchFiles({ source, commit, folder, endpoint }, [file], options)
    return readFile(join(folder, path), 'utf8')
  }
  const wanted = await chooseFiles(`hf:${source.repo}`, files, { file: source.file, readText })
  await fetchFiles({ source, commit, folder, endpoint }, wanted, options)
  return source.file === undefined ? folder : join(folder, source.file)
}

/** HF_ENDPOINT and HF_TOKEN, as Hugging Face's own tools read them. */
function endpointOf(env: NodeJS.ProcessEnv): Endpoint {
  const url = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '')
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw new UserError(`HF_ENDPOINT is ${url}, not a URL`, { hint: 'unset it, or give https://HOST' })
  }
  return { url, headers: env.HF_TOKEN ? { authorization: `Bearer ${env.HF_TOKEN}` } : {} }
}

/**
 * fetch with the token, for the endpoint itself only: not for another server that a list points at. (The package takes
 * no token that does not begin with hf_, which those of mirrors need not do.)
 */
function fetchWithToken({ url, headers }: Endpoint): typeof fetch {
  return (input, init) => {
    const isOurs = new URL(input instanceof Request ? input.url : input).origin === new URL(url).origin
    return fetch(input, isOurs ? { ...init, headers: { ...init?.headers, ...headers } } : init)
  }
}

async function resolveCommit(
  { repo, revision }: HubSource,
  endpoint: Endpoint,
  place: string,
): Promise<string> {
  if (revision !== undefined && /^[0-9a-f]{40}$/.test(revision)) return revision
  try {
    const { modelInfo } = await import('@huggingface/hub')
    const { sha } = await modelInfo({
      name: repo,
      hubUrl: endpoint.url,
      fetch: fetchWithToken(endpoint),
      additionalFields: ['sha'],
      ...(revision === undefined ? {} : { revision }),
    })
    if (/^[0-9a-f]{40}$/.test(sha)) return sha
    throw new UserError(`${endpoint.url} gives hf:${repo} the commit '${sha}'`, { hint: 'check HF_ENDPOINT' })
  } catch (error) {
    throw hubError({ repo, revision }, endpoint, error, place)
  }
}

/** All files of a commit, which never change: listed once. */
async function listing(at: {
  source: HubSource
  endpoint: Endpoint
  place: string
  commit: string
}): Promise<HubFile[]> {
  const kept = join(at.place, at.commit, 'files.json')
  const known = await readFile(kept, 'utf8').then(
    (text) => listingSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  )
  if (known) return known
  try {
    const { listFiles } = await import('@huggingface/hub')
    const files: HubFile[] = []
    const request = { hubUrl: at.endpoint.url, fetch: fetchWithToken(at.endpoint), revision: at.commit }
    for await (const entry of listFiles({ repo: at.source.repo, recursive: true, ...request })) {
      const hash = entry.lfs ? { kind: 'sha256', hex: entry.lfs.oid } : { kind: 'git-sha1', hex: entry.oid }
      if (entry.type !== 'file') continue
      files.push({
        path: entry.path,
        bytes: entry.lfs?.size ?? entry.size,
        hash: hash as ExpectedFile['hash'],
      })
    }
    const checked = listingSchema.parse(files)
    await writeFileWhole(kept, `${JSON.stringify(checked)}\n`)
    return checked
  } catch (error) {
    throw hubError(at.source, at.endpoint, error, at.place)
  }
}

/** Downloads what is not there. A file stands under its name only when it was verified. */
async function fetchFiles(
  at: { source: HubSource; commit: string; folder: string; endpoint: Endpoint },
  files: readonly HubFile[],
  { onProgress, retryMs }: HubOptions,
): Promise<void> {
  const missing: HubFile[] = []
  for (const file of files) {
    const found = await stat(join(at.folder, file.path)).catch(() => undefined)
    if (found?.size !== file.bytes) missing.push(file)
  }
  const totalBytes = missing.reduce((sum, { bytes }) => sum + bytes, 0)
  let before = 0
  for (const file of missing) {
    const parts = file.path.split('/').map(encodeURIComponent).join('/')
    const url = `${at.endpoint.url}/${at.source.repo}/resolve/${at.commit}/${parts}`
    await download(url, join(at.folder, file.path), file, {
      headers: at.endpoint.headers,
      onProgress: (done) => onProgress?.(`downloading hf:${at.source.repo}`, before + done, totalBytes),
      ...(retryMs === undefined ? {} : { retryMs }),
    })
    before += file.bytes
  }
}

function hubError(
  { repo, revision }: Pick<HubSource, 'repo'> & { revision?: string | undefined },
  endpoint: Endpoint,
  error: unknown,
  place: string,
): unknown {
  if (error instanceof UserError) return error
  const what = `hf:${repo}${revision === undefined ? '' : `@${revision}`}`
  const { statusCode } = error as HubApiError
  const refuse = (message: string, hint: string, isWorthRetry = false): UserError =>
    new UserError(message, { hint, cause: error, isWorthRetry })
  if (statusCode === 401 || statusCode === 403) {
    return refuse(
      `${what} is not there for you: ${endpoint.url} answered ${statusCode}`,
      'check the name; a private or gated model needs HF_TOKEN, and its conditions accepted on its page',
    )
  }
  if (statusCode === 404)
    return refuse(`${what} is not on ${endpoint.url}`, 'check the name and the revision')
  if (statusCode !== undefined) {
    return refuse(`${endpoint.url} answered ${statusCode} for ${what}`, 'try again later', true)
  }
  if (error instanceof z.ZodError || error instanceof SyntaxError) {
    return refuse(`${endpoint.url} does not answer like a model hub for ${what}`, 'check HF_ENDPOINT')
  }
  return refuse(
    `${endpoint.url} cannot be asked for ${what}: ${networkFault(error)}`,
    `with a whole commit (hf:${repo}@COMMIT) what is in ${dirname(place)} is used without network`,
    true,
  )
}
