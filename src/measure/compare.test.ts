import { expect, test } from 'vitest'
import type { OutcomeClass } from '../schema/outcomes.ts'
import type { Rule, Run } from '../schema/run.ts'
import { mcnemarExact } from '../stats/index.ts'
import type { Scores } from './answers.ts'
import { compareSides } from './compare.ts'
import { findingOf } from './finding.ts'
import { pairScores, zeroLine } from './pairs.ts'
import { requireSameProtocol } from './protocol.ts'
import type { Side, TaskSides } from './side.ts'

const run = (name: string, change: Partial<Run> = {}): Run => ({
  schema: 2,
  name,
  createdAt: '2026-01-01T00:00:00.000Z',
  model: { name: null, source: 'unknown' },
  solver: { name: 'direct', source: 'recorded' },
  task: { name: 'toy', identity: 'abc', path: 'toy.jsonl' },
  scoring: 'execute',
  rule: { name: 'program', reason: 'whole programs' },
  metric: null,
  fingerprint: { prompt: null },
  seeds: [],
  versions: {},
  import: {
    format: 'x',
    task: null,
    path: 'x',
    identity: 'x',
    rows: 0,
    samples: 0,
    skipped: [],
    missing: [],
  },
  asked: null,
  ...change,
})

function scores(bits: string, rule: Rule = 'program', failure: OutcomeClass = 'wrong'): Scores {
  const byProblem = new Map<string, number[]>()
  const bySample = new Map<string, number>()
  ;[...bits].forEach((bit, i) => {
    byProblem.set(`P/${i}`, [Number(bit)])
    bySample.set(`P/${i}#0`, Number(bit))
  })
  const failed = [...bits].filter((bit) => bit === '0').length
  return {
    rule,
    byProblem,
    bySample,
    failures: failed > 0 ? { [failure]: failed } : {},
    borderline: [],
    unjudged: [],
  }
}

function side(
  name: string,
  bits: string,
  options: { run?: Partial<Run>; other?: string; fits?: boolean } = {},
): Side {
  const own = scores(bits)
  const other = scores(options.other ?? bits, 'fenced', options.fits === false ? 'syntax' : 'wrong')
  return {
    name,
    facts: {
      folder: name,
      run: run(name, options.run),
      claims: new Map(),
      recorded: new Map(),
      visibleTests: new Map(),
      problems: new Map(),
      emptyAnswers: 0,
      texts: new Map(),
    },
    scores: own,
    rules: {
      rule: 'program',
      byRule: new Map([
        ['program', own],
        ['fenced', other],
      ]),
    },
  }
}

const toy = (base: Side, ...variants: Side[]): TaskSides => ({
  name: 'toy',
  metric: 'pass@1',
  task: null,
  base,
  variants,
})
const bits = (passes: number, fails: number): string => '1'.repeat(passes) + '0'.repeat(fails)

test('GPT-3.5 against LDB as published: 16 gained, 1 lost of 164', () => {
  const base = side('plain', `${bits(120, 0)}1${'0'.repeat(16)}${'0'.repeat(27)}`)
  const variant = side('ldb', `${bits(120, 0)}0${'1'.repeat(16)}${'0'.repeat(27)}`)
  const report = compareSides([toy(base, variant)], null)
  const [comparison] = report.comparisons
  const [result] = comparison!.variants
  expect(comparison!.base.passed).toBe(121)
  expect(result).toMatchObject({
    passed: 136,
    finding: 'better',
    test: 'mcnemar-exact',
    paired: 164,
    unpaired: [],
  })
  expect(result!.gained).toHaveLength(16)
  expect(result!.lost).toEqual(['P/120'])
  expect(result!.p).toBe(mcnemarExact(1, 16).p)
  expect(result!.sentence).toMatch(
    /^ldb is better than plain: 136 of 164 against 121 of 164, \+9\.1 points \[\+4\.\d, \+14\.\d\], 16 problems gained and 1 lost, exact McNemar p = 0\.0003\.$/,
  )
})

