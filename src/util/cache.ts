// The one cache folder: boot images, downloaded tasks, imported logs, results of commands without -o.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Absolute path of the cache folder: TUNEDIFF_CACHE, else XDG_CACHE_HOME/tunediff, else ~/.cache/tunediff. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TUNEDIFF_CACHE) return resolve(env.TUNEDIFF_CACHE)
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tunediff')
}
