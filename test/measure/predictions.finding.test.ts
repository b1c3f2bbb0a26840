// What is said of a variant's predictions: whole texts, the ruler and the passages that are shown.
import { describe, expect, it } from 'vitest'
import { openCalibration } from '../../src/measure/predictions/calibration.ts'
import { digits, predictionsFinding } from '../../src/measure/predictions/finding.ts'
import { openPassages } from '../../src/measure/predictions/passages.ts'
import { documentSums, measuresByCorpus, measuresOf } from '../../src/measure/predictions/pooled.ts'
import { openQuantiles } from '../../src/measure/predictions/quantiles.ts'
import { marksAround, quantisationRuler, rulerWords } from '../../src/measure/predictions/ruler.ts'
import type { PredictionMeasures } from '../../src/schema/predictions.ts'
import type { TokenColumn } from '../../src/schema/tokenColumns.ts'
import { documentOf, rowsOf, uniforms } from '../support/predictions.ts'

type Row = Partial<Record<TokenColumn, number>>
type Documents = Record<string, Row[]>
const ABSENT = { absent: 'not asked for' }

function findingOf(documents: Documents, zero: { batchShape?: Documents; nf4?: Documents } = {}) {
  const [quantiles, calibration] = [openQuantiles(), openCalibration()]
  const sums = Object.entries(documents).map(([id, rows]) => {
    const tokens = rowsOf(rows)
    quantiles.add(tokens)
    calibration.add(tokens)
    return documentSums(documentOf(tokens, { id }), tokens)
  })
  return predictionsFinding({
    base: 'smol',
    variant: 'tuned',
    whole: measuresOf(sums),
    corpora: measuresByCorpus(sums),
    quantiles: quantiles.result(),
    calibration: calibration.result(),
    zero: { batchShape: pooled(zero.batchShape), nf4: pooled(zero.nf4) },
  })
}

const pooled = (documents?: Documents): PredictionMeasures | typeof ABSENT =>
  documents
    ? measuresOf(
        Object.entries(documents).map(([id, rows]) => {
          const tokens = rowsOf(rows)
          return documentSums(documentOf(tokens, { id }), tokens)
        }),
      )
    : ABSENT

/** Rows around a mean divergence, and how much worse the following token is predicted. */
function rows(
  seed: number,
  { kl, loss = 0, count = 60 }: { kl: number; loss?: number; count?: number },
): Row[] {
  const u = uniforms(seed, count * 3)
  return Array.from({ length: count }, (_, i) => {
    const [a, b, c] = [u[i * 3]!, u[i * 3 + 1]!, u[i * 3 + 2]!]
    return {
      kl: kl * 2 * a,
      tv: Math.sqrt(kl) * a * 0.5,
      js: (kl * a) / 4,
      baseLogProb: -0.5 - b,
      variantLogProb: -0.5 - b - loss * c + (b - 0.5) * Math.sqrt(kl),
      variantTop: c < kl ? 3 : 0,
      variantEntropy: 2 - kl * b,
    }
  })
}

const SMALL: Documents = { 'prose/a': rows(1, { kl: 1e-9 }), 'prose/b': rows(2, { kl: 1e-9 }) }
const NF4: Documents = { 'prose/a': rows(3, { kl: 0.05 }), 'prose/b': rows(4, { kl: 0.05 }) }

