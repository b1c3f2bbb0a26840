// The thread's side of thread.ts: jobs come in as messages, errors go back as data, and a flag is looked at between
// programs.
import { parentPort, workerData } from 'node:worker_threads'
import { UserError } from '../../util/errors.ts'
import type { FailedReply } from './thread.ts'

class Stopped extends Error {}

/** Throws where the process is to end. */
export function endIfStopped(): void {
  if (Atomics.load(workerData as Int32Array, 0) === 1) throw new Stopped()
}

/** Sends a reply to the main thread. */
export function reply<Reply extends { kind: string }>(message: Reply, transfer: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer)
}

/** Carries out each job as it comes, until the main thread needs the thread no longer. */
export function serve<Job extends { kind: string }>(carryOut: (job: Job) => Promise<void>): void {
  parentPort!.on('message', async (job: Job | { kind: 'end' }) => {
    if (job.kind === 'end') return parentPort!.close()
    try {
      await carryOut(job as Job)
    } catch (error) {
      if (!(error instanceof Stopped)) reply(failure(error))
    }
  })
}

function failure(error: unknown): FailedReply {
  if (!(error instanceof UserError)) {
    return { kind: 'failed', message: String((error as Error)?.stack ?? error), isUser: false }
  }
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return { kind: 'failed', message: error.message, ...hint, isUser: true }
}
