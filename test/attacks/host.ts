// The host as an attack would like to find it: a secret file, a secret in the environment, listeners on loopback and
// on a Unix socket, a folder where files would show that something was written, prototypes and globals to pollute.

import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostname, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

/** What an attack prints where no answer should be able to print. */
const TERMINAL_CANARY = 'canary-on-terminal'
const SECRET_NAME = 'TUNEDIFF_ATTACK_SECRET'

export interface Host {
  /** What stands for @NAME@ in an attack program. */
  readonly facts: Readonly<Record<string, string>>
  /** Whether `text` holds a secret. */
  isTold(text: string): boolean
  /** What changed on the host since the last call, in words; empty if nothing. Puts it back, for the next attack. */
  traces(): string[]
  close(): Promise<void>
}

/** Opens the host's traps. The environment secret is set in this process until `close`. */
export async function openHost(): Promise<Host> {
  const secret = `tunediff-planted-${randomBytes(12).toString('hex')}`
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-host-'))
  const canaryFolder = mkdtempSync(join(tmpdir(), 'tunediff-canary-'))
  const secretFile = join(folder, 'secret.txt')
  const plant = (): void => writeFileSync(secretFile, `${secret}\n`, { mode: 0o600 })
  plant()
  process.env[SECRET_NAME] = secret
  const connections: string[] = []
  const tcp = await listen(
    (server) => server.listen(0, '127.0.0.1'),
    () => connections.push('tcp'),
  )
  const unixPath = join(folder, 'listener.sock')
  const unix = await listen(
    (server) => server.listen(unixPath),
    () => connections.push('unix'),
  )
  const port = String((tcp.address() as { port: number }).port)
  let before = fingerprint(secretFile)
  const terminal = watchTerminal()
  return {
    facts: {
      SECRET_FILE: secretFile,
      SECRET_DIR: folder,
      SECRET_NAME,
      CANARY_DIR: canaryFolder,
      PORT: port,
      UNIX_SOCKET: unixPath,
      PID: String(process.pid),
      PPID: String(process.ppid),
      HOST_NAME: hostname(),
      USER: userInfo().username,
      CWD: process.cwd(),
      TERMINAL: 'terminal',
    },
    isTold: (text) => text.includes(secret) || text.includes('LEAK:'),
    traces() {
      const now = fingerprint(secretFile)
      const files = readdirSync(canaryFolder)
      const traces = [
        ...files.map((name) => `file ${name}`),
        ...connections.splice(0).map((kind) => `${kind} connection`),
        ...terminal.take(),
        ...Object.keys(now)
          .filter((key) => now[key] !== before[key])
          .map((key) => `${key} changed`),
      ]
      for (const name of files) rmSync(join(canaryFolder, name), { recursive: true, force: true })
      if (now['secret file'] !== before['secret file']) plant()
      before = fingerprint(secretFile)
      return traces
    },
    async close() {
      delete process.env[SECRET_NAME]
      terminal.stop()
      await Promise.all([tcp, unix].map((server) => new Promise((done) => server.close(done))))
      for (const each of [folder, canaryFolder]) rmSync(each, { recursive: true, force: true })
    },
  }
}

function listen(start: (server: Server) => void, onConnection: () => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      onConnection()
      socket.on('error', () => {})
      socket.end('HTTP/1.0 200 OK\r\n\r\nhello', () => socket.destroy())
    })
    server.on('listening', () => resolve(server))
    start(server)
  })
}

// Text of an answer belongs in a verdict. A worker thread's console writes to this process's own streams.
function watchTerminal() {
  const seen: string[] = []
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }))
  for (const { stream, write } of streams) {
    stream.write = ((...args: Parameters<typeof write>) => {
      if (String(args[0]).includes(TERMINAL_CANARY)) seen.push('text on the terminal')
      return write.apply(stream, args)
    }) as typeof write
  }
  return {
    take: () => seen.splice(0),
    stop: () => {
      for (const { stream, write } of streams) stream.write = write
    },
  }
}

const PROTOTYPES = { Object, Array, Function, String, Number, Promise, Map, JSON, Reflect }

// What hostile JavaScript in this thread or process would change, as text.
function fingerprint(secretFile: string): Record<string, string> {
  const names: Record<string, string> = {}
  for (const [name, kind] of Object.entries(PROTOTYPES)) {
    const target: object = 'prototype' in kind ? (kind.prototype as object) : kind
    names[`${name} prototype`] = Reflect.ownKeys(target).map(String).join()
  }
  const { mode, mtimeMs, uid } = statSync(secretFile, { throwIfNoEntry: false }) ?? {
    mode: 0,
    mtimeMs: 0,
    uid: -1,
  }
  return {
    ...names,
    globals: Object.getOwnPropertyNames(globalThis).join(),
    environment: Object.keys(process.env).sort().join(),
    'working folder': process.cwd(),
    'secret file': mode === 0 ? 'gone' : `${readFileSync(secretFile, 'utf8')} ${mode} ${mtimeMs} ${uid}`,
  }
}
