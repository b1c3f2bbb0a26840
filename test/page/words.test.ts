// What the page says of its numbers, also where there is nothing to say: equal ones, none, intervals that hold 0.
import { describe, expect, test } from 'vitest'
import type { Spectral } from '../../src/schema/weights.ts'
import { nats, percent, share } from '../../src/util/numbers.ts'
import { stateSentence } from '../../web/views/pair/words.ts'
import { positionSentence, type Stretch } from '../../web/views/tokens/words.ts'
import { lossSentence, lostSentence, type Spot } from '../../web/views/training/words.ts'
import { allSentence, spectrumSentence } from '../../web/views/weights/words.ts'

const exact = { low: null, high: null, n: 1, method: 'exact' }

test('a share below the whole never reads as the whole', () => {
  expect([0.5, 0.994, 0.995, 0.9995, 0.99994, 1 - 1e-9, 1].map(share)).toEqual([
    '50',
    '99',
    '99.5',
    '99.95',
    '99.994',
    '99.9999',
    '100',
  ])
  // A change may be of any size.
  expect(percent(0.997)).toBe('100')
})

test('what JSON keeps as the largest number is infinite', () => {
  expect([Number.MAX_VALUE, Number.POSITIVE_INFINITY].map(nats)).toEqual(['infinite', 'infinite'])
})

describe('of what was lost', () => {
  const spot = (name: string, value: number, [low, high]: [number | null, number | null]): Spot => ({
    ...{ name, side: name, task: 'sums', lost: { value, low, high } },
    learnt: { value: 0.1, low: 0.05, high: 0.15, n: 100, method: 'newcombe-paired' },
  })

  test('texts are predicted worse where the interval says so, and no sooner', () => {
    const spots = [
      spot('a', 0.02, [-0.01, 0.05]),
      spot('b', 0.01, [0.004, 0.016]),
      spot('c', 0.5, [null, null]),
    ]
    expect(lostSentence(spots, 'text')).toBe(
      '1 of 3 trainings predicts texts worse than its base; b most, +0.010 bits per byte [+0.0040, +0.016], beside +10.0 points [+5.0, +15.0] on sums',
    )
    expect(lostSentence(spots.slice(0, 1), 'text')).toBe(
      'a is not shown to predict texts worse than its base',
    )
  })

  test('a mean over tasks is told as it is', () => {
    const spots = [spot('a', -0.02, [null, null]), spot('b', 0, [null, null])]
    expect(lostSentence(spots, 'tasks')).toBe(
      '1 of 2 trainings scores lower on the other tasks on average; a most, -2.0 points, beside +10.0 points [+5.0, +15.0] on sums',
    )
    expect(lostSentence([spots[0]!, spots[0]!], 'tasks')).toMatch(
      /^All 2 trainings score lower on the other tasks on average; a most/,
    )
    expect(lostSentence(spots.slice(0, 1), 'tasks')).toBe(
      'a scores lower on the other tasks on average: -2.0 points, beside +10.0 points [+5.0, +15.0] on sums',
    )
    expect(lostSentence(spots.slice(1), 'tasks')).toBe('b scores no lower on the other tasks on average')
  })

  test('a range of losses is one', () => {
    const losses = [0.2, 0.4].map((loss) => ({ firstLoss: loss, lastLoss: 0.1 }))
    expect(lossSentence(losses, '2 trainings')).toBe(
      'The mean loss of 2 trainings was between 0.20 and 0.40 nats a token in the first tenth of the steps and 0.10 in the last',
    )
  })
})

test('positions that diverge alike have no most and no least', () => {
  const stretch = (first: number, last: number, value: number): Stretch => ({
    ...{ first, last },
    kl: { ...exact, value },
  })
  expect(positionSentence('lora', [stretch(1, 8, 0), stretch(9, 16, 0)], { hasAll: true })).toBe(
    'lora diverges by 0 nats on average wherever in a document a token stands',
  )
  expect(positionSentence('lora', [stretch(1, 8, 0.1)], { hasAll: true })).toBe(
    'lora diverges by 0.10 nats on average at tokens 1 to 8 of a document',
  )
  expect(positionSentence('lora', [stretch(1, 8, 0.1), stretch(9, 16, 0.2)], { hasAll: true })).toBe(
    'lora diverges most at tokens 9 to 16 (0.20) of a document, least at tokens 1 to 8 (0.10)',
  )
  expect(positionSentence('lora', [stretch(1, 8, 0.1)], { hasAll: false })).toMatch(
    /^Where its mean is finite, lora diverges/,
  )
})

test('variants that moved alike, or not at all, have no first', () => {
  const moved = (...changes: (number | null)[]) => changes.map((change, i) => ({ name: `v${i}`, change }))
  expect(allSentence(moved(0, 0))).toBe('No matrix of any variant moved')
  expect(allSentence(moved(0.1, 0.1))).toBe('All variants moved alike (10 % of the norm of its matrices)')
  expect(allSentence(moved(0.1, null))).toMatch(/^v0 moved by 10 %/)
  expect(allSentence(moved(0.1, 0.2))).toBe(
    'v1 moved furthest (20 % of the norm of its matrices), v0 least (10 %)',
  )
})

test('directions above rounding are a lower bound', () => {
  const spectrum = (directionsAbove: number, others: Partial<Spectral> = {}): Spectral => ({
    ...{ topSingularValue: 1, stableRank: 1, energy: { 1: 0.997 }, directionsAbove, isCut: false },
    ...{ method: 'randomised', edge: 0.1, singularValues: [1], ...others },
  })
  expect(spectrumSentence('q', spectrum(3), 0.1)).toBe(
    'q moved in at least 3 directions above rounding, by 10 % of its norm; the first holds 99.7 % of the squared change',
  )
  expect(spectrumSentence('q', spectrum(0), 0.1)).toBe(
    'q moved in no direction above rounding, by 10 % of its norm',
  )
  expect(spectrumSentence('q', spectrum(72, { isCut: true }), null)).toMatch(
    /in at least 72 directions above/,
  )
  expect(spectrumSentence('q', spectrum(8, { method: 'factors' }), null)).toMatch(/^q moved in 8 directions;/)
})

test('who has no answer is said', () => {
  const of = (...lacking: string[]) => stateSentence('no-answer', ['a', 'b'], { isScore: false, lacking })
  expect([of('b'), of('a', 'b')]).toEqual([
    'b has no answer that counts',
    'neither a nor b has an answer that counts',
  ])
})
