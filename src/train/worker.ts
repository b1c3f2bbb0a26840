// Entry of the thread that trains.
import { endIfStopped, reply, serve } from '../model/engine/threadSide.ts'
import type { Job, Reply } from './jobs.ts'
import { previewJob } from './previewJob.ts'
import { train } from './trainer.ts'

serve(async (job: Job) => {
  if (job.kind === 'preview') return reply<Reply>({ kind: 'previewed', ...(await previewJob(job)) })
  const { folder, notes } = await train(job, {
    onMemory: (words) => reply<Reply>({ kind: 'memory', words }),
    onStep: (row, steps) => reply<Reply>({ kind: 'step', row, steps }),
    onProgram: endIfStopped,
  })
  reply<Reply>({ kind: 'trained', folder, notes })
})
