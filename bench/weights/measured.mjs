// Runs a command and says what it cost: user + system seconds, wall seconds and peak resident memory of its process, by
// GNU time (Debian's package `time`). Threads of the process are in all of them.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TIME = '/usr/bin/time'

export function measured(command, args, { env = {} } = {}) {
  if (!existsSync(TIME)) throw new Error(`${TIME} is absent: apt-get install time`)
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-time-'))
  try {
    const file = join(folder, 'time')
    const result = spawnSync(TIME, ['-o', file, '-f', '%U %S %e %M', command, ...args], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    })
    // A command that fails gets a line of its own before the numbers.
    const [user, system, wallS, peakKb] = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .at(-1)
      .split(' ')
      .map(Number)
    return {
      ok: result.status === 0,
      cpuS: user + system,
      wallS,
      peakMb: (peakKb * 1024) / 1e6,
      stdout: result.stdout,
      stderr: result.stderr,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
