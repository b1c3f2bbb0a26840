// AdamW, clipping and schedules against torch.optim.AdamW, clip_grad_norm_ and transformers (goldens/training/optimiser.py).
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Recipe, recipeSchema } from '../../src/schema/training.ts'
import { openAdamWKernel } from '../../src/tensor/adamw.ts'
import { type AdamW, openAdamW } from '../../src/train/adamw.ts'
import { clipFactor } from '../../src/train/clip.ts'
import type { Trained } from '../../src/train/methods/index.ts'
import { learningRateAt } from '../../src/train/schedule.ts'
import { root } from '../support/cli.ts'
import { relativeError } from '../support/engine.ts'

type ByName = Record<string, number[]>

interface Golden {
  recipe: Record<string, unknown>
  parts: Pick<Trained, 'name' | 'shape' | 'group' | 'hasDecay'>[]
  first: ByName
  steps: { gradients: ByName; norm: number; learningRate: number; values: ByName }[]
  moments: Record<string, { m: number[]; v: number[] }>
}

const goldens = JSON.parse(readFileSync(join(root, 'test/goldens/training/optimiser.json'), 'utf8')) as {
  cases: Record<string, Golden>
  schedules: { recipe: Record<string, unknown>; steps: number; rates: number[] }[]
}

/** The largest difference of an element relative to it; elements below a hundredth of the largest count as that. */
function apart(ours: ArrayLike<number>, theirs: readonly number[]): number {
  expect(ours.length).toBe(theirs.length)
  const largest = Math.max(...theirs.map(Math.abs))
  return Math.max(
    ...theirs.map((value, i) => Math.abs(ours[i]! - value) / Math.max(Math.abs(value), largest / 100)),
  )
}

const gradientsOf = (values: ByName): Map<string, Float32Array> =>
  new Map(Object.entries(values).map(([name, numbers]) => [name, Float32Array.from(numbers)]))

function begin({ parts, first }: Golden, recipe: Recipe): { trained: Trained[]; adam: AdamW } {
  const trained = parts.map((part) => ({ ...part, values: Float32Array.from(first[part.name]!) }))
  return { trained, adam: openAdamW({ trained, recipe }) }
}

describe('AdamW', () => {
  test.each(Object.keys(goldens.cases))('%s: twenty steps are those of torch', (name) => {
    const golden = goldens.cases[name]!
    const recipe = recipeSchema.parse(golden.recipe)
    const { trained, adam } = begin(golden, recipe)
    golden.steps.forEach(({ gradients, norm, learningRate, values }, step) => {
      const ours = gradientsOf(gradients)
      const clipped = clipFactor(ours, recipe.clip)
      const rate = learningRateAt(recipe, step, golden.steps.length)
      expect(clipped.norm / norm).toBeCloseTo(1, 6)
      expect(Math.abs(rate - learningRate)).toBeLessThanOrEqual(1e-15)
      adam.step(ours, rate, clipped.factor)
      for (const part of trained) expect(apart(part.values, values[part.name]!), `${step}`).toBeLessThan(1e-6)
    })
    expect(adam.count).toBe(golden.steps.length)
    for (const [part, { m, v }] of adam.state()) {
      // By norm: terms of m cancel, so that its small elements have the rounding of large ones.
      expect(relativeError(m, golden.moments[part]!.m)).toBeLessThan(1e-6)
      expect(apart(v, golden.moments[part]!.v)).toBeLessThan(1e-6)
    }
  })

  test('the cases clip, and do not clip, and have both groups of LoRA+', () => {
    const norms = Object.values(goldens.cases).flatMap(({ recipe: { clip }, steps }) =>
      typeof clip === 'number' ? steps.map(({ norm }) => norm > clip) : [],
    )
    expect(new Set(norms)).toEqual(new Set([true, false]))
    expect(goldens.cases['lora-plus']!.parts.map(({ group }) => group)).toEqual(['a', 'b', 'magnitude'])
  })

  test('a missing or too short gradient is an error', () => {
    const { adam } = begin(goldens.cases.plain!, recipeSchema.parse({}))
    expect(() => adam.step(new Map(), 1e-3)).toThrow('w: no gradients for 30 values')
    expect(() => adam.step(new Map([['w', new Float32Array(7)]]), 1e-3)).toThrow('w: 7 gradients')
  })

  test('an array of any length, longer than a piece too, is the arithmetic in fp32 one by one', () => {
    const update = openAdamWKernel()
    const numbers = {
      gradientScale: 0.5,
      learningRate: 1e-2,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      step: 3,
    }
    const f = Math.fround
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(40), fc.integer({ min: 8190, max: 8200 }), fc.constant(20_001)),
        (length) => {
          const make = (seed: number): Float32Array =>
            Float32Array.from({ length }, (_, i) => Math.sin(i * seed + 1))
          const arrays = { values: make(1.7), gradients: make(2.3), m: make(0.3), v: make(0.7).map(Math.abs) }
          const expected = arrays.values.map((value, i) => {
            const g = f(arrays.gradients[i]! * f(0.5))
            const m = f(arrays.m[i]! + f(f(1 - 0.9) * f(g - arrays.m[i]!)))
            const v = f(f(arrays.v[i]! * f(0.999)) + f(f(f(1 - 0.999) * g) * g))
            const below = f(f(f(Math.sqrt(v)) / f(Math.sqrt(1 - 0.999 ** 3))) + f(1e-8))
            const stepSize = f(1e-2 / (1 - 0.9 ** 3))
            return f(f(value * f(1 - 1e-2 * 0.1)) - f(f(stepSize * m) / below))
          })
          update(arrays, numbers)
          expect(arrays.values).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('schedules', () => {
  test.each(
    goldens.schedules.map(({ recipe, ...rest }) => ({
      ...rest,
      recipe,
      kind: recipe.schedule,
      warmup: recipe.warmup,
    })),
  )('$kind, warm-up $warmup of $steps steps', ({ recipe, steps, rates }) => {
    const ours = rates.map((_, step) => learningRateAt(recipeSchema.parse(recipe), step, steps))
    for (const [step, rate] of ours.entries()) expect(rate).toBeCloseTo(rates[step]!, 14)
  })
})

describe('clipping', () => {
  test('a norm below the limit, and none given, leaves gradients alone', () => {
    const gradients = new Map([['x', Float32Array.of(3, 0, 4, 0, 12)]])
    expect(clipFactor(gradients, 20)).toEqual({ norm: 13, factor: 1 })
    expect(clipFactor(gradients, null)).toEqual({ norm: 13, factor: 1 })
    expect(clipFactor(gradients, 1.3).factor).toBeCloseTo(0.1, 6)
  })

  test('what is no number stays seen', () => {
    const gradients = new Map([['x', Float32Array.of(1, Number.NaN)]])
    expect(clipFactor(gradients, 1)).toEqual({ norm: Number.NaN, factor: Number.NaN })
    expect(clipFactor(new Map([['x', Float32Array.of(Number.POSITIVE_INFINITY)]]), 1).norm).toBe(
      Number.POSITIVE_INFINITY,
    )
  })

  test('squares that fp32 has no room for are summed', () => {
    expect(clipFactor(new Map([['x', new Float32Array(4).fill(1e30)]]), 1).norm / 2e30).toBeCloseTo(1, 6)
  })
})
