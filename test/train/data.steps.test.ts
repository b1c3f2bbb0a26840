// Steps, packing and batches, as properties: nothing is lost or mixed, and a training that goes on sees what it would have.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recipeSchema } from '../../src/schema/training.ts'
import { type Batch, batchOf } from '../../src/train/data/batch.ts'
import type { Example } from '../../src/train/data/examples.ts'
import { permutation } from '../../src/train/data/order.ts'
import { packRows } from '../../src/train/data/packing.ts'
import { batchesOfAll, type DataState, FIRST_STEP, stepsFrom, stepsOf } from '../../src/train/data/steps.ts'

/** Tokens are numbered through all examples: each is seen to be where it belongs. */
function examplesOf(lengths: readonly number[]): Example[] {
  let next = 1
  return lengths.map((length, i) => {
    const ids = Int32Array.from({ length }, () => next++)
    const weights = Float32Array.from({ length }, (_, at) => (at > 0 ? ((at + i) % 3) / 2 : 0))
    return { ids, weights, textHash: String(i), place: `line ${i + 1}` }
  })
}

const MAX_TOKENS = 100
const recipes = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  accumulation: fc.integer({ min: 1, max: 3 }),
  packing: fc.boolean(),
  epochs: fc.constantFrom(0.1, 0.5, 1, 2, 2.3),
  steps: fc.option(fc.integer({ min: 1, max: 40 })),
})
const recipeOf = (given: Record<string, unknown>) => recipeSchema.parse({ maxTokens: MAX_TOKENS, ...given })
const lengths = fc.array(fc.integer({ min: 2, max: MAX_TOKENS }), { minLength: 1, maxLength: 60 })
const seeds = fc.integer({ min: 0, max: 1000 })

test('every example is in one row, and no row is too long; the same again, and none in vain', () => {
  fc.assert(
    fc.property(lengths, (given) => {
      const order = given.map((_, i) => i).reverse()
      const rows = packRows(given, order, MAX_TOKENS)
      expect(rows.flat().toSorted((a, b) => a - b)).toEqual(given.map((_, i) => i))
      const used = rows.map((row) => row.reduce((sum, i) => sum + given[i]!, 0))
      expect(Math.max(...used)).toBeLessThanOrEqual(MAX_TOKENS)
      expect(packRows(given, order, MAX_TOKENS)).toEqual(rows)
      // Of two rows that are at most half full, the second would not have been begun.
      expect(used.filter((tokens) => tokens <= MAX_TOKENS / 2).length).toBeLessThanOrEqual(1)
    }),
  )
})

test('an example goes into the fullest row that has room for it', () => {
  expect(packRows([7, 60, 41, 52], [0, 1, 2, 3], MAX_TOKENS)).toEqual([[1], [3, 2, 0]])
})

test('all orders are as likely', () => {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 3000; seed++) {
    const order = permutation(3, `seed ${seed}`).join()
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  // Six standard deviations of a count of mean 500.
  for (const count of counts.values())
    expect(Math.abs(count - 500)).toBeLessThan(6 * Math.sqrt(500 * (5 / 6)))
})

test('packing holds beyond one buffer', () => {
  const given = Array.from({ length: 1500 }, (_, i) => 2 + ((i * 37) % 90))
  const rows = packRows(given, Int32Array.from(given.keys()), MAX_TOKENS)
  expect(rows.flat().toSorted((a, b) => a - b)).toEqual([...given.keys()])
})

const PADDING = { id: 0, position: 0, segment: -1, target: -1, weight: 0 }

/** All that a batch says at one place, with id and segment of the place before. */
const placeOf = ({ ids, positions, segments, targets, weights }: Batch, at: number) => ({
  id: ids[at]!,
  position: positions[at]!,
  segment: segments[at]!,
  target: targets[at]!,
  weight: weights[at]!,
  before: [ids[at - 1], segments[at - 1]],
})

