import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { random } from '../../stats/index.ts'
import { chooseToken, type SamplingRule } from './sampling.ts'

const logitsOf = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log)

/** Share of each id among 20,000 draws. */
function shares(logits: Float32Array, rule: SamplingRule): number[] {
  const draw = random(7)
  const counts = new Array<number>(logits.length).fill(0)
  for (let i = 0; i < 20_000; i++) counts[chooseToken(logits, rule, draw).id]!++
  return counts.map((count) => count / 20_000)
}

/** Four standard errors of a share of 20,000. */
const SLACK = 4 * Math.sqrt(0.25 / 20_000)

function expectShares(found: number[], expected: number[]): void {
  for (const [id, share] of expected.entries()) {
    if (share === 0) expect(found[id]).toBe(0)
    else expect(Math.abs(found[id]! - share)).toBeLessThan(SLACK)
  }
}

describe('chooseToken', () => {
  const logits = logitsOf(0.1, 0.4, 0.05, 0.3, 0.15)

  test('greedy takes the most probable, the lowest id of equals, and asks for no random number', () => {
    const refuse = (): number => expect.unreachable('asked')
    expect(chooseToken(logits, { temperature: 0 }, refuse).id).toBe(1)
    expect(chooseToken(logitsOf(0.1, 0.4, 0.4, 0.1), { temperature: 0 }, refuse).id).toBe(1)
  })

  test("log-probabilities are the model's own, whatever the rule", () => {
    for (const rule of [{ temperature: 0 }, { temperature: 3, topK: 2 }, { temperature: 0.5, topP: 0.6 }]) {
      const { id, logProb } = chooseToken(logits, rule, () => 0.5)
      expect(logProb).toBeCloseTo(logits[id]!, 6)
    }
  })

  test('draws follow the probabilities', () => {
    expectShares(shares(logits, { temperature: 1 }), [0.1, 0.4, 0.05, 0.3, 0.15])
  })

  test('temperature raises probabilities to its reciprocal', () => {
    const squares = [0.01, 0.16, 0.0025, 0.09, 0.0225]
    const total = squares.reduce((sum, value) => sum + value, 0)
    expectShares(
      shares(logits, { temperature: 0.5 }),
      squares.map((value) => value / total),
    )
  })

  test('topK keeps the K most probable', () => {
    expectShares(shares(logits, { temperature: 1, topK: 2 }), [0, 4 / 7, 0, 3 / 7, 0])
  })

  test('topP keeps the smallest set that has it', () => {
    expectShares(shares(logits, { temperature: 1, topP: 0.69 }), [0, 4 / 7, 0, 3 / 7, 0])
    expectShares(shares(logits, { temperature: 1, topP: 0.72 }), [0, 4 / 8.5, 0, 3 / 8.5, 1.5 / 8.5])
  })

  test('topP is a share of what topK left', () => {
    // Of 0.4, 0.3 and 0.15 the first two have 0.82.
    expectShares(shares(logits, { temperature: 1, topK: 3, topP: 0.8 }), [0, 4 / 7, 0, 3 / 7, 0])
  })

  test('restrictions that leave all out but one are greedy, and those that leave none out change nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        (values, uniform, temperature) => {
          const some = Float32Array.from(values)
          const choose = (rule: SamplingRule): number => chooseToken(some, rule, () => uniform).id
          const greedy = choose({ temperature: 0 })
          expect(choose({ temperature, topK: 1 })).toBe(greedy)
          expect(choose({ temperature, topP: 1e-9 })).toBe(greedy)
          const free = choose({ temperature })
          expect(choose({ temperature, topK: values.length, topP: 1 })).toBe(free)
        },
      ),
    )
  })

  test('the choice is always within the restriction', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 2, maxLength: 40 }),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (values, topK, topP, uniform) => {
          const some = Float32Array.from(values)
          const { id } = chooseToken(some, { temperature: 1, topK, topP }, () => uniform)
          const larger = some.filter((value) => value > some[id]!).length
          expect(larger).toBeLessThan(topK)
          const order = [...some]
            .sort((x, y) => y - x)
            .slice(0, topK)
            .map(Math.exp)
          const mass = order.reduce((sum, value) => sum + value, 0)
          const before = order.slice(0, larger).reduce((sum, value) => sum + value, 0)
          expect(before / mass).toBeLessThan(topP + 1e-9)
        },
      ),
    )
  })

  test('logits that are no numbers are errors', () => {
    for (const rule of [{ temperature: 0 }, { temperature: 1 }]) {
      expect(() => chooseToken(Float32Array.of(0, Number.NaN, 1), rule, () => 0)).toThrow(/NaN/)
      expect(() => chooseToken(Float32Array.of(0, Number.POSITIVE_INFINITY), rule, () => 0)).toThrow(
        /Infinity/,
      )
    }
  })
})
