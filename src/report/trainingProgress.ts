// Where a training is, on one line: step, loss, speed, time left, memory.
import type { TrainRow } from '../schema/training.ts'
import { duration } from '../util/progress.ts'

export interface StepProgress extends Pick<TrainRow, 'step' | 'loss'> {
  seed: number
  /** Of the whole training. */
  steps: number
  /** Made by this process, which takes so many seconds for them so far and read so many tokens. */
  made: number
  seconds: number
  tokens: number
  /** Resident. */
  memoryBytes: number
}

/** `seed 1, step 12/60 · loss 1.2345 · 410 tokens/s · 3 min 5 s left · 0.9 GB`. Steps of an earlier process tell nothing of its speed. */
export function stepLine(progress: StepProgress): string {
  const { seed, step, steps, loss, made, seconds, tokens, memoryBytes } = progress
  return [
    `seed ${seed}, step ${step}/${steps}`,
    `loss ${loss.toFixed(4)}`,
    `${Math.round(tokens / seconds)} tokens/s`,
    `${duration(((steps - step) * seconds) / made)} left`,
    `${(memoryBytes / 1e9).toFixed(1)} GB`,
  ].join(' · ')
}
