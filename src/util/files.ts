// Files and folders that are written whole or not at all.
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from './errors.ts'

const TEMPORARY = /^\.tmp-(\d+)-[0-9a-f]+-/

/** Writes `path` under a temporary name, then renames: a reader sees the old file or the new one. */
export async function writeFileWhole(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = temporaryName(path)
  try {
    const handle = await open(temporary, 'wx')
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Fills a folder under a temporary name, then renames it to `path`, which must not exist. */
export async function writeFolderWhole(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await removeAbandoned(path)
  const temporary = temporaryName(path)
  try {
    await mkdir(temporary)
    await fill(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

/** Refuses a path of which a part, or which itself, is a file where a folder is wanted. `what` goes there. */
export async function refuseFile(path: string, what: string): Promise<void> {
  for (let place = resolve(path); ; place = dirname(place)) {
    const found = await stat(place).catch(() => null)
    if (found === null) continue
    if (found.isDirectory()) return
    const shown = place === resolve(path) ? path : place
    throw new UserError(`${shown} is a file, and ${what} ${what.endsWith('s') ? 'go' : 'goes'} to a folder`, {
      hint: '-o DIR: a folder, which is made where it is not there',
    })
  }
}

/** A name beside `path` for what is not whole yet; removeAbandoned knows it. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.tmp-${process.pid}-${randomBytes(4).toString('hex')}-${basename(path)}`)
}

/** Removes temporary files and folders of `path` whose writer was killed. */
export async function removeAbandoned(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const match = TEMPORARY.exec(name)
    if (!match || !name.endsWith(`-${basename(path)}`) || isAlive(Number(match[1]))) continue
    await rm(join(dirname(path), name), { recursive: true, force: true })
  }
}

/** Removes all temporary files and folders below `folder` whose writer was killed. */
export async function removeAllAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const match = TEMPORARY.exec(entry.name)
    if (match && !isAlive(Number(match[1]))) await rm(path, { recursive: true, force: true })
    else if (entry.isDirectory()) await removeAllAbandoned(path)
  }
}

/** Whether a process with this id runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether anything is at `path`. */
export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
