// Entry of the thread that trains.
import { endIfStopped, reply, serve } from '../model/engine/threadSide.ts'
import type { Job, Reply } from './jobs.ts'
import { previewJob } from './previewJob.ts'
import { trainerNamed } from './trainers.ts'

const EXAMPLES_EVERY_MS = 100
let saidMs = 0

serve(async (job: Job) => {
  if (job.kind === 'preview') {
    return reply<Reply>({ kind: 'previewed', ...(await previewJob(job, onExamples)) })
  }
  const result = await trainerNamed(job.trainer)(job, {
    onExamples,
    onMemory: (words) => reply<Reply>({ kind: 'memory', words }),
    onStep: (row, pace) => reply<Reply>({ kind: 'step', row, pace }),
    onProgram: endIfStopped,
  })
  reply<Reply>({ kind: 'trained', ...result })
})

function onExamples(done: number, total: number): void {
  endIfStopped()
  if (performance.now() - saidMs < EXAMPLES_EVERY_MS) return
  saidMs = performance.now()
  reply<Reply>({ kind: 'examples', done, total })
}
