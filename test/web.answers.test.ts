// Flips as the page has them: the same problems that the study's pairs name as gained and lost, in an order for reading.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pairScores } from '../src/measure/pairs.ts'
import type { ReportRun, StudyReport } from '../src/schema/report.ts'
import type { Instance } from '../src/schema/results.ts'
import { flipColumns, flipsOf, tellingMark, wordOf } from '../web/answers.ts'
import { SUMMARY_BY_HAND } from './support/handReport.ts'

const BASE: Instance = { side: 'base', seed: null }
const lora = (seed: number | null = null): Instance => ({ side: 'lora', seed })

interface Answers {
  of: Instance
  /** A letter an answer, a word a problem. */
  letters: string
  scores?: (number | null)[]
}

/** A study of one task, in which all others are compared with the first. */
function study([base, ...variants]: readonly [Answers, ...Answers[]]): StudyReport {
  const [empty] = SUMMARY_BY_HAND.studies
  const problems = base.letters.split('|').map((_, i) => `P/${i}`)
  const runs = [base, ...variants].map(({ of, letters, scores }) => {
    const words = letters.split('|')
    return {
      ...of,
      task: 'T',
      repeats: words[0]!.length,
      outcomes: words.join(''),
      scores: scores ?? null,
    } as ReportRun
  })
  const pairs = variants.map(({ of }) => ({ ...of, against: base.of, task: 'T' }) as never)
  return {
    ...empty!,
    results: { ...empty!.results, pairs },
    runs,
    tasks: [{ name: 'T', metric: 'pass@1', problems, texts: { absent: '' } }],
  }
}

const shown = (of: StudyReport, variant: Instance): string[] =>
  flipsOf(of, 'T', variant).map(({ problem, state }) => `${problem} ${state}`)

test('what broke comes first, then what was fixed, then what stayed, in the order of the task', () => {
  const flips = study([
    { of: BASE, letters: 'p|p|w|w|p|p' },
    { of: lora(), letters: 'p|s|p|t| |w' },
  ])
  expect(shown(flips, lora())).toEqual([
    'P/1 broken',
    'P/5 broken',
    'P/2 fixed',
    'P/3 both-fail',
    'P/0 both-pass',
    'P/4 no-answer',
  ])
})

test('several trainings stand side by side, and the most broken problem is the first', () => {
  const three = study([
    { of: BASE, letters: 'p|p|p' },
    { of: lora(1), letters: 'p|w|p' },
    { of: lora(2), letters: 'p|w|w' },
    { of: lora(3), letters: 'p|w|p' },
  ])
  expect(shown(three, lora())).toEqual(['P/1 broken', 'P/2 broken', 'P/0 both-pass'])
  const second = flipsOf(three, 'T', lora())[1]!
  expect(second).toMatchObject({ base: 'ppp', variant: 'pwp', marks: ['both-pass', 'broken', 'both-pass'] })
  expect(flipColumns(three, 'T', lora())[tellingMark(second)]).toEqual({
    variant: lora(2),
    base: BASE,
    repeat: 0,
  })
  expect(shown(three, lora(2))).toEqual(['P/1 broken', 'P/2 broken', 'P/0 both-pass'])
  expect(shown(three, lora(1))).toEqual(['P/1 broken', 'P/0 both-pass', 'P/2 both-pass'])
})

test('a problem that one of several trainings has no score of does not count', () => {
  const two = study([
    { of: BASE, letters: 'p|p' },
    { of: lora(1), letters: 'w|w' },
    { of: lora(2), letters: 'w|u' },
  ])
  expect(shown(two, lora())).toEqual(['P/0 broken', 'P/1 no-answer'])
  expect(shown(two, lora(1))).toEqual(['P/0 broken', 'P/1 broken'])
})

test('of recorded scores the higher one is fixed, and an equal one in between is neither passed nor failed', () => {
  const scored = study([
    { of: BASE, letters: '~|~|~', scores: [0.5, 0.5, 0.5] },
    { of: lora(), letters: '~|~|~', scores: [0.25, 0.75, 0.5] },
  ])
  expect(shown(scored, lora())).toEqual(['P/0 broken', 'P/1 fixed', 'P/2 partly'])
})

test('one answer of the base stands beside each of several answers of a variant', () => {
  const repeated = study([
    { of: BASE, letters: 'p|w' },
    { of: lora(), letters: 'pww|wpw' },
  ])
  const [broken, fixed] = flipsOf(repeated, 'T', lora())
  expect(broken).toMatchObject({ base: 'ppp', variant: 'pww', change: 1 / 3 - 1 })
  expect(fixed).toMatchObject({ base: 'www', variant: 'wpw', change: 1 / 3 })
  expect(tellingMark(fixed!)).toBe(1)
})

test('broken and fixed are what a comparison calls lost and gained', () => {
  const words = (repeats: number) =>
    fc.array(
      fc.string({ unit: fc.constantFrom('p', 'w', 's', ' '), minLength: repeats, maxLength: repeats }),
      {
        minLength: 12,
        maxLength: 12,
      },
    )
  fc.assert(
    fc.property(words(2), words(3), (base, variant) => {
      const [one, other] = [scoresOf(base), scoresOf(variant)]
      fc.pre([...one.keys()].filter((id) => other.has(id)).length >= 2)
      const { gained, lost, delta, paired } = pairScores(one, other)
      const flips = flipsOf(
        study([
          { of: BASE, letters: base.join('|') },
          { of: lora(), letters: variant.join('|') },
        ]),
        'T',
        lora(),
      )
      const ids = (state: string): string[] =>
        flips.filter((flip) => flip.state === state).map((flip) => flip.problem)
      expect(ids('broken').sort()).toEqual([...lost].sort())
      expect(ids('fixed').sort()).toEqual([...gained].sort())
      const changes = flips.flatMap(({ change }) => change ?? [])
      expect(changes).toHaveLength(paired)
      expect(changes.reduce((sum, change) => sum + change, 0) / paired).toBeCloseTo(delta.value, 12)
    }),
  )
})

/** As a comparison takes them. */
function scoresOf(words: readonly string[]): Map<string, number[]> {
  const scores = words.map((word) =>
    [...word].flatMap((letter) => (letter === ' ' ? [] : letter === 'p' ? 1 : 0)),
  )
  return new Map(scores.flatMap((own, i) => (own.length > 0 ? [[`P/${i}`, own] as const] : [])))
}

test('letters have words', () => {
  expect(['p', 'w', 't', '~', ' '].map(wordOf)).toEqual([
    'pass',
    'wrong',
    'timeout',
    'partly right',
    'no answer',
  ])
})