describe('findings', () => {
  it('a fine-tune that moved one kind of text most', () => {
    const documents = Object.fromEntries(
      [...Array(5).keys()].flatMap((i) => [
        [`prose/${i}`, rows(10 + i, { kl: 0.02, loss: 0.1 })],
        [`code/${i}`, rows(20 + i, { kl: 0.4, loss: -0.6 })],
      ]),
    )
    expect(findingOf(documents, { batchShape: SMALL, nf4: NF4 })).toMatchInlineSnapshot(`
      {
        "evidence": [
          "Cannot tell whether it is further than quantisation: 4 bits move smol by 0.0495 [0.0231, 0.106] (120 tokens of 2 documents).",
          "KL is largest on code (0.387 [0.362, 0.414]), smallest on prose (0.0178 [0.0160, 0.0198]).",
          "The most probable token is the same at 78.8 % [63.4 %, 94.2 %] of positions; base against itself 100 %.",
          "Bits per byte on prose: 0.359 to 0.378, +0.0187 [+0.0162, +0.0212]: the variant predicts it worse.",
          "Bits per byte on code: 0.359 to 0.253, -0.106 [-0.116, -0.0961]: the variant predicts it better.",
          "The probability of the token that follows rises further than it falls, as with a gain (percentiles 1 and 99: -8.53 and +31.4 points, 5 and 95: -6.68 and +25.9).",
          "Surer of itself: entropy -0.104 [-0.175, -0.0327] from 2.00 nats.",
          "Calibration error 60.7 % to 60.7 % (chance alone gives 6.2 %); Brier score 0.368 to 0.368.",
        ],
        "finding": "tuned is 0.203 [0.102, 0.404] nats a token from smol (base against itself in another batch shape: 1.0e-9; in 4 bits (nf4): 0.0495): between q3_K_M and q2_K among the quantisations of Llama-3-8B on Wikitext-2.",
      }
    `)
  })

  it('identical', () => {
    expect(findingOf({ 'prose/a': [{}, {}], 'prose/b': [{}] }, { batchShape: SMALL })).toEqual({
      finding:
        'tuned is identical to smol in its predictions: no probability differs at any of 3 tokens of 2 documents.',
      evidence: [],
    })
  })

  it('not above the zero line', () => {
    const { finding } = findingOf(SMALL, { batchShape: SMALL })
    expect(finding).toMatchInlineSnapshot(
      `"Cannot tell tuned from smol: it is 1.0e-9 [7.4e-10, 1.4e-9] nats a token away, which is not above the zero line (base against itself in another batch shape: 1.0e-9; in 4 bits (nf4): not measured, not asked for)."`,
    )
  })

  it('one document: no interval is made up', () => {
    expect(findingOf({ 'prose/a': rows(5, { kl: 0.1, loss: 0.5 }) })).toMatchInlineSnapshot(`
      {
        "evidence": [
          "The most probable token is the same at 88.3 % of positions.",
          "Bits per byte on prose: 0.341 to 0.427, +0.0859: worse on this text, no interval to tell from chance.",
          "The probability of the token that follows falls further than it rises, as with a loss (percentiles 1 and 99: -24.3 and +1.53 points, 5 and 95: -21.8 and +0.0847).",
          "Calibration error 60.7 % to 60.7 % (chance alone gives 19.5 %); Brier score 0.368 to 0.368.",
        ],
        "finding": "tuned is 0.0968 nats a token from smol (base against itself in another batch shape: not measured, not asked for; in 4 bits (nf4): not measured, not asked for): between q4_0 and q3_K_M among the quantisations of Llama-3-8B on Wikitext-2.",
      }
    `)
  })

  it('an infinite divergence', () => {
    const documents = {
      'a/a': [{ kl: Number.POSITIVE_INFINITY, js: 0.1, tv: 0.2 }, {}],
      'a/b': [{ js: 0.2, tv: 0.1 }],
    }
    expect(findingOf(documents).finding).toMatchInlineSnapshot(
      `"tuned is infinitely far from smol by KL (infinite: at 1 scored token the variant gives probability 0 to what the base does not); Jensen-Shannon 0.100 [4.3e-6, 0.693] of at most 0.693 nats."`,
    )
  })

  it('other tokenizers', () => {
    const side = (tokens: number, nats: number, bytes = 400) => ({ tokens, nats, bytes })
    const sums = [0, 1, 2, 3].map((i) =>
      documentSums({
        ...documentOf(rowsOf([]), { id: `${i < 2 ? 'prose' : 'code'}/${i}` }),
        base: side(100, 260 + 10 * i),
        variant: side(90, 250 + 10 * i + (i % 2)),
      }),
    )
    const input = { base: 'smol', variant: 'other', whole: measuresOf(sums), corpora: measuresByCorpus(sums) }
    const rest = { quantiles: ABSENT, calibration: ABSENT, zero: { batchShape: ABSENT, nf4: ABSENT } }
    expect(predictionsFinding({ ...input, ...rest })).toMatchInlineSnapshot(`
      {
        "evidence": [
          "Bits per byte on prose: 0.956 to 0.922, -0.0343 [-0.0572, -0.0114]: the variant predicts it better.",
          "Bits per byte on code: 1.03 to 0.994, -0.0343 [-0.0572, -0.0114]: the variant predicts it better.",
        ],
        "finding": "The tokenizers of smol and other differ, so only bits per byte can be compared: other needs 0.958, smol 0.992 (delta -0.0343 [-0.0376, -0.0310]; the variant predicts it better) over 400 tokens of 4 documents.",
      }
    `)
  })

  it('nothing scored', () => {
    expect(findingOf({ 'a/a': [] }).finding).toBe(
      'Nothing can be said of tuned and smol: no token was scored.',
    )
  })

  it('says of the changed probabilities which way they lean', () => {
    const lean = (down: number, up: number) => {
      const deltas = [...Array(100).keys()].map((i) => (i < 50 ? (-down * i) / 50 : (up * (i - 50)) / 50))
      const given = deltas.map((d) => ({
        tv: 0.1,
        kl: 0.01,
        baseLogProb: Math.log(0.5),
        variantLogProb: Math.log(0.5 + d),
      }))
      return findingOf({ 'a/a': given }).evidence.find((line) => line.startsWith('The probability'))
    }
    expect(lean(0.3, 0.1)).toContain('falls further than it rises, as with a loss')
    expect(lean(0.1, 0.3)).toContain('rises further than it falls, as with a gain')
    expect(lean(0.2, 0.2)).toContain('moves alike both ways, as with noise')
  })

  it('numbers are short', () => {
    expect([0, 1.23456, 0.0312, 1.2e-9, 12345, 999.9, -0.5].map(digits)).toEqual([
      '0',
      '1.23',
      '0.0312',
      '1.2e-9',
      '12345',
      '1000',
      '-0.500',
    ])
  })
})

