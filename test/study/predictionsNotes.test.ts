import { expect, test } from 'vitest'
import { type PredictionsNotesInput, predictionsNotes } from '../../src/study/predictionsNotes.ts'

type Noted = PredictionsNotesInput['models'][number]

const noted = (name: string, vocabulary: number, positions?: number): Noted =>
  ({
    model: { name, config: { max_position_embeddings: positions } },
    parameters: { vocabulary },
  }) as unknown as Noted

test('output layers of other sizes: how many rows are compared; not where only bits per byte are', () => {
  const models = [noted('base', 100), noted('more', 108), noted('fewer', 96), noted('other', 50)]
  const modes = ['distributions', 'distributions', 'distributions', 'bits-per-byte'] as const
  expect(predictionsNotes({ models, modes, context: 512 })).toEqual([
    'more: its output layer has 108 rows, that of base 100; distributions are over the first 100',
    'fewer: its output layer has 96 rows, that of base 100; distributions are over the first 96',
  ])
})

test('windows longer than a model has positions for are named; as long as that is not', () => {
  const models = [noted('short', 10, 256), noted('fits', 10, 512), noted('alike', 10, 256)]
  const modes = ['distributions', 'distributions', 'distributions'] as const
  expect(predictionsNotes({ models, modes, context: 512 })).toEqual([
    'short, alike: made for 256 positions by config, and windows are of up to 512 (--context): what is predicted beyond them may say little',
  ])
  // In a study, where each variant is measured in a cell of its own, the same is said of all, and of sides.
  const names = ['base', 'fits (seed 1)', 'alike (seed 1)']
  expect(predictionsNotes({ models, modes, context: 512, names })).toEqual([
    'base: made for 256 positions by config, and windows are of up to 512: what is predicted beyond them may say little',
  ])
})
