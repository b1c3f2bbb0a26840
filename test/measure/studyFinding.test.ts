// Findings in words, of studies with a known shape: golden texts, and figures that stand where the text says.
import { expect, test } from 'vitest'
import { studyFindings } from '../../src/measure/studyFinding/index.ts'
import type { Findings, Measured, Statement } from '../../src/schema/results.ts'
import {
  change,
  effect,
  estimate,
  measured,
  predictions,
  seedsOf,
  side,
  stated,
  trained,
  training,
  weights,
} from '../support/measured.ts'

const SEEDS = [1, 2, 3]

/** One family learnt; LoRA keeps the texts and forgets a sibling task, full fine-tuning forgets texts too. */
function learntAndForgot(): Measured {
  const base = Array.from({ length: 200 }, (_, i) => (i < 82 ? 1 : 0))
  const passing = (count: number, from = 0): number[] =>
    base.map((_, i) => (i >= from && i < from + count ? 1 : 0))
  return measured({
    margin: 0.02,
    sides: [trained('iso-lora', 'lora', SEEDS), trained('iso-full', 'full', [1])],
    trainings: [
      ...SEEDS.map((seed) => training('iso-lora', seed, { firstLoss: 0.4 + seed / 100 })),
      training('iso-full', 1, { trainedParameters: 975_232 }),
    ],
    weights: [
      ...SEEDS.map((seed) => weights('iso-lora', seed, 0.066 + 0.002 * seed)),
      weights('iso-full', 1, 0.0412, { directions: { least: 3, most: 64, matrices: 28, isCut: true } }),
    ],
    predictions: [
      ...SEEDS.map((seed) =>
        predictions('iso-lora', seed, {
          kl: estimate(0.011 * seed, 0.01, 0.04, 3.1e-13),
          bytes: estimate(0.001, -0.002, 0.004),
        }),
      ),
      predictions('iso-full', 1, {
        kl: estimate(0.31, 0.28, 0.35, 3.1e-13),
        bytes: estimate(0.107, 0.0912, 0.122),
      }),
    ],
    effects: [
      effect('iso-lora', 'iso', [0.41, 0.99], [0.52, 0.64], 'better', {
        about: 'recipe',
        seeds: seedsOf('iso-lora', 'iso', base, [passing(198), passing(198), passing(197)], 0.02),
      }),
      effect('iso-lora', 'pairs', [1, 0.8], [-0.62, 0.22], 'cannot-tell', {
        about: 'recipe',
        neededProblems: null,
        mde: null,
        seeds: seedsOf(
          'iso-lora',
          'pairs',
          base.map(() => 1),
          [passing(160), passing(120), passing(198)],
          0.02,
        ),
      }),
      effect('iso-full', 'iso', [0.41, 0.985], [0.51, 0.64], 'better'),
      effect('iso-full', 'style', [0.99, 0.4], [-0.66, -0.52], 'worse'),
      effect('iso-full', 'add', [0.3, 0.29], [-0.05, 0.03], 'cannot-tell', { neededProblems: 5_312 }),
      effect('iso-full', 'field', [1, 0.995], [-0.015, 0.005], 'no-worse'),
    ],
    zeroLines: [
      {
        side: 'base',
        seed: null,
        from: [],
        batchShape: predictions('base', null, { kl: estimate(3.1e-13), bytes: estimate(0) }).whole,
        nf4: predictions('base', null, { kl: estimate(0.00421), bytes: estimate(0) }).whole,
      },
    ],
  })
}

/** It lost half a nat on plain text, and every score is as before. */
const forgotUnseen = (): Measured =>
  measured({
    sides: [side('tuned')],
    weights: [weights('tuned', null, 0.021, { settings: [template()] })],
    predictions: [
      predictions('tuned', null, {
        kl: estimate(0.61, 0.55, 0.67, 1e-12),
        bytes: estimate(0.21, 0.19, 0.23),
        corpora: { prose: estimate(0.31, 0.28, 0.34), code: estimate(0.004, -0.003, 0.011) },
      }),
    ],
    effects: [
      effect('tuned', 'facts', [0.62, 0.64], [-0.03, 0.07], 'cannot-tell', { neededProblems: 2_140 }),
      effect('tuned', 'format', [0.5, 0.7], [0.1, 0.3], 'better'),
    ],
  })

