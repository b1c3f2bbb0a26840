// The predictions report as it is printed, from reports made by hand: goldens of the terminal and of Markdown, then what
// must hold of any.
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { renderMarkdown, renderText } from '../../src/report/blocks.ts'
import { predictionsBlocks } from '../../src/report/predictions.ts'
import { interval, nats, share } from '../../src/report/predictionsNumbers.ts'
import { tokensMarkdown, tokensText } from '../../src/report/tokens.ts'
import type { Estimate } from '../../src/schema/estimate.ts'
import {
  type MeasureName,
  type PredictionMeasures,
  type PredictionsReport,
  predictionsReportSchema,
} from '../../src/schema/predictions.ts'
import { displayWidth } from '../../src/util/table.ts'

const estimate = (value: number, spread = 0.1): Estimate => ({
  value,
  low: value - Math.abs(value) * spread,
  high: value + Math.abs(value) * spread,
  n: 8,
  method: 'bootstrap',
})

const VALUES: Record<MeasureName, number> = {
  kl: 0.01234,
  klReverse: 0.0131,
  js: 0.0031,
  tv: 0.0421,
  topAgreement: 0.9637,
  topOverlap: 0.9012,
  reciprocalRank: 0.981,
  deltaProb: -0.0031,
  rmsDeltaProb: 0.0412,
  deltaLogProb: -0.0123,
  baseEntropy: 2.31,
  deltaEntropy: -0.0456,
  baseBitsPerByte: 0.9471,
  variantBitsPerByte: 0.9512,
  deltaBitsPerByte: 0.0041,
  perplexityRatio: 1.0124,
}

/** Measures that are 1 where nothing differs; all but the last are shares. */
const ONES = ['topAgreement', 'topOverlap', 'reciprocalRank', 'perplexityRatio']
const LEVELS = ['baseEntropy', 'baseBitsPerByte', 'variantBitsPerByte']
const within = (name: string, bare: Estimate): Estimate =>
  ONES.slice(0, 3).includes(name) ? { ...bare, high: Math.min(1, bare.high!) } : bare

function measures(scale = 1, zero?: number): PredictionMeasures {
  const entries = Object.entries(VALUES).map(([name, value]) => [
    name,
    {
      ...within(name, estimate(value, 0.1 * scale)),
      ...(zero === undefined || LEVELS.includes(name)
        ? {}
        : { zero: within(name, estimate(ONES.includes(name) ? 1 : value * zero)) }),
    },
  ])
  return { documents: 8, tokens: 4321, ...Object.fromEntries(entries) }
}

const model = (name: string, note: string | null = null) => ({
  spec: `models/${name}`,
  name,
  identity: 'f'.repeat(64),
  format: 'safetensors',
  note,
})
const calibration = (ece: number) => ({
  ece: {
    value: ece,
    low: null,
    high: null,
    n: 8,
    method: 'no interval',
    zero: { value: 0.011, low: null, high: null, n: 8, method: 'chance' },
  },
  brier: estimate(0.182),
  bins: [[0.5, 0.49, 2160] as [number, number, number]],
})
const token = (text: string, kl: number | null, baseTop = ' the', variantTop = baseTop) => ({
  text,
  kl,
  baseTop,
  variantTop,
})

const report: PredictionsReport = {
  schema: 1,
  base: model('small', 'dequantised to fp32 from Q8_0'),
  corpora: [
    { name: 'prose', from: 'built in', identity: 'a', documents: 4, bytes: 12345 },
    { name: 'code', from: 'built in', identity: 'b', documents: 4, bytes: 6789 },
  ],
  notes: ['docs: left out as binary: image.png'],
  context: 512,
  stride: 256,
  zero: { batchShape: measures(1), nf4: measures(1) },
  variants: [
    {
      model: model('tuned'),
      folder: 'out/tuned',
      mode: 'distributions',
      finding: 'tuned predicts otherwise than small.',
      evidence: ['KL 0.0123 nats a token.', 'Most in code.'],
      whole: measures(1, 1e-4),
      corpora: [
        { name: 'prose', ...measures(2, 1e-4) },
        { name: 'code', ...measures(1, 0), kl: { absent: 'infinite at 2 tokens' } },
      ],
      quantiles: {
        kl: [
          [100, 3.21],
          [99, 0.21],
          [50, 0.0012],
          [0, 0],
        ],
        deltaProb: [
          [100, 0.61],
          [99, 0.12],
          [50, 0],
          [25, -0.00001],
          [0, -0.72],
        ],
      },
      calibration: { base: calibration(0.021), variant: calibration(0.034) },
      ruler: {
        below: { name: 'q6_K', klNats: 0.0055, rmsDeltaProb: 0.02, topAgreement: 0.97 },
        above: { name: 'q4_K_M', klNats: 0.031, rmsDeltaProb: 0.05, topAgreement: 0.92 },
        source: 'a published table',
      },
      mostDifferent: [
        {
          document: 'prose/01.txt',
          corpus: 'prose',
          kl: 0.21,
          tokens: [
            token('The', null),
            token(' capital', 0.02),
            token(' of\tit', 0.35),
            token('\n', 0.01),
            token(' Paris', 3.21, ' London', ' \u001b[31mRome\u202e'),
            token(' `is`', 0.9, ' was', ' has'),
            token(' 大きい', 1.7),
            token('.', 0),
          ],
        },
      ],
    },
    {
      model: model('other-tokenizer'),
      folder: 'out/other',
      mode: 'bits-per-byte',
      finding: 'other-tokenizer needs more bits for the same text.',
      evidence: [],
      whole: measures(1, 1e-4),
      corpora: [
        { name: 'prose', ...measures(2) },
        { name: 'code', ...measures(1) },
      ],
      quantiles: { absent: 'the tokenizers differ' },
      calibration: { absent: 'the tokenizers differ' },
      ruler: { absent: 'the tokenizers differ' },
      mostDifferent: [],
    },
  ],
}
const golden = (name: string): string =>
  new URL(`../goldens/predictionsReport/${name}`, import.meta.url).pathname

