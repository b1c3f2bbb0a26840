// Is a variant another model than its base? Tiny models through the engine: copies, adapters that do nothing, real ones.
import { cpSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { checkLive, livenessOf, requireLive } from '../src/measure/live.ts'
import { liveSentence } from '../src/measure/liveSentence.ts'
import type { DocumentReply } from '../src/measure/predictions/jobs.ts'
import { openModel } from '../src/model/open.ts'
import { closeFiles } from '../src/model/stored.ts'
import { renderText } from '../src/report/blocks.ts'
import { liveBlocks } from '../src/report/live.ts'
import type { Absent } from '../src/schema/estimate.ts'
import { type Liveness, livenessSchema } from '../src/schema/live.ts'
import { FailedCheckError } from '../src/util/errors.ts'
import { documentOf, rowsOf } from './support/predictions.ts'
import { randomAdapter } from './support/randomAdapter.ts'
import { TinyPredictions } from './support/tinyPredictions.ts'

const tiny = new TinyPredictions()
afterAll(() => {
  closeFiles()
  tiny[Symbol.dispose]()
})

const base = tiny.model('nf4', 'base')
const check = async (variant: string): Promise<Liveness | Absent> =>
  checkLive({ base: await openModel(base), variant: await openModel(variant), threads: 1 })
const live = async (variant: string): Promise<Liveness> => livenessSchema.parse(await check(variant))

describe('through the engine', () => {
  test('a copy of the base is refused, and an adapter that does nothing', async () => {
    const copy = tiny.path('models', 'copy')
    cpSync(base, copy, { recursive: true })
    const still = await randomAdapter(base, { seed: 1, strength: 0, to: tiny.path('still') })
    for (const variant of [copy, `${base}+${still}`]) {
      const liveness = await live(variant)
      expect(liveness).toMatchObject({ verdict: 'identical', prompts: 20, tokens: 20 * 63 })
      expect(liveness.moved).toEqual({ largest: 0, kl: 0 })
      expect(() => requireLive(liveness, { base: 'B', variant: 'V' })).toThrow(FailedCheckError)
      expect(() => requireLive(liveness, { base: 'B', variant: 'V' })).toThrow(
        /^Not live: V gives every log-probability of B, to the bit, on 20 prompts \(1260 tokens\)/,
      )
    }
  })

  test('an adapter, a quantised base and another model are live', async () => {
    const adapter = await randomAdapter(base, { seed: 1, strength: 0.05, to: tiny.path('adapter') })
    for (const variant of [`${base}+${adapter}`, `nf4:${base}`]) {
      const liveness = await live(variant)
      expect(liveness.verdict).toBe('live')
      expect(liveness.moved.largest).toBeGreaterThan(100 * liveness.zero.largest)
      expect(liveness.moved.kl as number).toBeGreaterThan(1e4 * (liveness.zero.kl as number))
      requireLive(liveness, { base: 'B', variant: 'V' })
    }
  })

  test('of another tokenizer only whole prompts are compared', async () => {
    const other = tiny.model('nf4', 'other', { merges: [['t', 'h']] })
    const liveness = await live(other)
    expect(liveness).toMatchObject({ verdict: 'live', moved: { kl: { absent: expect.any(String) } } })
    expect(liveSentence(liveness, { base: 'B', variant: 'V' })).toMatch(/^Live: V moved at most [\d.]+ nats/)
  })

  test('the same MODEL claims no other weights', async () => {
    expect(await check(base)).toMatchObject({ absent: expect.stringContaining('no other weights') })
  })
})

type Row = Parameters<typeof rowsOf>[0][number]
const prompt = (id: string, row: Row): DocumentReply => {
  const tokens = rowsOf([row, {}])
  return { kind: 'document', side: 0, row: documentOf(tokens, { id }), tokens }
}

describe('beside the zero line', () => {
  const zero = [prompt('prose/a', { kl: 1e-12, variantLogProb: -1 - 2 ** -20 })]
  const verdict = (row: Row): string =>
    livenessOf([prompt('prose/a', row), prompt('prose/b', row)], zero).verdict

  test('what moved no further than arithmetic does cannot be told', () => {
    expect(verdict({})).toBe('identical')
    expect(verdict({ kl: 1e-13, variantLogProb: -1 - 2 ** -21 })).toBe('within-arithmetic')
    expect(verdict({ kl: 1e-12, variantLogProb: -1 - 2 ** -19 })).toBe('within-arithmetic')
    expect(verdict({ kl: 1e-11, variantLogProb: -1 - 2 ** -21 })).toBe('live')
    expect(verdict({ kl: Number.POSITIVE_INFINITY })).toBe('live')
  })

  test('one prompt that moved is enough', () => {
    const found = livenessOf([prompt('prose/a', {}), prompt('prose/b', { kl: 1, variantLogProb: -3 })], zero)
    expect(found).toMatchObject({ verdict: 'live', moved: { largest: 2, kl: 0.25 } })
  })

  test('no line above 0 leaves nothing within it', () => {
    const still = [prompt('prose/a', {})]
    expect(livenessOf([prompt('prose/a', { kl: 1e-30 })], still).verdict).toBe('live')
    expect(livenessOf([prompt('prose/a', {})], still).verdict).toBe('identical')
  })

  test('is told in one sentence, then a table', () => {
    const found = livenessOf([prompt('prose/a', { kl: 0.5, variantLogProb: -2 })], zero)
    const text = renderText(liveBlocks(found, { base: 'B', variant: 'V' })).replace(/\s+/g, ' ')
    expect(text).toMatch(/^Live: V moved at most 1\.0 nats in a log-probability, KL 0\.25, on 1 prompt /)
    expect(text).toContain('B in another batch shape 1 9.5e-7 5.0e-13')
  })
})
