// Is the adapter in a quantised merge? Judged by predictions: the geometry alone, then tiny models whose truth is known.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quantisedAlike, schemesOf } from '../src/measure/applied/alike.ts'
import { type Divergences, judge, judgeByPredictions } from '../src/measure/applied/nearer.ts'
import type { PredictionsJudgement } from '../src/measure/applied/types.ts'
import { builtInTexts } from '../src/measure/predictions/texts.ts'
import { openModel } from '../src/model/open.ts'
import { closeFiles } from '../src/model/stored.ts'
import type { Dtype, Model } from '../src/model/tensor.ts'
import { recipeSchema, type Variant } from '../src/schema/training.ts'
import { random } from '../src/stats/index.ts'
import { tunediff } from './support/cli.ts'
import { randomAdapter, writeMerged } from './support/randomAdapter.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

/** Squared distances of points, a text each: what Jensen-Shannon divergences are in their Hilbert space. */
function pair(from: readonly number[][], to: readonly number[][]): Divergences {
  const js = from.map((point, i) => point.reduce((sum, x, k) => sum + (x - to[i]![k]!) ** 2, 0))
  return { tokens: js.map(() => 1), js, kl: js, klReverse: js }
}

describe('the triangle', () => {
  /** Texts in which the adapter moves by 1 along the first axis, and quantisation by `error`, with some noise each. */
  function judged(error: readonly [number, number], isApplied: boolean, seed: number) {
    const next = random(seed)
    const noise = (): number => 0.1 * (next() - 0.5)
    const base = Array.from({ length: 32 }, () => [0, 0])
    const adapted = base.map(() => [1 + noise(), 0])
    const merged = (isApplied ? adapted : base).map(([x, y]) => [
      x! + error[0] + noise(),
      y! + error[1] + noise(),
    ])
    return judge({
      toBase: pair(merged, base),
      toAdapted: pair(merged, adapted),
      effect: pair(base, adapted),
    })
  }

  test('the shorter side is the verdict, and the way along it is the projection', () => {
    expect(judged([0.1, 0.5], true, 1)).toMatchObject({ verdict: 'applied', reason: null })
    expect(judged([0.1, 0.5], false, 1)).toMatchObject({ verdict: 'not-applied', reason: null })
    expect(judged([0.1, 0.5], false, 1).along).toMatchObject({ value: expect.closeTo(0.1, 1) })
    expect(judged([0.1, 0.5], true, 1).along).toMatchObject({ value: expect.closeTo(1.1, 1) })
  })

  test('an error larger than the effect of the adapter leaves it open, however many texts say nearer', () => {
    for (const isApplied of [true, false]) {
      const found = judged([0, 3], isApplied, 2)
      expect(found.verdict).toBe('cannot-tell')
      expect(found.reason).toMatch(/further from both/)
      expect(Math.sign(found.nearer.value)).toBe(isApplied ? 1 : -1)
    }
  })

  test('half of the way is open', () => {
    expect(judged([0.5, 0], false, 3)).toMatchObject({
      verdict: 'cannot-tell',
      reason: expect.stringMatching(/about as far/),
    })
  })

  test('no error that points more than 45 degrees off makes a wrong verdict, of whatever size', () => {
    fc.assert(
      fc.property(
        fc.double({ min: Math.PI / 4 + 0.1, max: Math.PI, noNaN: true }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        fc.boolean(),
        fc.integer({ min: 1, max: 1e6 }),
        (angle, size, isApplied, seed) => {
          // From the truth towards the other model.
          const towards = (isApplied ? -1 : 1) * Math.cos(angle) * size
          const { verdict } = judged([towards, Math.sin(angle) * size], isApplied, seed)
          return verdict === 'cannot-tell' || (verdict === 'applied') === isApplied
        },
      ),
      { numRuns: 500 },
    )
  })

  test('an adapter that does nothing, and one text alone, tell nothing', () => {
    const base = [[0], [0]]
    const still = judge({ toBase: pair(base, base), toAdapted: pair(base, base), effect: pair(base, base) })
    expect(still).toMatchObject({ verdict: 'cannot-tell', reason: expect.stringMatching(/no prediction/) })
    const [a, b] = [[[0]], [[1]]]
    const one = judge({ toBase: pair(a, b), toAdapted: pair(a, a), effect: pair(a, b) })
    expect(one).toMatchObject({ verdict: 'cannot-tell', reason: expect.stringMatching(/one text/) })
  })
})

const base = tiny.model('nf4', 'base')
const STRENGTHS = { strong: 0.5, weak: 0.01 }
const adapters: Record<string, string> = {}
const merges: Record<string, string> = {}
beforeAll(async () => {
  for (const [name, strength] of Object.entries(STRENGTHS)) {
    adapters[name] = await randomAdapter(base, { seed: 1, strength, to: tiny.path(name) })
    merges[name] = await writeMerged(`${base}+${adapters[name]}`, base, tiny.path('models', `${name}-merged`))
  }
})

const run = (...args: string[]) =>
  tunediff(['applied', ...args, '--threads', '1'], { cache: tiny.path('cache') })

/** On the beginnings of a quarter of the texts: a judgement hears no more of a text. */
async function judged(spec: string, merged: string): Promise<PredictionsJudgement> {
  const texts = await builtInTexts()
  const documents = texts.documents.filter((_, i) => i % 4 === 0)
  return judgeByPredictions({
    base: await openModel(spec, { isBare: true }),
    adapted: await openModel(spec),
    merged: await openModel(merged),
    texts: { ...texts, documents: documents.map((one) => ({ ...one, text: one.text.slice(0, 128) })) },
    threads: 1,
  })
}

describe('tiny models', () => {
  test('by an unknown quantisation a strong adapter is told, a weak one is not', async () => {
    /** Dequantised by somebody, so that nothing says how it was quantised. */
    const unknown = (of: string): Promise<string> => writeMerged(`nf4:${of}`, base, `${of}-dequantised`)
    const [strong, weak] = [`${base}+${adapters.strong}`, `${base}+${adapters.weak}`]
    expect((await judged(strong, await unknown(merges.strong!))).verdict).toBe('applied')
    const not = await judged(strong, await unknown(base))
    expect(not).toMatchObject({ verdict: 'not-applied', quantised: { defined: [], others: [] } })
    for (const of of [merges.weak!, base]) {
      const found = await judged(weak, await unknown(of))
      expect(found.verdict).toBe('cannot-tell')
      expect(found.js.effect.value).toBeLessThan(found.js.toBase.value / 20)
    }
  })

  test('by a known one a weak one is told too, from the base, which is quantised alike', async () => {
    const spec = `${base}+${adapters.weak}`
    const found = await judged(spec, `nf4:${merges.weak}`)
    expect(found).toMatchObject({ verdict: 'applied', quantised: { defined: ['NF4'], others: [] } })
    expect(found.js.toAdapted.value).toBeLessThan(found.js.toBase.value / 10)
    const not = await judged(spec, `nf4:${base}`)
    expect(not).toMatchObject({ verdict: 'not-applied', js: { toBase: { value: 0 } } })
  })

  test('exit code, sentence, table, JSON', async () => {
    const spec = `${base}+${adapters.strong}`
    const merged = await run(spec, `nf4:${merges.strong}`, '--json')
    expect(merged.code, merged.stderr).toBe(0)
    expect(JSON.parse(merged.stdout)).toMatchObject({
      schema: 1,
      judgedBy: 'predictions',
      sentence: expect.stringMatching(/^Applied, as far as predictions tell: nf4:strong-merged is nearer to/),
      verdict: 'applied',
      texts: { documents: 16, tokens: 16 * 127 },
    })
    const not = await run(spec, `nf4:${base}`)
    expect(not.code, not.stderr).toBe(1)
    expect(not.stdout).toMatch(/^Not applied, as far as predictions tell: nf4:base is nearer to the base/)
    expect(not.stdout).toMatch(/base to nf4:base +0 /)
  })

  test('another adapter of that strength is not this one', async () => {
    const other = await randomAdapter(base, { seed: 2, strength: 0.5, to: tiny.path('other') })
    const merged = await writeMerged(`${base}+${other}`, base, tiny.path('models', 'other-merged'))
    expect((await judged(`${base}+${adapters.strong}`, `nf4:${merged}`)).verdict).toBe('cannot-tell')
  })

  test('an adapter without effect, and one that rounding takes away, are not told', async () => {
    const still = await randomAdapter(base, { seed: 1, strength: 0, to: tiny.path('still') })
    const result = await run(`${base}+${still}`, `nf4:${base}`)
    expect(result.code).toBe(3)
    expect(result.stdout).toMatch(/^Cannot tell: the adapter changes no prediction on these texts/)
    // Below the base's fp16: a merge in it is the base.
    const faint = await randomAdapter(base, { seed: 1, strength: 1e-6, to: tiny.path('faint') })
    expect((await judged(`${base}+${faint}`, `nf4:${base}`)).verdict).toBe('cannot-tell')
  })

  test('the base may be quantised', async () => {
    const spec = `nf4:${base}+${adapters.strong}`
    expect((await judged(spec, `nf4:${merges.strong}`)).verdict).toBe('applied')
    expect((await judged(spec, `nf4:${base}`)).verdict).toBe('not-applied')
  })

  test('a base that is quantised, and a merge that is not: weights first, then predictions', async () => {
    const spec = `nf4:${base}+${adapters.strong}`
    const own = await writeMerged(spec, base, tiny.path('models', 'own-merged'))
    expect((await run(spec, own)).stdout).toMatch(/^Applied: own-merged holds all/)
    expect((await run(spec, merges.strong!)).stdout).toMatch(/^Applied, as far as predictions tell/)
  })

  test('texts of the user', async () => {
    const texts = tiny.texts('own-texts', [200, 300, 1, 250])
    const result = await run(
      `${base}+${adapters.strong}`,
      `nf4:${merges.strong}`,
      ...['--text', texts, '--json'],
    )
    expect(result.code, result.stderr).toBe(0)
    expect(JSON.parse(result.stdout)).toMatchObject({
      texts: { from: [texts], documents: 3, tokens: 3 * 127 },
    })
  })
})

describe('a variant folder', () => {
  /** As train writes it; the adapter does not name its base, variant.json does. */
  function variant(method: 'lora' | 'qlora'): string {
    const to = tiny.path(`${method}-variant`)
    const adapter = join(to, 'adapter')
    mkdirSync(to)
    cpSync(adapters.strong!, adapter, { recursive: true })
    const path = join(adapter, 'adapter_config.json')
    const { base_model_name_or_path: _, ...config } = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify(config))
    const data = { path: 'x', identity: '', examples: 1, heldOut: 0, cut: 0, trainedTokens: 1 }
    const written: Variant = {
      schema: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      recipe: recipeSchema.parse({ method }),
      base: { spec: base, identity: '', note: null },
      data,
      seed: 1,
      trainer: 'embedded',
      versions: {},
      cost: null,
    }
    writeFileSync(join(to, 'variant.json'), JSON.stringify(written))
    return to
  }

  test('runs on the base that it names, quantised where it was trained so', async () => {
    const lora = await run(variant('lora'), merges.strong!)
    expect(lora.stdout, lora.stderr).toMatch(/^Applied: strong-merged holds all/)
    const qlora = variant('qlora')
    const own = await writeMerged(
      `nf4:${base}+${adapters.strong}`,
      base,
      tiny.path('models', 'variant-merged'),
    )
    expect((await run(qlora, own)).stdout).toMatch(/^Applied: variant-merged holds all/)
    expect((await run(qlora, `nf4:${base}`)).code).toBe(1)
    const asMerge = await run(`${base}+${adapters.strong}`, qlora)
    expect(asMerge.stderr).toMatch(/wanted is a merged model/)
  })
})

