// What a training needs is foreseen, and refused with what would need less.
import { expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { refuseTooLarge } from '../../src/train/memory.ts'

const memory = { bytes: 9e9, parts: 'weights 9.0 GB' }

test('what does not fit is refused with both numbers and the options that need less', () => {
  const recipe = recipeSchema.parse({ method: 'lora', batch: 4 })
  expect(() => refuseTooLarge(memory, recipe, 10e9)).not.toThrow()
  expect(() => refuseTooLarge(memory, recipe, 8e9)).toThrow(
    'this training needs 9.0 GB of memory (weights 9.0 GB), and 8.0 GB may be used',
  )
  try {
    refuseTooLarge(memory, recipe, 8e9)
  } catch (error) {
    expect(error).toMatchObject({
      hint: 'less is needed with checkpointing: true, or batch: 1 with a larger accumulation, or maxTokens below 512, or method: qlora',
    })
  }
})
