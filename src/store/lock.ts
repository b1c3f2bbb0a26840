// One writer a folder: a lock file that names its holder. A lock whose process is gone is taken over; others are waited for.
import { randomBytes } from 'node:crypto'
import { lstat, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../util/errors.ts'
import { isAlive } from '../util/files.ts'

const POLL_MS = 200
/** A lock file without content for this long was left by a process that was killed while making it. */
const EMPTY_MS = 5_000

type OnWait = (holder: string) => void

/** Takes `folder`'s lock; `onWait` is called once if another process holds it. */
export const lockFolder = (folder: string, onWait?: OnWait): Promise<AsyncDisposable> =>
  lockFile(join(folder, '.lock'), onWait)

/** As lockFolder; `path`: of the lock. */
export async function lockFile(path: string, onWait?: OnWait): Promise<AsyncDisposable> {
  const mine = newToken()
  let waiting = false
  for (let emptyMs = 0; ; ) {
    if (await create(path, mine)) return { [Symbol.asyncDispose]: () => release(path, mine) }
    const holder = await readHolder(path)
    if (holder === null) continue
    emptyMs = holder === '' ? emptyMs + POLL_MS : 0
    if ((isAbandoned(holder) || emptyMs > EMPTY_MS) && (await takeAway(path, holder))) continue
    if (!waiting && holder !== '') onWait?.(named(holder, path))
    waiting ||= holder !== ''
    await setTimeout(POLL_MS)
  }
}

/** What this process writes into locks: another one may have had its number before. */
const tokens = new Set<string>()

function newToken(): string {
  const token = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`
  tokens.add(token)
  return token
}

/** Null: it was released meanwhile. */
async function readHolder(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const isGone = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    // A link to nowhere stays.
    if (!isGone || (await lstat(path).catch(() => null))?.isSymbolicLink()) {
      const hint = 'it says who writes there: delete it if nobody does, or let it be read'
      throw new UserError(`the lock ${path} cannot be read`, { hint, cause })
    }
    return null
  }
}

/** Of another machine it cannot be known whether the holder is gone: the user may. */
function named(holder: string, path: string): string {
  const [host, pid] = holder.split(' ')
  return `${host}, process ${pid}${host === hostname() ? '' : ` (delete ${path} if that is gone)`}`
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Whether the holder was a process of this machine that is gone. Of other machines nothing is known. */
function isAbandoned(holder: string): boolean {
  const [host, pid] = holder.split(' ')
  if (host !== hostname()) return false
  return Number(pid) === process.pid ? !tokens.has(holder) : !isAlive(Number(pid))
}

/**
 * Removes an abandoned lock. Only one process at a time may, and it looks again: else a lock that was taken meanwhile would go.
 * False: another is at it.
 */
async function takeAway(path: string, abandoned: string): Promise<boolean> {
  const gate = `${path}.taking`
  const mine = newToken()
  if (!(await create(gate, mine))) {
    tokens.delete(mine)
    const other = await readHolder(gate)
    // Killed while it took a lock away, which takes no time.
    if (other !== null && isAbandoned(other)) await rm(gate, { force: true })
    return false
  }
  try {
    if ((await readHolder(path)) === abandoned) await rm(path, { force: true })
  } finally {
    await release(gate, mine)
  }
  return true
}

async function release(path: string, mine: string): Promise<void> {
  tokens.delete(mine)
  if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true })
}