test('references take the scheme of each tensor of the merge, where it is defined and not theirs already', () => {
  const model = (dtypes: readonly Dtype[]): Model => ({
    spec: 'm',
    name: 'm',
    format: 'gguf',
    leftOut: [],
    adapters: [],
    files: [],
    config: {},
    tensors: new Map(
      dtypes.map((dtype, i) => {
        const shape = i === 0 ? [256] : [2, 256]
        const source = { kind: 'stored', path: 'm', offset: 0, bytes: 0, dtype, shape } as const
        return [`t${i}`, { name: `t${i}`, nameInFile: `t${i}`, shape, dtype, source }]
      }),
    ),
  })
  const merged = model(['F32', 'Q4_1', 'Q8_0', 'Q4_K', 'F16'])
  const schemes = (dtypes: readonly Dtype[]): (string | null)[] =>
    [...quantisedAlike(model(dtypes), merged).tensors.values()].map(({ source }) =>
      source.kind === 'quantised' ? source.scheme : null,
    )
  expect(schemes(['F32', 'F32', 'BF16', 'F16', 'F32'])).toEqual([null, 'Q4_1', 'Q8_0', null, null])
  expect(schemes(['F32', 'Q4_1', 'Q4_1', 'Q4_K', 'F16'])).toEqual([null, null, 'Q8_0', null, null])
  expect(schemesOf(merged)).toEqual({ defined: ['Q4_1', 'Q8_0'], others: ['Q4_K'] })
})

