// Serves one report to the browser of this machine: the page and the shards beside it, nothing else. Loopback alone, GET and
// HEAD alone, and only under the names of this machine, so that no page from elsewhere reads it (DNS rebinding).
import { type FileHandle, open, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { UserError } from '../util/errors.ts'
import { openPlain, openReport } from './page/read.ts'
import { entityTag, isKnown, type Range, rangeOf } from './serving.ts'

const HOST = '127.0.0.1'

/** The page's own policy is narrower; what it cannot say itself is that no frame may hold it. */
const CSP = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  // Asked for again each time: a report may be written anew under the same name.
  'Cache-Control': 'no-cache',
}

/** Addresses of shards, their folder decoded, and the files there. */
type Shards = ReadonlyMap<string, string>

interface Site {
  page: string
  shards: () => Promise<Shards>
}

export interface ReportServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080/`. */
  address: string
  /** Resolves when it has ended. */
  ended: Promise<void>
}

/** Serves the report at `path` until it is disposed of. `port` 0: any that is free. */
export async function serveReport(path: string, port = 0): Promise<ReportServer> {
  const shards = await followShards(path)
  const server = createServer((request, response) => {
    void answer(request, response, { page: path, shards }).catch(() => response.destroy())
  })
  await listen(server, port)
  const ended = new Promise<void>((resolve) => server.once('close', resolve))
  return {
    address: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    ended,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await ended
    },
  }
}

/** The shards of the report as it is: it may be written anew while it is served. */
async function followShards(path: string): Promise<Site['shards']> {
  const now = async (): Promise<string> => entityTag(await stat(path, { bigint: true }))
  let shards = await shardFiles(path)
  let tag = await now()
  return async () => {
    const found = await now()
    if (found !== tag) shards = await shardFiles(path)
    tag = found
    return shards
  }
}

async function shardFiles(path: string): Promise<Shards> {
  const { report } = await openReport(path)
  const { shardFolder } = report
  if (shardFolder === null) return new Map()
  return new Map(
    Object.keys(report.shards).map((name) => [
      `/${shardFolder}/${name}.gz`,
      join(dirname(path), shardFolder, `${name}.gz`),
    ]),
  )
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = { EADDRINUSE: 'is in use', EACCES: 'may not be used' }[error.code ?? '']
      if (why === undefined) return reject(error)
      reject(new UserError(`port ${port} ${why}`, { hint: 'leave --port out: any free port is taken' }))
    })
    server.listen(port, HOST, resolve)
  })
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { page, shards }: Site,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  if (!isOurs(request)) return refuse(response, 421, 'this server is asked under another name')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405, 'only GET and HEAD are answered')
  }
  const [address] = (request.url ?? '').split('?', 1) as [string]
  const isPage = address === '/'
  const file = await (isPage ? open(page) : openShard(address, shards)).catch(() => null)
  if (!file) return refuse(response, 404, `not part of ${basename(page)}`)
  try {
    await send(request, response, { file, type: isPage ? 'text/html; charset=utf-8' : 'application/gzip' })
  } finally {
    await file.close()
  }
}

/** Whether the name that was asked for is one of this machine: another site's name may have been pointed here. */
function isOurs({ headers: { host }, socket: { localPort } }: IncomingMessage): boolean {
  const names = [HOST, 'localhost', '[::1]'].map((name) => (localPort === 80 ? name : `${name}:${localPort}`))
  return host !== undefined && names.includes(host.toLowerCase())
}

/** Addresses are compared, never joined to a path: none leads anywhere but to what is listed. */
async function openShard(address: string, shards: Site['shards']): Promise<FileHandle | null> {
  const match = /^\/([^/]+)\/([a-z0-9-]+\.gz)$/.exec(address)
  const path = match && (await shards()).get(`/${decoded(match[1]!)}/${match[2]}`)
  return path ? openPlain(path) : null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { file, type }: { file: FileHandle; type: string },
): Promise<void> {
  const found = await file.stat({ bigint: true })
  const size = Number(found.size)
  const tag = entityTag(found)
  response.setHeader('ETag', tag)
  response.setHeader('Accept-Ranges', 'bytes')
  if (isKnown(request.headers['if-none-match'], tag)) return end(response, 304)
  const range = request.method === 'GET' ? rangeOf(request.headers, { tag, size }) : null
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${size}`)
    return refuse(response, 416, `it has ${size} bytes`)
  }
  const { first, last }: Range = range ?? { first: 0, last: size - 1 }
  if (range) response.setHeader('Content-Range', `bytes ${first}-${last}/${size}`)
  response.writeHead(range ? 206 : 200, { 'Content-Type': type, 'Content-Length': last - first + 1 })
  if (request.method === 'HEAD' || size === 0) return void response.end()
  await pipeline(file.createReadStream({ start: first, end: last, autoClose: false }), response)
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  end(response, status, `${text}\n`)
}

function end(response: ServerResponse, status: number, text?: string): void {
  response.writeHead(status, text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) })
  response.end(text)
}