const template = () =>
  ({
    subject: 'chat template',
    key: 'system prompt',
    base: 'none',
    variant: 'You are',
    danger: 'high',
    what: 'another prompt',
  }) as const

/** Recorded answers around unchanged weights, and around others. */
const scaffolds = (): Measured =>
  measured({
    sides: [
      side('reflexion', { kind: 'recorded', spec: null }),
      side('ldb', { kind: 'recorded', spec: null, against: 'reflexion' }),
    ],
    effects: [
      effect('reflexion', 'humaneval', [140 / 164, 150 / 164], [0.019, 0.109], 'better'),
      effect('ldb', 'humaneval', [150 / 164, 156 / 164], [0.004, 0.077], 'better', { against: 'reflexion' }),
    ],
    changes: [
      change('reflexion', {
        solver: { base: stated('direct'), variant: stated('reflexion') },
        solverChanged: true,
        calls: { base: 1, variant: 2.4 },
        equalBudget: { absent: 'no side is gpt-4 by plain sampling with 2.4 calls a problem or more' },
      }),
      change('ldb', {
        against: 'reflexion',
        model: { base: stated('gpt-4'), variant: stated('gpt-3.5') },
        solver: { base: stated('reflexion'), variant: stated('ldb') },
        modelChanged: true,
        solverChanged: true,
        equalBudget: { absent: 'the log does not tell how often ldb called the model' },
      }),
    ],
  })

const copy = (): Measured =>
  measured({
    sides: [side('copy')],
    weights: [
      weights('copy', null, 0, {
        tensors: { compared: 38, changed: 0, nonFinite: 0 },
        directions: { absent: 'no change' },
      }),
    ],
    predictions: [predictions('copy', null, { kl: estimate(0), bytes: estimate(0) })],
  })

const nothing = (): Measured => measured({ sides: [side('tuned')] })

const cases = { learntAndForgot, forgotUnseen, scaffolds, copy, nothing }

const linesOf = (statements: readonly Statement[]): string =>
  statements.map(({ text }) => `- ${text}`).join('\n')

const textOf = ({ headline, variants, study }: Findings): string =>
  [
    headline.text,
    ...variants.map(({ side: name, sentences }) => `${name}\n${linesOf(sentences)}`),
    linesOf(study),
    '',
  ].join('\n\n')

for (const [name, make] of Object.entries(cases)) {
  test(`the finding reads: ${name}`, async () => {
    await expect(textOf(studyFindings(make()))).toMatchFileSnapshot(`../goldens/findings/${name}.txt`)
  })

  test(`every figure stands in the results: ${name}`, () => {
    const results = make()
    const { headline, variants, study } = studyFindings(results)
    for (const statement of [headline, ...variants.flatMap(({ sentences }) => sentences), ...study])
      checkFigures(statement, results)
  })
}

/** In their order in the text, which holds no other number; each shows the value, or a count of the list, at its place. */
function checkFigures({ text, figures }: Statement, results: Measured): void {
  let rest = text
  let plain = ''
  for (const { at, shown } of figures) {
    const place = rest.indexOf(shown)
    expect(place, `${shown} in: ${text}`).toBeGreaterThanOrEqual(0)
    plain += rest.slice(0, place)
    rest = rest.slice(place + shown.length)
    const value = at
      .split('/')
      .slice(1)
      .reduce((of, key) => (of as Record<string, unknown>)[key], results as unknown)
    expect(value, at).toBeDefined()
    if (Array.isArray(value) || !/\d/.test(shown)) continue
    const number = Math.abs(Number(shown.replace(/^p [=<] |,|\+/g, '')))
    const near = [1, 100].some((scale) => isNear(number, Math.abs(value as number) * scale))
    const isDeviation = isNear(number, 100 * Math.sqrt(Math.max(0, value as number)))
    expect(near || isDeviation || shown.startsWith('p <'), `${shown} shows ${value}, ${at}`).toBe(true)
  }
  plain += rest
  const words = plain.replace(/4-bit LoRA|4 bits|80 %|95 %|gpt-[34](\.5)?|with [\d.]+ calls/g, '')
  expect(words.match(/.{0,30}\d.{0,20}/)?.[0], text).toBeUndefined()
}

/** Equal to the digits shown, or to the two that a planned number has. */
const isNear = (shown: number, value: number): boolean => Math.abs(shown - value) <= 0.06 * Math.max(value, 1)