test('Holm goes over all variants and tasks of one report', () => {
  const base = side('base', bits(10, 20))
  const first = side('first', bits(16, 14))
  const same = side('same', bits(10, 20))
  const report = compareSides([toy(base, first, same), toy(base, first)], null)
  const results = report.comparisons.flatMap((comparison) => comparison.variants)
  const rounded = (values: number[]): number[] => values.map((value) => Number(value.toFixed(12)))
  expect(rounded(results.map((result) => result.p))).toEqual([0.03125, 1, 0.03125])
  expect(rounded(results.map((result) => result.holmP))).toEqual([0.09375, 1, 0.09375])
  expect(results.map((result) => result.finding)).toEqual(['cannot-tell', 'cannot-tell', 'cannot-tell'])
  expect(results[0]!.sentence).toContain('after Holm over 3 comparisons')
})

test('the finding follows DESIGN.md 3.2', () => {
  const delta = (value: number, low: number, high: number) => ({ value, low, high, n: 100, method: 'x' })
  expect(findingOf(delta(0.1, 0.05, 0.15), 0.01, null)).toBe('better')
  expect(findingOf(delta(-0.02, -0.03, -0.01), 0.01, 0.05)).toBe('worse')
  expect(findingOf(delta(0, -0.01, 0.01), 0.4, 0.02)).toBe('no-worse')
  expect(findingOf(delta(0, -0.03, 0.01), 0.4, 0.02)).toBe('cannot-tell')
  expect(findingOf(delta(0, -0.01, 0.01), 0.4, null)).toBe('cannot-tell')
})

test('a rule under which the sign changes is named, and whom it does not fit', () => {
  const base = side('base', bits(10, 20))
  const variant = side('variant', bits(15, 15), { other: bits(2, 28), fits: false })
  const report = compareSides([toy(base, variant)], null)
  const row = report.comparisons[0]!.variants[0]!.rules.find((rule) => rule.rule === 'fenced')!
  expect(row).toMatchObject({ basePassed: 10, variantPassed: 2, doesNotFit: ['variant'], baseDiffers: [] })
  expect(row.variantDiffers).toHaveLength(13)
  const warning = report.warnings.find(({ code }) => code === 'sign-depends-on-rule')
  expect(warning?.message).toContain('do not fit the answers of variant')
})

test('known protocol keys that differ need --across and are named', () => {
  const base = side('base', bits(10, 10), { run: { fingerprint: { template: 'a', prompt: null } } })
  const variant = side('variant', bits(12, 8), { run: { fingerprint: { template: 'b', prompt: 'x' } } })
  expect(() => requireSameProtocol(base.facts.run, variant.facts.run)).toThrow('template (a, b)')
  const report = compareSides([toy(base, variant)], null)
  expect(report.comparisons[0]!.variants[0]!.fingerprintDiffers).toEqual(['template'])
  expect(report.warnings.map(({ code }) => code)).toContain('protocol-differs')
})

test('unpaired problems are left out and named; repeats take the permutation test and give a zero line', () => {
  const base = new Map([
    ['a', [1, 0]],
    ['b', [0, 0]],
    ['c', [1, 1]],
    ['d', [1, 1]],
  ])
  const variant = new Map([
    ['a', [1, 1]],
    ['b', [1, 1]],
    ['c', [1, 1]],
    ['e', [1, 1]],
  ])
  const result = pairScores(base, variant)
  expect(result).toMatchObject({ paired: 3, unpaired: ['d', 'e'], test: 'sign-flip', mcnemarP: null })
  expect(result.gained).toEqual(['a', 'b'])
  expect(result.delta.value).toBeCloseTo(0.5)
  expect(zeroLine(base)).toMatchObject({ flips: 1, n: 4, delta: { value: -0.25 } })
  expect(zeroLine(new Map([['a', [1]]]))).toHaveProperty('absent')
})

test('base against itself is never better or worse', () => {
  const base = side('base', bits(10, 20))
  const [result] = compareSides([toy(base, side('again', bits(10, 20)))], 0.2).comparisons[0]!.variants
  expect(result).toMatchObject({ p: 1, finding: 'no-worse', gained: [], lost: [], resolution: null })
})
