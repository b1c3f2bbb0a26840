// Pooled measures, quantiles and calibration: against NumPy, and on rows whose pooled numbers are known.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCalibration } from '../../src/measure/predictions/calibration.ts'
import {
  type DocumentSums,
  documentSums,
  measuresByCorpus,
  measuresOf,
  withZero,
} from '../../src/measure/predictions/pooled.ts'
import { openQuantiles } from '../../src/measure/predictions/quantiles.ts'
import { ROW_LENGTH } from '../../src/measure/predictions/rows.ts'
import type { Absent, Estimate } from '../../src/schema/estimate.ts'
import { type PredictionMeasures, predictionsReportSchema } from '../../src/schema/predictions.ts'
import { documentOf, rowsOf, uniforms } from '../support/predictions.ts'

type Side = { ece: number; chance: number; brier: number; bins: number[][] }
const golden: {
  documents: number[]
  kl: [number, number][]
  deltaProb: [number, number][]
  base: Side
  variant: Side
  means: Record<string, number>
} = JSON.parse(readFileSync(new URL('../goldens/predictions/pooled.json', import.meta.url), 'utf8'))

/** As make_pooled.py has them, cut into its documents. */
function goldenRows(): Float32Array[] {
  const total = golden.documents.reduce((sum, n) => sum + n, 0)
  const all = uniforms(5, total * 8)
  const side = (a: number, b: number, c: number) => {
    const top = Math.fround(-(a < 0.5 ? Math.round(a * 16) / 8 + 0.125 : a * 3))
    return { top, following: b < 0.6 ? top : top - c * 4 - 0.5 }
  }
  const rows = Array.from({ length: total }, (_, i) => {
    const [a, b, c, d, e, f, g, h] = all.slice(i * 8, i * 8 + 8) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    const [base, variant] = [side(a, b, c), side(d, e, f)]
    return {
      kl: g * g,
      rank: Math.floor(h * 5) + 1,
      topShared: Math.floor(g * 11),
      baseLogProb: base.following,
      variantLogProb: variant.following,
      baseTopLogProb: base.top,
      variantTopLogProb: variant.top,
    }
  })
  return golden.documents.map((n) => rowsOf(rows.splice(0, n)))
}

const estimate = (measure: Estimate | Absent): Estimate => {
  if ('absent' in measure) throw new Error(measure.absent)
  return measure
}

describe('against NumPy', () => {
  const documents = goldenRows()

  it('quantiles, by the rule of llama-perplexity', () => {
    const quantiles = openQuantiles()
    for (const tokens of documents) quantiles.add(tokens)
    const result = quantiles.result()
    if ('absent' in result) throw new Error(result.absent)
    for (const name of ['kl', 'deltaProb'] as const) {
      expect(result[name].map(([p]) => p)).toEqual(golden[name].map(([p]) => p))
      // Values are kept in fp32.
      result[name].forEach(([, value], i) => {
        expect(Math.abs(value - golden[name][i]![1])).toBeLessThan(6e-8)
      })
    }
  })

  it('calibration', () => {
    const calibration = openCalibration()
    for (const tokens of documents) calibration.add(tokens)
    const result = calibration.result()
    if ('absent' in result) throw new Error(result.absent)
    for (const name of ['base', 'variant'] as const) {
      const [got, wanted] = [result[name], golden[name]]
      expect(estimate(got.ece).value).toBeCloseTo(wanted.ece, 7)
      expect(estimate(got.ece)).toMatchObject({ low: null, high: null, n: 5, method: 'no interval' })
      expect(estimate(got.ece).zero).toMatchObject({
        value: expect.closeTo(wanted.chance, 7),
        method: 'chance',
      })
      expect(estimate(got.brier).value).toBeCloseTo(wanted.brier, 7)
      expect(got.bins).toHaveLength(15)
      got.bins.forEach(([confidence, correct, count], i) => {
        const [c, h, n] = wanted.bins[i]!
        expect(confidence).toBeCloseTo(c!, 6)
        expect(correct).toBeCloseTo(h!, 9)
        expect(count).toBe(n)
      })
    }
  })

  it('pooled means', () => {
    const measures = measuresOf(documents.map((tokens) => documentSums(documentOf(tokens), tokens)))
    expect(measures).toMatchObject({ documents: 5, tokens: 1728 })
    for (const [name, value] of Object.entries(golden.means))
      expect(estimate(measures[name as 'kl']).value).toBeCloseTo(value, 10)
    expect(estimate(measures.perplexityRatio).value).toBeCloseTo(Math.exp(-golden.means.deltaLogProb!), 10)
  })
})

