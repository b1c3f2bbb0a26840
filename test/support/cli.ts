// Runs the command line: in this process, or, where one is to be stopped, as a user does.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { report } from '../../src/cli/exitCode.ts'
import { program } from '../../src/cli/program.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { lendImage } from './sandbox.ts'

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

/** One command after the other, in this process: starting one takes half a second. With `started` in one of its own. */
export function tunediff(args: readonly string[], options: CliOptions): Promise<CliResult> {
  if (options.started) return tunediffProcess(args, options)
  const result = last.then(() => tunediffHere(args, options))
  last = result.catch(() => undefined)
  return result
}

/** Commands that execute answers: they start in 3 s where no other test has left the boot image. */
const JUDGING = new Set(['judge', 'compare', 'run', 'verify', 'eval', 'diff'])

/** Those that do nothing else side by side: with one interpreter, since each takes a second of a core to start. */
const ON_ONE_CORE = new Set(['judge', 'compare', 'verify', 'eval'])

let last: Promise<unknown> = Promise.resolve()

async function tunediffHere(
  args: readonly string[],
  { cache, env = {}, cwd = root }: CliOptions,
): Promise<CliResult> {
  const keepImage = JUDGING.has(args[0] ?? '') ? lendImage(cache) : undefined
  const before = { env: { ...process.env }, cwd: process.cwd(), exitCode: process.exitCode }
  const giveCores = ON_ONE_CORE.has(args[0] ?? '') ? takeCores(1) : undefined
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)]
  Object.assign(process.env, { NO_COLOR: '1', ...env, TUNEDIFF_CACHE: cache })
  process.chdir(cwd)
  process.exitCode = undefined
  try {
    await (await program(args[0])).parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  } finally {
    closeFiles()
    keepImage?.()
    giveCores?.()
    for (const stream of [stdout, stderr]) stream.end()
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = before.exitCode
  process.chdir(before.cwd)
  for (const name of Object.keys(process.env)) if (!(name in before.env)) delete process.env[name]
  Object.assign(process.env, before.env)
  return { code, signal: null, stdout: stdout.text(), stderr: stderr.text() }
}

/** Lets this process see so many cores, until the function that is given back is called. */
function takeCores(count: number): () => void {
  const { availableParallelism } = os
  const see = (cores: typeof availableParallelism): void => {
    os.availableParallelism = cores
    syncBuiltinESMExports()
  }
  see(() => count)
  return () => see(availableParallelism)
}

/** Keeps what is written to a stream, instead of writing it, until the end. */
function captured(stream: NodeJS.WriteStream): { text(): string; end(): void } {
  const { write } = stream
  let text = ''
  stream.write = ((chunk: string | Uint8Array) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    return true
  }) as typeof write
  return {
    text: () => text,
    end: () => {
      stream.write = write
    },
  }
}

/** The built command line, as a user runs it. */
export async function tunediffProcess(args: readonly string[], options: CliOptions): Promise<CliResult> {
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

/** Ends the child once a file has so many lines. */
export const killAt =
  (file: string, lines: number, signal: NodeJS.Signals = 'SIGKILL') =>
  (child: ChildProcess): void => {
    const timer = setInterval(() => {
      if (!existsSync(file) || readFileSync(file, 'utf8').split('\n').length <= lines) return
      clearInterval(timer)
      child.kill(signal)
    }, 1)
    child.once('exit', () => clearInterval(timer))
  }
