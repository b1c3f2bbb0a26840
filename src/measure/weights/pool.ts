// Worker threads that carry out jobs of jobs.ts. A thread holds its kernels and its session for its whole life.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../util/errors.ts'
import type { Job, JobResults } from './jobs.ts'

export type Reply = { result: unknown } | { error: { message: string; hint?: string; isUser: boolean } }

interface Waiting {
  job: Job
  resolve(result: never): void
  reject(error: Error): void
}

export class WeightsPool implements AsyncDisposable {
  readonly #idle: Worker[] = []
  readonly #all: Worker[] = []
  readonly #waiting: Waiting[] = []
  readonly #threads: number

  constructor(threads: number) {
    this.#threads = threads
  }

  /** Runs a job in a free thread; threads are started as they are needed. */
  run<J extends Job>(job: J): Promise<JobResults[J['kind']]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject })
      this.#advance()
    })
  }

  #advance(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop() ?? (this.#all.length < this.#threads ? this.#start() : undefined)
      if (!worker) return
      this.#hand(worker, this.#waiting.shift()!)
    }
  }

  #start(): Worker {
    const worker = new Worker(fileURLToPath(import.meta.resolve('#weights-worker')))
    this.#all.push(worker)
    return worker
  }

  #hand(worker: Worker, { job, resolve, reject }: Waiting): void {
    const heard = (reply: Reply): void => {
      forget()
      this.#idle.push(worker)
      if ('result' in reply) resolve(reply.result as never)
      else reject(errorOf(reply.error))
      this.#advance()
    }
    const failed = (error: Error): void => {
      forget()
      reject(error)
    }
    const ended = (code: number): void => failed(new Error(`a worker thread ended with code ${code}`))
    const forget = (): void => {
      worker.off('message', heard).off('error', failed).off('exit', ended)
    }
    worker.on('message', heard).on('error', failed).on('exit', ended)
    worker.postMessage(job)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.terminate()))
  }
}

function errorOf({ message, hint, isUser }: { message: string; hint?: string; isUser: boolean }): Error {
  return isUser ? new UserError(message, hint === undefined ? {} : { hint }) : new Error(message)
}
