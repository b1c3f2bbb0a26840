// A thread that runs models, seen from the main one: one job at a time, replies as they come. The other side is
// threadSide.ts. It is never torn down inside a call into onnxruntime, which aborts the process: it ends itself.
import { Worker } from 'node:worker_threads'
import { UserError } from '../../util/errors.ts'
import { beforeStopping } from '../../util/stopping.ts'

export interface FailedReply {
  kind: 'failed'
  message: string
  hint?: string
  isUser: boolean
}

type Kinds<Reply> = Reply extends { kind: infer Kind } ? Kind : never

export class EngineThread<Job extends { kind: string }, Reply extends { kind: string }>
  implements AsyncDisposable
{
  /** Set to 1: the thread ends at its next step. */
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  readonly #worker: Worker
  readonly #exit: Promise<void>
  readonly #forgetHook: () => void

  constructor(entry: string) {
    this.#worker = new Worker(entry, { workerData: this.#stop })
    this.#exit = new Promise((resolve) => void this.#worker.once('exit', () => resolve()))
    this.#forgetHook = beforeStopping(() => this.#end())
  }

  /** Resolves with the first reply of the kind `until`; those before it go to `onReply`. */
  run<K extends Kinds<Reply>>(
    job: Job,
    until: K,
    onReply: (reply: Reply) => void = () => undefined,
  ): Promise<Extract<Reply, { kind: K }>> {
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const heard = (reply: Reply | FailedReply): void => {
        if (reply.kind === until) {
          forget()
          resolve(reply as Extract<Reply, { kind: K }>)
        } else if (reply.kind === 'failed') failed(errorOf(reply as FailedReply))
        else onReply(reply as Reply)
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
    this.#worker.postMessage({ kind: 'end' })
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forgetHook()
    await this.#end()
  }
}

function errorOf({ message, hint, isUser }: FailedReply): Error {
  return isUser ? new UserError(message, hint === undefined ? {} : { hint }) : new Error(message)
}