describe('ruler', () => {
  it('has its marks in order, with what they were measured on', () => {
    const { marks, source } = quantisationRuler()
    expect(marks.map(({ name }) => name)).toEqual([
      'bf16',
      'q8_0',
      'q6_K',
      'q5_K_M',
      'q4_K_M',
      'q4_0',
      'q3_K_M',
      'q2_K',
      'iq2_XXS',
      'iq1_S',
    ])
    expect(source).toContain('Llama-3-8B')
    for (const [i, mark] of marks.entries())
      if (i > 0) expect(mark.rmsDeltaProb!).toBeGreaterThan(marks[i - 1]!.rmsDeltaProb!)
  })

  it('finds the marks around, also at its ends and on a mark', () => {
    expect(marksAround(0.04)).toMatchObject({ below: { name: 'q4_K_M' }, above: { name: 'q4_0' } })
    expect(marksAround(0.005452)).toMatchObject({ below: { name: 'q6_K' }, above: { name: 'q5_K_M' } })
    expect(marksAround(0).below).toBeNull()
    expect(marksAround(9).above).toBeNull()
    expect(rulerWords(0.003)).toBe(
      'between q8_0 and q6_K among the quantisations of Llama-3-8B on Wikitext-2',
    )
    expect(rulerWords(1e-9)).toBe('nearer than bf16 among the quantisations of Llama-3-8B on Wikitext-2')
    expect(rulerWords(7)).toBe('further than iq1_S among the quantisations of Llama-3-8B on Wikitext-2')
  })
})

describe('passages', () => {
  const textOf = (id: number): string => (id === 0 ? '' : `t${id}`)

  it('keeps the documents with the largest mean, and their worst stretch', () => {
    const passages = openPassages({ documents: 2, tokens: 3 })
    const add = (id: string, kls: number[]) => {
      const tokens = rowsOf(kls.map((kl, i) => ({ kl, baseTop: i, variantTop: i + 1 })))
      passages.add(documentOf(tokens, { id }), tokens)
    }
    add('a/low', [0.1, 0.1, 0.1, 0.1])
    add('a/mid', [0, 0, 3, 4, 3, 0])
    add('a/none', [0, 0])
    add('a/high', [9])
    const [first, second, ...more] = passages.result(textOf)
    expect(more).toEqual([])
    expect(first).toMatchObject({ document: 'a/high', corpus: 'a', kl: 9 })
    // The first token is fed and stands for no text here: it is not shown.
    expect(first!.tokens).toEqual([{ text: 't1', kl: 9, baseTop: '', variantTop: 't1' }])
    expect(second!.kl).toBeCloseTo(10 / 6, 6)
    expect(second!.tokens.map(({ text, kl }) => [text, kl])).toEqual([
      ['t3', 3],
      ['t4', 4],
      ['t5', 3],
    ])
  })

  it('a first token with a text is shown as not scored; identical sides show nothing', () => {
    const passages = openPassages()
    const tokens = rowsOf([{ kl: 1 }, { kl: 2 }])
    passages.add(documentOf(tokens, { ids: [5, 6, 7] }), tokens)
    passages.add(documentOf(rowsOf([{}, {}])), rowsOf([{}, {}]))
    expect(passages.result(textOf).map(({ tokens }) => tokens)).toEqual([
      [
        { text: 't5', kl: null, baseTop: null, variantTop: null },
        { text: 't6', kl: 1, baseTop: '', variantTop: '' },
        { text: 't7', kl: 2, baseTop: '', variantTop: '' },
      ],
    ])
    expect(() => passages.add(documentOf(tokens, { ids: [5, 6] }), tokens)).toThrow('2 rows for 2 tokens')
  })
})
