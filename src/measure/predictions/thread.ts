// The thread that runs the models for predictions.
import { fileURLToPath } from 'node:url'
import { EngineThread } from '../../model/engine/thread.ts'
import type { Job, Reply } from './jobs.ts'

export class PredictionsThread extends EngineThread<Job, Reply> {
  constructor() {
    super(fileURLToPath(import.meta.resolve('#predictions-worker')))
  }
}
