// One file over HTTP, whole and verified or not at all: written under a temporary name, continued where a connection
// was cut, checked against the size and hash that are expected, then renamed. For small files that are kept in memory a
// plain fetch does.
import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from './errors.ts'
import { removeAbandoned, temporaryName } from './files.ts'

export interface ExpectedFile {
  bytes: number
  /** `git-sha1` is the id of a git blob: SHA-1 over "blob SIZE\0" and the content. */
  hash: { kind: 'sha256' | 'git-sha1'; hex: string }
}

export interface DownloadOptions {
  headers?: Record<string, string>
  /** Bytes of this file that are there. It falls when a transfer begins again. */
  onProgress?: (doneBytes: number) => void
  /** Tries in a row that bring not one byte, after which the file is given up. */
  tries?: number
  /** Wait after the first failed try; it doubles. */
  retryMs?: number
  /** A connection that brings nothing for this long is taken for cut. */
  idleMs?: number
}

/** Why a try ended: worth another one or not. */
class Refused extends Error {}

/** Downloads `url` to `path`. A file that cannot be had whole and as expected is a UserError, and nothing is at `path`. */
export async function download(
  url: string,
  path: string,
  expected: ExpectedFile,
  options: DownloadOptions = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await removeAbandoned(path)
  const temporary = temporaryName(path)
  const tries = options.tries ?? 5
  const transfer = new Transfer(url, temporary, expected, options)
  try {
    for (let failed = 0; !transfer.isWhole; ) {
      const before = transfer.doneBytes
      const fault = await transfer.attempt().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (fault === undefined) continue
      failed = transfer.doneBytes > before ? 1 : failed + 1
      if (fault instanceof UserError) throw fault
      if (fault instanceof Refused || failed >= tries) throw unreachable(url, fault)
      await setTimeout((options.retryMs ?? 1000) * 2 ** (failed - 1))
    }
    await transfer.finish()
    await rename(temporary, path)
  } catch (error) {
    await transfer.close()
    await rm(temporary, { force: true })
    throw error
  }
}

/** One file under way, over as many connections as it takes. */
class Transfer {
  doneBytes = 0
  readonly #url: string
  readonly #path: string
  readonly #expected: ExpectedFile
  readonly #options: DownloadOptions
  #hash: Hash
  #file: Awaited<ReturnType<typeof open>> | undefined

  constructor(url: string, path: string, expected: ExpectedFile, options: DownloadOptions) {
    this.#url = url
    this.#path = path
    this.#expected = expected
    this.#options = options
    this.#hash = startHash(expected)
  }

  get isWhole(): boolean {
    return this.#file !== undefined && this.doneBytes === this.#expected.bytes
  }

  /** One connection, from where the last one ended. */
  async attempt(): Promise<void> {
    this.#file ??= await open(this.#path, 'wx')
    const abort = new AbortController()
    const idleMs = this.#options.idleMs ?? 60_000
    const idle = globalThis.setTimeout(() => abort.abort(new Error(`no byte for ${idleMs / 1000} s`)), idleMs)
    try {
      const response = await fetch(this.#url, {
        signal: abort.signal,
        headers: {
          ...this.#options.headers,
          'accept-encoding': 'identity',
          ...(this.doneBytes > 0 ? { range: `bytes=${this.doneBytes}-` } : {}),
        },
      })
      await this.#checkStatus(response)
      for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        idle.refresh()
        await this.#add(part)
      }
      if (!this.isWhole)
        throw new Error(`the connection ended after ${this.doneBytes} of ${this.#expected.bytes} bytes`)
    } finally {
      clearTimeout(idle)
      abort.abort()
    }
  }

  async #checkStatus(response: Response): Promise<void> {
    const { status } = response
    if (status === 206 && this.doneBytes > 0) {
      if (response.headers.get('content-range')?.startsWith(`bytes ${this.doneBytes}-`)) return
      throw new Refused(`it answered another part than bytes ${this.doneBytes} and up`)
    }
    if (status === 200) return this.#startOver()
    const what = `it answered ${status} ${response.statusText}`.trimEnd()
    throw status >= 500 || status === 408 || status === 429 ? new Error(what) : new Refused(what)
  }

  async #startOver(): Promise<void> {
    await this.#file!.truncate(0)
    this.doneBytes = 0
    this.#hash = startHash(this.#expected)
  }

  async #add(part: Uint8Array): Promise<void> {
    if (this.doneBytes + part.length > this.#expected.bytes) {
      throw new Refused(`it sends more than the ${this.#expected.bytes} bytes that the file has`)
    }
    await this.#write(part)
    this.#hash.update(part)
    this.doneBytes += part.length
    this.#options.onProgress?.(this.doneBytes)
  }

  async #write(part: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < part.length; ) {
        at += (await this.#file!.write(part, at, part.length - at, this.doneBytes + at)).bytesWritten
      }
    } catch (error) {
      throw new UserError(`${dirname(this.#path)} cannot be written: ${(error as Error).message}`, {
        hint: 'make room, or set TUNEDIFF_CACHE to a folder on another disk',
        cause: error,
      })
    }
  }

  async finish(): Promise<void> {
    const hex = this.#hash.digest('hex')
    const { hash } = this.#expected
    if (hex !== hash.hex) {
      throw new UserError(
        `${this.#url} came with ${hash.kind} ${hex.slice(0, 12)} instead of ${hash.hex.slice(0, 12)}`,
        { hint: 'start again; if it stays, a proxy or the server changes the file' },
      )
    }
    await this.#file!.sync()
    await this.close()
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }
}

function startHash({ bytes, hash }: ExpectedFile): Hash {
  return hash.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`)
}

function unreachable(url: string, fault: unknown): UserError {
  return new UserError(`${url} cannot be downloaded: ${networkFault(fault)}`, {
    hint: 'what was downloaded is kept, file by file: start again when the network is back',
    cause: fault,
    isWorthRetry: true,
  })
}

/** What undici hides behind "fetch failed". */
export function networkFault(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message
}
