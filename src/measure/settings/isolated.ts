// Runs a chat template or a tokenizer of somebody else in a child process of its own, with limits on time, memory and
// output: a template that loops, or fills the memory, ends its child and is a result here. The child has an empty
// environment; a template has no way to files or the network: Jinja values are the interpreter's own, and their
// attributes are looked up in maps, never on JavaScript objects.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

export type IsolatedJob =
  | { kind: 'render'; template: string; variables: readonly Readonly<Record<string, unknown>>[] }
  | {
      kind: 'encode'
      tokenizerPath: string
      tokenizerConfig: Readonly<Record<string, unknown>>
      addSpecial: boolean
      texts: readonly string[]
    }

export type IsolatedReply<T = unknown> = { value: T } | { error: string }

export interface IsolatedLimits {
  timeoutMs: number
  memoryMb: number
}

export const RENDER_LIMITS: IsolatedLimits = { timeoutMs: 5_000, memoryMb: 256 }
/** A vocabulary of 262,000 pieces takes some seconds to load. */
export const ENCODE_LIMITS: IsolatedLimits = { timeoutMs: 60_000, memoryMb: 2_048 }
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** One reply for each conversation or text; those that the child did not come to have the reason as error. */
export async function runIsolated<T>(job: IsolatedJob, limits: IsolatedLimits): Promise<IsolatedReply<T>[]> {
  const wanted = job.kind === 'render' ? job.variables.length : job.texts.length
  if (wanted === 0) return []
  const { lines, error } = await runChild(JSON.stringify(job), limits)
  const replies = lines.slice(0, wanted).map((line) => JSON.parse(line) as IsolatedReply<T>)
  while (replies.length < wanted) replies.push({ error })
  return replies
}

/** Path of the built child. Under a test runner that reads TypeScript this is still the file in dist/. */
const workerPath = (): string => createRequire(import.meta.url).resolve('#settings-worker')

async function runChild(
  input: string,
  { timeoutMs, memoryMb }: IsolatedLimits,
): Promise<{ lines: string[]; error: string }> {
  const child = spawn(process.execPath, [`--max-old-space-size=${memoryMb}`, workerPath()], {
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stopped: string | undefined
  const stop = (why: string): void => {
    stopped ??= why
    child.kill('SIGKILL')
  }
  const timer = setTimeout(() => stop(`it took longer than ${timeoutMs / 1000} s`), timeoutMs)
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > MAX_OUTPUT_BYTES) stop('it gave too much text')
    else chunks.push(chunk)
  })
  let diagnostics = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    diagnostics = (diagnostics + text).slice(0, 4000)
  })
  child.stdin.on('error', () => undefined) // it ended before it had read its job: the exit says so
  child.stdin.end(input)
  const end = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(signal ?? `code ${code}`))
  })
  clearTimeout(timer)
  const whole = Buffer.concat(chunks).toString('utf8')
  const lines = whole
    .slice(0, whole.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
  return { lines, error: stopped ?? deathOf(end, diagnostics, memoryMb) }
}

function deathOf(end: string, diagnostics: string, memoryMb: number): string {
  if (/heap out of memory|Allocation failed|invalid (array|table) (length|size)/i.test(diagnostics)) {
    return `it used more than ${memoryMb} MB of memory`
  }
  return `its process ended with ${end}`
}