test('a batch has every token of its rows once, apart from others, with positions and targets of its own', () => {
  fc.assert(
    fc.property(lengths, recipes, (given, more) => {
      const examples = examplesOf(given)
      const ownerOf = new Map(examples.flatMap((example) => Array.from(example.ids, (id) => [id, example])))
      const seen = new Set<number>()
      for (const batch of batchesOfAll(examples, recipeOf(more))) {
        expect(batch.length % 64).toBe(0)
        expect(batch.ids).toHaveLength(batch.rows * batch.length)
        const found = Array.from(batch.ids.keys(), (at) => placeOf(batch, at))
        const wanted = found.map(({ id, position, segment, before }, at) => {
          if (segment === -1) return { ...PADDING, before }
          expect(seen.has(id)).toBe(false)
          seen.add(id)
          const { ids, weights } = ownerOf.get(id)!
          const i = ids.indexOf(id)
          const weight = weights[i + 1] ?? 0
          // All of an example stands together, under one number; the next example has the next.
          const fromLeft =
            i > 0 ? [ids[i - 1], segment] : at % batch.length > 0 ? [before[0], segment - 1] : before
          expect(position).toBe(i)
          return {
            id,
            position: i,
            segment,
            target: weight > 0 ? ids[i + 1] : -1,
            weight,
            before: fromLeft,
          }
        })
        expect(found).toEqual(wanted)
      }
      expect(seen.size).toBe(given.reduce((sum, length) => sum + length, 0))
    }),
  )
})

test('a batch is as long as its longest row, to the next 64', () => {
  const examples = examplesOf([64, 65, 10])
  expect(batchOf(examples, [[0]]).length).toBe(64)
  expect(batchOf(examples, [[2], [1]]).length).toBe(128)
  expect(batchOf(examples, [[1, 2]]).segments.slice(60, 80)).toEqual(
    Int32Array.from([0, 0, 0, 0, 0, ...Array(10).fill(1), ...Array(5).fill(-1)]),
  )
})

describe('steps', () => {
  test('every example once in each whole epoch; no more rows or batches than asked', () => {
    fc.assert(
      fc.property(lengths, recipes, seeds, (given, more, seed) => {
        const examples = examplesOf(given)
        const recipe = recipeOf({ ...more, epochs: 3, steps: null })
        const epochs: number[][] = [[], [], []]
        for (const { epoch, batches } of stepsFrom({ examples, recipe, seed })) {
          epochs[epoch]!.push(...batches.flat(2))
          expect(batches.length).toBeLessThanOrEqual(recipe.accumulation)
          for (const rows of batches) expect(rows.length).toBeLessThanOrEqual(recipe.batch)
          if (!recipe.packing) for (const row of batches.flat()) expect(row).toHaveLength(1)
        }
        for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual([...given.keys()])
      }),
    )
  })

  test('as many as stepsOf says, numbered from 0; from any place on they are the same', () => {
    fc.assert(
      fc.property(lengths, recipes, seeds, fc.nat(), (given, more, seed, pick) => {
        const options = { examples: examplesOf(given), recipe: recipeOf(more), seed }
        const all = [...stepsFrom(options)]
        expect(all).toHaveLength(stepsOf(options))
        expect(all.map(({ step }) => step)).toEqual([...all.keys()])
        const states: DataState[] = [FIRST_STEP, ...all.map(({ next }) => next)]
        const from = pick % states.length
        const state = JSON.parse(JSON.stringify(states[from])) as DataState
        expect([...stepsFrom(options, state)]).toEqual(all.slice(from))
      }),
    )
  })

  test('parts of epochs: half of the steps, at least one', () => {
    const examples = examplesOf(Array(30).fill(10))
    const count = (epochs: number, more = {}): number =>
      stepsOf({ examples, recipe: recipeOf({ epochs, packing: false, ...more }), seed: 1 })
    expect([0.001, 0.1, 0.5, 1, 1.1, 3].map((epochs) => count(epochs))).toEqual([1, 3, 15, 30, 33, 90])
    expect(count(1, { batch: 4, accumulation: 2 })).toBe(4)
    expect(count(1, { steps: 7 })).toBe(7)
    // Ten examples of ten tokens fill a row of a hundred.
    expect(count(2, { packing: true })).toBe(6)
  })

  test('other seeds and other epochs have other orders', () => {
    const examples = examplesOf(Array(40).fill(10))
    for (const packing of [true, false]) {
      const recipe = recipeOf({ packing, epochs: 2 })
      const orderOf = (seed: number, epoch: number): number[] =>
        [...stepsFrom({ examples, recipe, seed })]
          .filter((step) => step.epoch === epoch)
          .flatMap(({ batches }) => batches.flat(2))
      expect(orderOf(1, 0)).toEqual(orderOf(1, 0))
      expect(orderOf(1, 0)).not.toEqual(orderOf(2, 0))
      expect(orderOf(1, 0)).not.toEqual(orderOf(1, 1))
    }
  })
})
