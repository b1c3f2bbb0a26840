// A stand-in for the model hub on this machine: lists, small files, and large files behind a redirect to a second
// server, as the real one has it; connections can be cut.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const COMMIT = 'c0ffee'.padEnd(40, '0')

export interface Repo {
  /** Path to content. */
  files: Record<string, Buffer>
  /** Those in large-file storage, with a SHA-256. */
  large: readonly string[]
}

export interface Fault {
  /** How often a connection for a large file is cut, half-way through what is left of it. */
  cuts?: number
  ignoresRange?: boolean
  /** What is sent instead of a file. */
  instead?: Record<string, Buffer>
  /** Status of every answer. */
  status?: number
  /** Put into the list of files. */
  extraEntries?: object[]
}

export interface HubServer extends AsyncDisposable {
  url: string
  fault: Fault
  /** `METHOD path` of every request; those to the storage server begin with `storage`. */
  requests: string[]
  /** Authorization headers that the storage server saw. */
  leakedTokens: string[]
  /** Authorization headers that the hub saw. */
  tokens: Set<string | undefined>
}

export async function startHub(repo: string, { files, large }: Repo): Promise<HubServer> {
  const seen = {
    requests: [] as string[],
    leakedTokens: [] as string[],
    tokens: new Set<string | undefined>(),
  }
  const state = { fault: {} as Fault }
  const sent = (path: string): Buffer => state.fault.instead?.[path] ?? files[path]!

  const storage = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1))
    seen.requests.push(`storage ${path} ${request.headers.range ?? ''}`.trim())
    if (request.headers.authorization) seen.leakedTokens.push(request.headers.authorization)
    sendLarge(request, response, sent(path), state.fault)
  })
  const hub = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub')
    seen.requests.push(`${request.method} ${url.pathname}`)
    seen.tokens.add(request.headers.authorization)
    const json = (value: unknown, headers = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(value))
    }
    if (state.fault.status) return void response.writeHead(state.fault.status).end()
    if (
      /^\/api\/models\/.*\/revision\/(HEAD|main)$/.test(url.pathname) &&
      url.pathname.includes(`/${repo}/`)
    ) {
      return json({ _id: '1', id: repo, sha: COMMIT, lastModified: '2026-01-01T00:00:00Z' })
    }
    if (url.pathname === `/api/models/${repo}/tree/${COMMIT}`) {
      // In two pages, as the hub does with long lists.
      const entries = [
        ...Object.keys(files).map((path) => entryOf(path, files[path]!, large)),
        ...(state.fault.extraEntries ?? []),
      ]
      const next = `http://${request.headers.host}${url.pathname}?page=2`
      return url.searchParams.has('page')
        ? json(entries.slice(1))
        : json(entries.slice(0, 1), { link: `<${next}>; rel="next"` })
    }
    const path = decodeURIComponent(url.pathname.replace(`/${repo}/resolve/${COMMIT}/`, ''))
    if (!Object.hasOwn(files, path)) return void response.writeHead(404).end()
    if (large.includes(path)) {
      const { port } = storage.address() as AddressInfo
      return void response
        .writeHead(302, { location: `http://127.0.0.1:${port}/${encodeURIComponent(path)}` })
        .end()
    }
    response.writeHead(200).end(sent(path))
  })
  const url = await listen(hub)
  await listen(storage)
  return {
    url,
    ...seen,
    get fault() {
      return state.fault
    },
    set fault(fault) {
      state.fault = fault
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([hub, storage].map(close))
    },
  }
}

function sendLarge(request: IncomingMessage, response: ServerResponse, content: Buffer, fault: Fault): void {
  const range = fault.ignoresRange ? undefined : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
  const start = Number(range?.[1] ?? 0)
  const part = content.subarray(start)
  response.writeHead(range ? 206 : 200, {
    'content-length': part.length,
    ...(range ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  })
  if (!fault.cuts) return void response.end(part)
  fault.cuts--
  response.write(part.subarray(0, Math.ceil(part.length / 2)), () => cutLater(response))
}

/** Some turns of the event loop later, so that the client, which is in this process, has seen what was sent. */
function cutLater(response: ServerResponse, turns = 5): void {
  if (turns === 0) response.destroy()
  else setTimeout(() => cutLater(response, turns - 1), 5)
}

function entryOf(path: string, content: Buffer, large: readonly string[]): object {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  const lfs = {
    oid: createHash('sha256').update(content).digest('hex'),
    size: content.length,
    pointerSize: 134,
  }
  return { type: 'file', path, size: content.length, oid, ...(large.includes(path) ? { lfs } : {}) }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
