// Attention with keys and values of earlier positions: position by position, it gives what all positions at once give.
import { describe, expect, it } from 'vitest'
import { attention } from '../../../src/tensor/ops/attention.ts'
import { backwardGraph, type Describe, forwardGraph } from '../../../src/tensor/tape.ts'
import { gaussian } from '../../support/matrices.ts'
import * as reference from './reference.ts'
import { causalMask, run, worst } from './support.ts'

const [BATCH, HEADS, KV_HEADS, SIZE] = [2, 6, 2, 4]
const isSeen = (query: number, key: number): boolean => key <= query
const options = { batch: BATCH, heads: HEADS, kvHeads: KV_HEADS, scale: 0.5, isSeen }

const program =
  (length: number, past: number, isTrained = false): Describe =>
  (tape) => {
    const input = (name: string, heads: number) =>
      tape.input(name, [BATCH, length, heads * SIZE], { isTrained })
    const cache = (name: string) => tape.input(name, [BATCH, KV_HEADS, past, SIZE])
    const y = attention(tape, input('q', HEADS), input('k', KV_HEADS), input('v', KV_HEADS), {
      heads: HEADS,
      kvHeads: KV_HEADS,
      scale: options.scale,
      mask: tape.input('mask', [1, 1, (HEADS / KV_HEADS) * length, past + length]),
      past: { k: cache('pastK'), v: cache('pastV') },
      save: '',
    })
    return { y }
  }

const random = (seed: number, count: number): Float32Array => Float32Array.from(gaussian(seed, count))

describe('attention with a past', () => {
  it.each([
    [1, 3],
    [3, 2],
  ])('%i new positions after %i', async (length, past) => {
    const [q, k, v] = [HEADS, KV_HEADS, KV_HEADS].map((heads, i) => random(i, BATCH * length * heads * SIZE))
    const [pastK, pastV] = [8, 9].map((seed) => random(seed, BATCH * KV_HEADS * past * SIZE))
    const mask = causalMask({ group: HEADS / KV_HEADS, length, past, isSeen }).values
    const feeds = { q: q!, k: k!, v: v!, pastK: pastK!, pastV: pastV!, mask }
    const { y, 's:K': newK } = await run(forwardGraph(program(length, past), ['K', 'V']), feeds)
    const wanted = reference.attention(Float64Array.from(q!), Float64Array.from(k!), Float64Array.from(v!), {
      ...options,
      length,
      past: { k: Float64Array.from(pastK!), v: Float64Array.from(pastV!), length: past },
    })
    expect(worst(y!, wanted)).toBeLessThan(1e-6)
    // What is saved are the new ones alone, as [B, KV, T, D].
    const at = (b: number, head: number, t: number): number => ((b * length + t) * KV_HEADS + head) * SIZE
    const expected = [0, 1].flatMap((b) =>
      [0, 1].flatMap((head) =>
        Array.from({ length }, (_, t) => [...k!.subarray(at(b, head, t), at(b, head, t) + SIZE)]),
      ),
    )
    expect([...newK!]).toEqual(expected.flat())
  })

  it('has no gradient', () => {
    expect(() => backwardGraph(program(1, 3, true))).toThrow('no gradient')
  })
})
