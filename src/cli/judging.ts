// Opening the sandbox from the command line: wall, limits, and what is said on stderr.

import { openSandbox } from '../sandbox/index.ts'
import type { Judge, JudgeMode, Wall } from '../schema/judge.ts'
import { cacheFolder } from '../util/cache.ts'

export interface JudgingFlags {
  wall?: Wall
  single?: boolean
  timeout?: number
}

export async function openJudge(flags: JudgingFlags): Promise<Judge> {
  const mode: JudgeMode = flags.single ? 'single' : 'two'
  const wallMs = flags.timeout === undefined ? undefined : flags.timeout * 1000
  return openSandbox({
    mode,
    cacheFolder: cacheFolder(),
    wall: flags.wall ?? 'auto',
    ...(wallMs === undefined ? {} : { limits: { wallMs, retryWallMs: wallMs * 3 } }),
  })
}
