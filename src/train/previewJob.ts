// The first examples as they would be trained on, and what the data comes to.
import { openTokenizer } from '../model/tokenizer/tokenizer.ts'
import { readExamples } from './data/examples.ts'
import { previewOf } from './data/preview.ts'
import { stepsOf } from './data/steps.ts'
import type { Previewed, PreviewJob } from './jobs.ts'
import type { TrainHooks } from './trainers.ts'

export async function previewJob(
  { tokenizer: files, recipe, data: path, seed, count }: PreviewJob,
  onExamples: TrainHooks['onExamples'],
): Promise<Previewed> {
  const tokenizer = openTokenizer(files)
  const data = await readExamples({ path, tokenizer, recipe, seed, onExamples })
  const { examples, heldOut, trainedTokens } = data.counts
  return {
    examples: previewOf(data.train, tokenizer, count),
    notes: data.notes,
    counts: { examples, heldOut, trainedTokens, steps: stepsOf({ examples: data.train, recipe, seed }) },
  }
}
