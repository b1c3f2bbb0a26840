// Multiple choice against what lm-evaluation-harness 0.4.13 itself answered for the same log-probabilities
// (test/goldens/tasks/choice.json, by make.py beside it).
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { normaliseSchema } from '../../src/schema/problem.ts'
import { scoreChoice } from '../../src/tasks/scorers/choice.ts'

interface Golden {
  choices: string[]
  answer: number
  logProbs: number[]
  acc: number
  acc_norm: number
  acc_bytes: number
}

const goldens = JSON.parse(
  readFileSync(new URL('../goldens/tasks/choice.json', import.meta.url), 'utf8'),
) as Golden[]
const METRICS = { none: 'acc', characters: 'acc_norm', bytes: 'acc_bytes' } as const

describe('multiple choice', () => {
  test.each(Object.entries(METRICS))("normalise: %s is lm-eval's %s", (normalise, metric) => {
    for (const delimiter of [' ', '', '\n\n']) {
      for (const { choices, answer, logProbs, ...expected } of goldens) {
        const problem = { id: '1', prompt: 'Q', choices: choices.map((choice) => delimiter + choice), answer }
        const scores = logProbs.map((logProb) => ({ logProb, tokens: 1 }))
        const task = { normalise: normaliseSchema.parse(normalise), delimiter }
        expect(scoreChoice(task, problem, scores).class).toBe(expected[metric] === 1 ? 'pass' : 'wrong')
      }
    }
  })

  test('the goldens tell the metrics apart, and hold ties', () => {
    expect(goldens.length).toBeGreaterThan(100)
    for (const [one, other] of [
      ['acc', 'acc_norm'],
      ['acc_norm', 'acc_bytes'],
    ] as const) {
      expect(goldens.filter((golden) => golden[one] !== golden[other]).length).toBeGreaterThan(3)
    }
    expect(goldens.some(({ logProbs }) => new Set(logProbs).size < logProbs.length)).toBe(true)
  })

  const problem = { id: '1', prompt: 'Q', choices: [' a', ' bc', ' def'], answer: 1 }
  const score = (logProb: number, tokens = 1) => ({ logProb, tokens })

  test('by tokens: the mean log-probability of a token', () => {
    const scores = [score(-3, 1), score(-4, 4), score(-9, 3)]
    expect(scoreChoice({ normalise: 'tokens', delimiter: ' ' }, problem, scores)).toEqual({
      chosen: 1,
      class: 'pass',
    })
    expect(scoreChoice({ normalise: 'none', delimiter: ' ' }, problem, scores).chosen).toBe(0)
  })

  test('of equals the first; a choice that cannot be is not chosen', () => {
    const task = { normalise: 'none', delimiter: ' ' } as const
    expect(scoreChoice(task, problem, [score(-5), score(-2), score(-2)]).chosen).toBe(1)
    expect(scoreChoice(task, problem, [score(-Infinity), score(-900), score(-Infinity)]).chosen).toBe(1)
    expect(scoreChoice(task, problem, [score(-Infinity), score(-Infinity), score(-Infinity)]).chosen).toBe(0)
  })

  test('a score that is none, or one too few, is a bug', () => {
    const task = { normalise: 'none', delimiter: ' ' } as const
    expect(() => scoreChoice(task, problem, [score(-1), score(Number.NaN), score(-1)])).toThrow('no score')
    expect(() => scoreChoice(task, problem, [score(-1)])).toThrow('1 scores for 3 choices')
  })
})
