// Entry of a worker thread: one job at a time, errors sent back as data.
import { parentPort } from 'node:worker_threads'
import { UserError } from '../../util/errors.ts'
import { basesJob } from './basesJob.ts'
import { factorsJob } from './factorsJob.ts'
import { gramJob } from './gramJob.ts'
import type { Job } from './jobs.ts'
import { passJob } from './passJob.ts'
import type { Reply } from './pool.ts'
import { spectrumJob } from './spectrumJob.ts'

parentPort!.on('message', async (job: Job) => {
  let reply: Reply
  try {
    reply = { result: await carryOut(job) }
  } catch (error) {
    reply = { error: asData(error) }
  }
  parentPort!.postMessage(reply)
})

function carryOut(job: Job): unknown {
  switch (job.kind) {
    case 'pass':
      return passJob(job)
    case 'factors':
      return factorsJob(job)
    case 'spectrum':
      return spectrumJob(job)
    case 'bases':
      return basesJob(job)
    case 'gram':
      return gramJob(job)
  }
}

function asData(error: unknown): { message: string; hint?: string; isUser: boolean } {
  if (!(error instanceof UserError))
    return { message: String((error as Error)?.stack ?? error), isUser: false }
  return {
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    isUser: true,
  }
}
