// One writer a folder: a lock file that names its holder. A lock whose process is gone is taken over; others are waited for.
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
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
  const mine = `${hostname()} ${process.pid} ${randomBytes(8).toString('hex')}`
  let waiting = false
  for (let emptyMs = 0; ; ) {
    if (await create(path, mine)) return { [Symbol.asyncDispose]: () => release(path, mine) }
    const holder = await readFile(path, 'utf8').catch(() => null)
    if (holder === null) continue
    emptyMs = holder === '' ? emptyMs + POLL_MS : 0
    if (isAbandoned(holder) || emptyMs > EMPTY_MS) {
      await takeAway(path, holder)
      continue
    }
    if (!waiting && holder !== '') onWait?.(named(holder, path))
    waiting ||= holder !== ''
    await setTimeout(POLL_MS)
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
  return host === hostname() && !isAlive(Number(pid))
}

/** Removes an abandoned lock. If another process put its own there meanwhile, that one is put back. */
async function takeAway(path: string, abandoned: string): Promise<void> {
  const aside = `${path}-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const taken = await readFile(aside, 'utf8')
  if (taken !== abandoned) await create(path, taken)
  await rm(aside, { force: true })
}

async function release(path: string, mine: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true })
}
