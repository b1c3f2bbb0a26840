// The thread that runs the models, seen from the main one: one job at a time, replies as they come.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { UserError } from '../../util/errors.ts'
import { beforeStopping } from '../../util/stopping.ts'
import type { Job, Reply } from './jobs.ts'

export class PredictionsThread implements AsyncDisposable {
  /** Set to 1: the thread ends at its next step. It is never torn down inside a call into onnxruntime, which aborts. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker = new Worker(fileURLToPath(import.meta.resolve('#predictions-worker')), {
    workerData: this.#stop,
  })
  readonly #exit = new Promise<void>((resolve) => void this.#worker.once('exit', () => resolve()))
  readonly #forgetHook = beforeStopping(() => this.#end())

  /** Resolves with the first reply of the kind `until`; those before it go to `onReply`. */
  run<K extends Reply['kind']>(
    job: Job,
    until: K,
    onReply: (reply: Reply) => void = () => undefined,
  ): Promise<Extract<Reply, { kind: K }>> {
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const heard = (reply: Reply): void => {
        if (reply.kind === until) {
          forget()
          resolve(reply as Extract<Reply, { kind: K }>)
        } else if (reply.kind === 'failed') failed(errorOf(reply))
        else onReply(reply)
      }
      const failed = (error: Error): void => {
        forget()
        reject(error)
      }
      const ended = (code: number): void =>
        failed(new Error(`the thread that runs the models ended with code ${code}`))
      const forget = (): void => void worker.off('message', heard).off('error', failed).off('exit', ended)
      worker.on('message', heard).on('error', failed).on('exit', ended)
      worker.postMessage(job)
    })
  }

  #end(): Promise<void> {
    Atomics.store(this.#stop, 0, 1)
    this.#worker.postMessage({ kind: 'end' } satisfies Job)
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forgetHook()
    await this.#end()
  }
}

function errorOf({ message, hint, isUser }: Extract<Reply, { kind: 'failed' }>): Error {
  return isUser ? new UserError(message, hint === undefined ? {} : { hint }) : new Error(message)
}
