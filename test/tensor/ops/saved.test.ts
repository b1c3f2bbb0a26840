// A layer whose backward program is given what the forward program saved has the gradients of one that computes all again.
import { describe, expect, it } from 'vitest'
import { backwardGraph } from '../../../src/tensor/tape.ts'
import { gaussian } from '../../support/matrices.ts'
import { LAYER_KEYS, layerCase } from './layerCase.ts'
import { backward, describing, draw, forward, worst } from './support.ts'

const inputs = draw(layerCase, 3)
const seed = Float32Array.from(gaussian(9, inputs.x!.length))
const lora = Object.keys(layerCase.inputs).filter((name) => name.includes('.'))

describe.each([[LAYER_KEYS], [['Q', 'O']], [['middle']], [['gate', 'up']], [['K', 'V', 'middle', 'up']]])(
  'saved %j',
  (saved) => {
    it('all weights trained, and LoRA alone', async () => {
      const { y, ...savedValues } = await forward(layerCase, inputs, { saved })
      expect(Object.keys(savedValues).sort()).toEqual(saved.map((key) => `s:${key}`).sort())
      expect([...y!]).toEqual([...(await forward(layerCase, inputs)).y!])
      for (const trained of [Object.keys(layerCase.inputs), ['x', ...lora]]) {
        const whole = await backward(layerCase, inputs, seed, { trained })
        const given = await backward(layerCase, inputs, seed, { trained, saved, savedValues })
        expect(Object.keys(given)).toEqual(trained.map((name) => `d:${name}`))
        for (const name of trained) {
          expect(worst(given[`d:${name}`]!, whole[`d:${name}`]!), name).toBeLessThan(1e-6)
        }
      }
    })
  },
)

it('what is saved is not computed again', () => {
  const names = (saved: string[]): string[] => [
    ...backwardGraph(describing(layerCase, ['x', ...lora]), saved).inputs.keys(),
  ]
  expect(names([])).toContain('norm1')
  expect(names(LAYER_KEYS)).toEqual(expect.arrayContaining(LAYER_KEYS.map((key) => `s:${key}`)))
  // The tables' sine serves the rotation of q and k forward; backward only the table of -sine is needed.
  expect(names([])).toContain('sin')
  expect(names(LAYER_KEYS)).not.toContain('sin')
})
