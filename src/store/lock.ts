// One writer a folder: a lock file that names the process. A lock whose process is gone is taken over.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { UserError } from '../util/errors.ts'
import { isAlive } from '../util/files.ts'

/** Takes `folder`'s lock, or fails with the process that holds it. */
export async function lockFolder(folder: string): Promise<AsyncDisposable> {
  const path = join(folder, '.lock')
  for (let attempt = 0; ; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' })
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = Number(await readFile(path, 'utf8').catch(() => ''))
      // The holder may be between creating the file and writing its id.
      if (holder === 0 && attempt < 3) await setTimeout(50)
      if (attempt > 3 || (holder > 0 && holder !== process.pid && isAlive(holder))) {
        throw new UserError(`${folder} is being written by process ${holder}`, {
          hint: `wait until it ends, or delete ${path} if it is no tunediff`,
        })
      }
      if (holder !== 0 || attempt >= 3) await rm(path, { force: true })
    }
  }
}