describe('measures', () => {
  const sumsOf = (id: string, kls: number[]): DocumentSums => {
    const tokens = rowsOf(kls.map((kl) => ({ kl, tv: kl / 10, variantLogProb: -1 - kl })))
    return documentSums(documentOf(tokens, { id }), tokens)
  }

  it('are ratios of sums, whole and by corpus, with documents as units', () => {
    const documents = [sumsOf('prose/a', [1, 2, 3]), sumsOf('code/b', [4]), sumsOf('prose/c', [0, 0])]
    const whole = measuresOf(documents)
    expect(whole).toMatchObject({ documents: 3, tokens: 6 })
    expect(whole.kl).toMatchObject({ value: 10 / 6, n: 3, method: 'ratio-t-log' })
    const kl = estimate(whole.kl)
    expect(kl.low!).toBeGreaterThan(0)
    expect(kl.high!).toBeGreaterThan(kl.value)
    const corpora = measuresByCorpus(documents)
    expect(corpora.map(({ name, documents, tokens }) => [name, documents, tokens])).toEqual([
      ['prose', 2, 5],
      ['code', 1, 1],
    ])
    expect(corpora[1]!.kl).toEqual({
      value: 4,
      low: null,
      high: null,
      n: 1,
      method: 'one document: no interval',
    })
  })

  it('bits per byte and perplexity come from nats and bytes', () => {
    const whole = measuresOf([sumsOf('a/a', [1, 2, 3]), sumsOf('a/b', [2, 2])])
    expect(estimate(whole.baseBitsPerByte).value).toBeCloseTo(5 / (20 * Math.LN2), 12)
    expect(estimate(whole.variantBitsPerByte).value).toBeCloseTo(15 / (20 * Math.LN2), 12)
    expect(estimate(whole.deltaBitsPerByte).value).toBeCloseTo(10 / (20 * Math.LN2), 12)
    expect(estimate(whole.perplexityRatio).value).toBeCloseTo(Math.exp(2), 6)
    const { value, low, high } = estimate(whole.rmsDeltaProb)
    const squares = [1, 2, 3, 2, 2].map((kl) => (Math.exp(-1 - kl) - Math.exp(-1)) ** 2)
    expect(value).toBeCloseTo(Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / 5), 7)
    expect(low!).toBeLessThan(value)
    expect(high!).toBeGreaterThan(value)
  })

  it('an infinite divergence is absent and says where, the others stay', () => {
    const whole = measuresOf([sumsOf('a/a', [1, Number.POSITIVE_INFINITY]), sumsOf('a/b', [1])])
    expect(whole.kl).toEqual({
      absent: 'infinite: at 1 scored token the variant gives probability 0 to what the base does not',
    })
    expect(whole.klReverse).toMatchObject({ value: 0 })
  })

  it('equal sides: 0 without an interval', () => {
    const whole = measuresOf([sumsOf('a/a', [0, 0]), sumsOf('a/b', [0])])
    expect(whole.kl).toMatchObject({ value: 0, low: null, high: null, method: 'no spread: no interval' })
    expect(whole.topAgreement).toMatchObject({ value: 1 })
    expect(whole.perplexityRatio).toMatchObject({ value: 1 })
  })

  it('other tokenizers: bits per byte only', () => {
    const row = (tokens: number, nats: number) => ({ tokens, bytes: 100, nats })
    const documents = [1, 2, 3].map((i) =>
      documentSums({
        ...documentOf(rowsOf([]), { id: `a/${i}` }),
        base: row(20 + i, 80 + i),
        variant: { ...row(30, 70), bytes: 99 },
      }),
    )
    const whole = measuresOf(documents)
    expect(whole.kl).toEqual({
      absent: "the two sides' tokenizers differ: only bits per byte can be compared",
    })
    expect(whole.perplexityRatio).toEqual(whole.kl)
    expect(estimate(whole.deltaBitsPerByte).value).toBeCloseTo((210 / 297 - 246 / 300) / Math.LN2, 12)
    expect(estimate(whole.deltaBitsPerByte).high!).toBeLessThan(0)
  })

  it('nothing scored: absent, never 0', () => {
    const whole = measuresOf([documentSums(documentOf(rowsOf([])), rowsOf([]))])
    expect(whole).toMatchObject({ documents: 0, tokens: 0, kl: { absent: 'no token was scored' } })
  })

  it('rows that do not fit their document are refused', () => {
    const tokens = rowsOf([{}, {}])
    expect(() => documentSums(documentOf(tokens), tokens.subarray(ROW_LENGTH))).toThrow(
      'prose/a has 2 scored tokens and 1 rows',
    )
  })

  it('a zero line stands in each difference, and in no level', () => {
    const whole = measuresOf([sumsOf('a/a', [1, 2]), sumsOf('a/b', [3])])
    const zero = measuresOf([sumsOf('a/a', [0, 1e-9])])
    const lined = withZero(whole, zero)
    expect(estimate(lined.kl).zero).toMatchObject({ value: expect.closeTo(5e-10, 15), n: 1 })
    expect(estimate(lined.baseEntropy).zero).toBeUndefined()
    expect(estimate(lined.baseBitsPerByte).zero).toBeUndefined()
    expect(estimate(withZero(whole, { absent: 'not asked' }).kl).zero).toEqual({ absent: 'not asked' })
    const measures: PredictionMeasures = lined
    expect(
      predictionsReportSchema.shape.zero.parse({ batchShape: measures, nf4: { absent: 'no' } }),
    ).toBeTruthy()
  })

  it('does not depend on the order of documents, nor on how a corpus is named', () => {
    const lengths = fc.array(
      fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 9 }),
      {
        minLength: 2,
        maxLength: 12,
      },
    )
    fc.assert(
      fc.property(lengths, (all) => {
        const documents = all.map((kls, i) => sumsOf(`c${i % 2}/${i}`, kls))
        const [there, back] = [measuresOf(documents), measuresOf([...documents].reverse())]
        const [x, y] = [estimate(there.kl), estimate(back.kl)]
        expect(y.value).toBeCloseTo(x.value, 10)
        if (x.low !== null && y.low !== null) {
          expect(y.low).toBeCloseTo(x.low, 8)
          expect(x.low).toBeLessThanOrEqual(x.value)
        }
      }),
    )
  })
})

describe('quantiles and calibration at the edges', () => {
  it('no rows, infinite rows, fewer rows than bins', () => {
    const quantiles = openQuantiles()
    expect(quantiles.result()).toEqual({ absent: 'no token was scored' })
    quantiles.add(rowsOf([{ kl: Number.POSITIVE_INFINITY }, {}]))
    expect(quantiles.result()).toEqual({ absent: 'the divergence is infinite at some positions' })
    const calibration = openCalibration()
    calibration.add(rowsOf([]))
    expect(calibration.result()).toEqual({ absent: 'no token was scored' })
    calibration.add(rowsOf([{ baseTopLogProb: -1 }, { variantTopLogProb: -1 }, {}]))
    const result = calibration.result()
    if ('absent' in result) throw new Error(result.absent)
    expect(result.base.bins.reduce((sum, [, , count]) => sum + count, 0)).toBe(3)
    expect(result.base.bins.map(([confidence, correct]) => [confidence, correct])).toEqual([
      [expect.closeTo(Math.exp(-1), 6), 1],
      [expect.closeTo(Math.exp(-0.5), 6), 0],
      [expect.closeTo(Math.exp(-0.5), 6), 0],
    ])
  })
})
