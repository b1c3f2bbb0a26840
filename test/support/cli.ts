// Runs the built command line as a user does.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface CliResult {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  /** Cache folder of this run. */
  cache: string
  env?: Record<string, string>
  cwd?: string
  /** Called with the started process, to stop it. */
  started?: (child: ChildProcess) => void
}

export async function tunediff(args: readonly string[], options: CliOptions): Promise<CliResult> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...options.env, TUNEDIFF_CACHE: options.cache },
  })
  options.started?.(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, ...output }
}

/** Kills the child once a file has so many lines. */
export const killAt =
  (file: string, lines: number) =>
  (child: ChildProcess): void => {
    const timer = setInterval(() => {
      if (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= lines) return
      clearInterval(timer)
      child.kill('SIGKILL')
    }, 1)
    child.once('exit', () => clearInterval(timer))
  }