/** As on a terminal without colour, whatever runs the test. */
function plainText(blocks: Parameters<typeof renderText>[0]): string {
  expect(pc.isColorSupported, 'run the tests with NO_COLOR=1 or to a file').toBe(false)
  return renderText(blocks)
}

describe('a report', () => {
  it('made by hand is one', () => {
    expect(predictionsReportSchema.parse(report)).toEqual(report)
  })

  it('is printed for a terminal as it was', async () => {
    const text = plainText(predictionsBlocks(report))
    await expect(text).toMatchFileSnapshot(golden('terminal.txt'))
  })

  it('and as Markdown', async () => {
    await expect(renderMarkdown(predictionsBlocks(report))).toMatchFileSnapshot(golden('report.md'))
  })

  it('fits 100 columns and holds no control character', async () => {
    const text = plainText(predictionsBlocks(report))
    for (const line of text.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(100)
    expect(text).not.toMatch(/\p{Cc}(?<!\n)|\u202e/u)
    expect(text).toContain('\\u001b[31mRome\\u202e')
  })

  it('says why something is absent', () => {
    const [variant] = report.variants
    const whole = {
      ...variant!.whole,
      kl: { absent: 'infinite at 2 tokens' },
      klReverse: { absent: 'infinite at 2 tokens' },
    }
    const text = renderText(
      predictionsBlocks({
        ...report,
        zero: { batchShape: { absent: 'stopped' }, nf4: { absent: 'the base has an adapter' } },
        variants: [
          {
            ...variant!,
            whole,
            ruler: { absent: 'infinite at 2 tokens' },
            quantiles: { absent: 'infinite' },
            calibration: { absent: 'no token was scored' },
            mostDifferent: [],
          },
        ],
      }),
    ).replace(/\s+/g, ' ')
    for (const said of [
      'not measured: KL(base || variant), nats, KL(variant || base), nats: infinite at 2 tokens',
      'No zero line was measured: stopped.',
      'The base was not measured in nf4: the base has an adapter.',
      'No quantiles: infinite.',
      'Calibration was not measured: no token was scored.',
      'No place on the public ruler: infinite at 2 tokens.',
    ])
      expect(text).toContain(said)
  })

  it('of equal models shows no place where they differ', () => {
    const [variant] = report.variants
    const equal = {
      ...variant!.mostDifferent[0]!,
      tokens: [token('a', null), token('b', 0), token('c', 3e-6)],
    }
    const text = renderText(
      predictionsBlocks({ ...report, variants: [{ ...variant!, mostDifferent: [equal] }] }),
    )
    expect(text).not.toContain('Where they differ most')
  })
})

describe('tokens', () => {
  const tokens = [
    { text: 'a\n', level: 0, value: '0' },
    { text: ' b```', level: 3, value: '1.20' },
    { text: ' c', level: 1, value: '0.10' },
  ] as const

  it('stand in brackets in Markdown, in a fence that the text cannot end', () => {
    expect(tokensMarkdown(tokens, 80)).toBe('````\na⏎[ b``` 1.20] c\n````')
  })

  it('are coloured where there is colour, without brackets', () => {
    const text = tokensText(tokens, 80, pc.createColors(true))
    expect(text).toContain('\u001b[41m')
    expect(text).toContain('\u001b[33m c')
    expect(text).not.toContain('1.20')
  })

  it('are broken into lines between tokens', () => {
    const many = Array.from({ length: 30 }, () => ({ text: ' 長い', level: 0 as const, value: '0' }))
    const lines = tokensMarkdown(many, 20).split('\n').slice(1, -1)
    expect(lines.join('')).toBe(' 長い'.repeat(30))
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(20)
    expect(lines).toHaveLength(8)
    expect(tokensText([], 20)).toBe('')
  })
})

it('numbers have sensible digits and never round to what they are not', () => {
  expect([0, 3.2e-7, 0.0012, 0.01234, 1.234, 123.4].map(nats)).toEqual([
    '0',
    '3.2e-7',
    '0.0012',
    '0.0123',
    '1.23',
    '123',
  ])
  expect([0, 1, 0.9637, 0.99996, 0.00002, 0.0421].map((value) => share(value))).toEqual([
    '0 %',
    '100 %',
    '96.4 %',
    '99.996 %',
    '2.0e-3 %',
    '4.21 %',
  ])
  expect([-0.5, 0.02].map((value) => share(value, { isSigned: true }))).toEqual(['-50.0 %', '+2.00 %'])
  expect(interval('tv', estimate(0.5))).toBe('45.0 to 55.0 %')
  expect(interval('kl', { ...estimate(0), low: null, high: null })).toBe('-')
})
