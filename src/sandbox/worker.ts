// Entry of a worker: a thread of this process, or a child process inside a second wall. It boots, says that it is
// ready, and judges one job at a time. Requests and replies are plain data (channel.ts has the other end).
import { constants, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { JudgeMode } from '../schema/judge.ts'
import { unpackImage } from './imageFile.ts'
import { onJsonLines } from './jsonLines.ts'
import { type Job, type JobResult, openJudgingThread } from './judgingThread.ts'
import { capMemory, type MemoryImage } from './memory.ts'

/** What a worker is started with. A thread is given the compiled module and the image; a child process reads them. */
export interface WorkerOptions {
  mode: JudgeMode
  pyodideFolder: string
  memoryBytes: number
  outputBytes: number
  imagePath: string
  module?: WebAssembly.Module
  image?: MemoryImage
}

export type WorkerMessage =
  | { kind: 'ready' }
  | ({ kind: 'result' } & JobResult)
  | { kind: 'broken'; message: string }

type Send = (message: WorkerMessage) => void

/** Boots, and returns what is to be done with each job. The caller hears jobs only after that: see `ready`. */
async function serve(options: WorkerOptions, send: Send): Promise<(job: Job) => void> {
  const judge = await openJudgingThread({ ...options, ...(await materials(options)) })
  setImmediate(() => send({ kind: 'ready' }))
  return (job) => send({ kind: 'result', ...judge(job) })
}

async function materials(options: WorkerOptions) {
  const { module, image, pyodideFolder, memoryBytes, imagePath } = options
  return {
    module:
      module ??
      (await WebAssembly.compile(
        capMemory(readFileSync(join(pyodideFolder, 'pyodide.asm.wasm')), memoryBytes),
      )),
    image: image ?? unpackImage(readFileSync(imagePath))!,
  }
}

function serveThread(port: MessagePort): void {
  const send = (message: WorkerMessage): void => port.postMessage(message)
  serve(workerData as WorkerOptions, send).then(
    (judge) => port.on('message', judge),
    (error: unknown) => send({ kind: 'broken', message: String(error) }),
  )
}

const REPLY_FD = 3
const MAX_JOB_BYTES = 512 * 1024 * 1024

/** Requests on stdin, the options first, then jobs one at a time; messages to descriptor 3. */
function serveChild(): void {
  const send = (message: WorkerMessage): void => {
    const data = Buffer.from(`${JSON.stringify(message)}\n`)
    for (let at = 0; at < data.length; ) at += writeSync(REPLY_FD, data, at)
  }
  const broken = (reason: unknown): void => send({ kind: 'broken', message: String(reason) })
  let judge: ((job: Job) => void) | undefined
  onJsonLines(process.stdin, {
    maxBytes: MAX_JOB_BYTES,
    fault: broken,
    receive(value) {
      if (judge) return judge(value as Job)
      serve(value as WorkerOptions, send).then((ready) => {
        judge = ready
      }, broken)
    },
  })
}

// pyodide asks for these numbers in a way that Node's permission flag refuses.
if (process.permission) Object.assign(process, { binding: () => ({ fs: constants }) })

if (isMainThread) serveChild()
else serveThread(parentPort!)