describe('what cannot be compared is a user error', () => {
  test.each([
    ['another architecture', () => `nf4:${tiny.model('qwen3', 'other-model')}`, /is another model \(qwen3, /],
    [
      'another tokenizer',
      () => `nf4:${tiny.model('nf4', 'other-tokens', { merges: [['t', 'h']] })}`,
      /another tokenizer/,
    ],
    ['a server', () => 'http://localhost:1/v1#m', /is a server, and its weights are not here/],
    ['a base with an adapter', () => `nf4:${base}+${adapters.strong}`, /wanted is a merged model/],
  ])('%s', async (_, merged, says) => {
    const result = await run(`${base}+${adapters.strong}`, merged())
    expect(result.code, result.stdout).toBe(2)
    expect(result.stderr).toMatch(says)
  })

  test('an adapter of another base, and texts for weights', async () => {
    const other = tiny.model('llama', 'other-base')
    const stray = await run(`${other}+${adapters.strong}`, `nf4:${merges.strong}`)
    expect(stray.code, stray.stdout).toBe(2)
    writeFileSync(tiny.path('text.txt'), 'A text.')
    const texts = await run(
      `${base}+${adapters.strong}`,
      merges.strong!,
      ...['--text', tiny.path('text.txt')],
    )
    expect(texts.code).toBe(2)
    expect(texts.stderr).toMatch(/compared to the bit, and no text is read/)
  })
})
