// The learning rate of each step: linear, cosine and constant schedules with warm-up, as transformers' get_linear_,
// get_cosine_ and get_constant_schedule_with_warmup have them. The first step of a warm-up has learning rate 0, as there.
import type { Recipe } from '../schema/training.ts'

/** Of step `step` of `steps`, counted from 0. */
export function learningRateAt(
  { schedule, learningRate, warmup }: Pick<Recipe, 'schedule' | 'learningRate' | 'warmup'>,
  step: number,
  steps: number,
): number {
  const rising = warmupSteps(warmup, steps)
  if (step < rising) return learningRate * (step / Math.max(1, rising))
  const progress = (step - rising) / Math.max(1, steps - rising)
  switch (schedule) {
    case 'constant':
      return learningRate
    case 'linear':
      return learningRate * Math.max(0, (steps - step) / Math.max(1, steps - rising))
    case 'cosine':
      return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
  }
}

/** Steps in which the learning rate rises, as TrainingArguments counts them from a share. */
export const warmupSteps = (share: number, steps: number): number => Math.ceil(steps * share)
