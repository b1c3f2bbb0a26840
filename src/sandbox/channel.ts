// The parent's end of one worker: start it, give it a job, hear its messages, end it. Two kinds: a thread of this
// process, and a child process behind a wall that speaks JSON lines over pipes.
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { OUTCOME_CLASSES } from '../schema/outcomes.ts'
import { onJsonLines } from './jsonLines.ts'
import type { Job } from './judgingThread.ts'
import type { WallCommand } from './walls.ts'
import type { WorkerMessage, WorkerOptions } from './worker.ts'

/** How a worker ended: in words, and whether it ran out of memory. */
export interface WorkerEnd {
  reason: string
  outOfMemory: boolean
}

export interface WorkerEvents {
  message(message: WorkerMessage): void
  /** The worker is gone; told once. */
  end(end: WorkerEnd): void
}

export interface WorkerChannel {
  send(job: Job): void
  /** Ends the worker, whatever it is doing; resolves when it is gone. */
  kill(): Promise<void>
}

const STACK_MB = 256
const MAX_DIAGNOSTIC_CHARS = 2000
/** Room for a verdict's other fields and for escaped output, above what output itself takes. */
const MAX_MESSAGE_OVERHEAD_BYTES = 65_536

/** Path of the built worker. Under a test runner that reads TypeScript this is still the file in dist/. */
export function workerPath(): string {
  return createRequire(import.meta.url).resolve('#sandbox-worker')
}

/** A worker thread with a deep stack and an empty environment. */
export function startThread(options: WorkerOptions, events: WorkerEvents): WorkerChannel {
  const worker = new Worker(workerPath(), {
    workerData: options,
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { stackSizeMb: STACK_MB },
  })
  let failure: NodeJS.ErrnoException | undefined
  worker.on('message', events.message)
  worker.on('error', (error) => {
    failure = error as NodeJS.ErrnoException
  })
  worker.on('exit', (code) => {
    events.end({
      reason: failure ? failure.message : `the worker thread ended with code ${code}`,
      outOfMemory: failure?.code === 'ERR_WORKER_OUT_OF_MEMORY',
    })
  })
  return {
    send: (job) => worker.postMessage(job),
    kill: async () => {
      await worker.terminate()
    },
  }
}

/** A child process inside a wall. Jobs go to its stdin, messages come from its descriptor 3. */
export function startChild(wall: WallCommand, options: WorkerOptions, events: WorkerEvents): WorkerChannel {
  const child = spawn(wall.command, wall.args, { env: {}, stdio: ['pipe', 'ignore', 'pipe', 'pipe'] })
  const diagnostics = keepDiagnostics(child)
  const gone = new Promise<void>((resolve) => {
    const end = (reason: string): void => {
      const complaint = diagnostics()
      events.end({
        reason: `${reason}${complaint && `: ${complaint}`}`,
        outOfMemory: /out of memory/i.test(complaint),
      })
      resolve()
    }
    let failure: Error | undefined // 'close' follows in any case
    child.once('error', (error) => {
      failure = error
    })
    child.once('close', (code, signal) =>
      end(
        failure
          ? `the worker process could not be started: ${failure.message}`
          : `the worker process ended with ${signal ?? `code ${code}`}`,
      ),
    )
  })
  child.stdin!.on('error', () => {}) // a dying child breaks the pipe; its end is told by 'close'
  hearChild(child, options, events)
  const write = (value: unknown): void => {
    child.stdin!.write(`${JSON.stringify(value)}\n`)
  }
  write(options)
  return {
    send: write,
    kill: () => {
      child.kill('SIGKILL')
      return gone
    },
  }
}

const messageSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({ kind: z.literal('broken'), message: z.string() }),
  z.strictObject({
    kind: z.literal('result'),
    recycle: z.boolean(),
    verdict: z.strictObject({
      class: z.enum(OUTCOME_CLASSES),
      exception: z.string().max(200).optional(),
      message: z.string().max(200).optional(),
      output: z.string().optional(),
      wallMs: z.number(),
      cpuMs: z.number().optional(),
      deniedImport: z.string().max(200).optional(),
    }),
  }),
])

/** What a child says is checked: the wall stands because it may have been taken over. */
function hearChild(child: ChildProcess, options: WorkerOptions, events: WorkerEvents): void {
  onJsonLines(child.stdio[3] as Readable, {
    maxBytes: options.outputBytes * 6 + MAX_MESSAGE_OVERHEAD_BYTES, // JSON escapes a byte as \u00xx
    receive(value) {
      const message = messageSchema.safeParse(value)
      if (message.success) events.message(message.data as WorkerMessage)
      else child.kill('SIGKILL')
    },
    fault: () => child.kill('SIGKILL'),
  })
}

function keepDiagnostics(child: ChildProcess): () => string {
  let text = ''
  child.stderr!.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-MAX_DIAGNOSTIC_CHARS)
  })
  return () => text.trim()
}
