// What a run of tunediff takes: peak resident memory, read from /proc, and wall time.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = join(fileURLToPath(new URL('..', import.meta.url)), 'dist/cli/main.js')

/** Runs tunediff with its cache in a folder of its own; MB and seconds. */
export async function measured(cache, ...args) {
  const start = performance.now()
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TUNEDIFF_CACHE: cache },
  })
  let peakKb = 0
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
    } catch {
      // It has just ended.
    }
  }, 20)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(timer)
  if (code !== 0) throw new Error(`tunediff ${args[0]} ended with ${code}`)
  return { peakMb: peakKb / 1024, seconds: (performance.now() - start) / 1000 }
}
