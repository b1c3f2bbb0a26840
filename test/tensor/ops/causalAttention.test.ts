// Attention in blocks of what each query can see gives what attention with a mask gives.
import { expect, it } from 'vitest'
import { causalAttention } from '../../../src/tensor/ops/causalAttention.ts'
import { backwardGraph, type Describe, forwardGraph } from '../../../src/tensor/tape.ts'
import { gaussian } from '../../support/matrices.ts'
import * as reference from './reference.ts'
import { run, worst } from './support.ts'

const [BATCH, HEADS, KV_HEADS, SIZE] = [2, 6, 2, 4]

const program =
  (length: number, window: number | null, isTrained = false): Describe =>
  (tape) => {
    const input = (name: string, heads: number) =>
      tape.input(name, [BATCH, length, heads * SIZE], { isTrained })
    const options = { heads: HEADS, kvHeads: KV_HEADS, scale: 0.5, window, save: '' }
    return {
      y: causalAttention(tape, input('q', HEADS), input('k', KV_HEADS), input('v', KV_HEADS), options),
    }
  }

it.each([
  ['one block', 5, null],
  ['blocks of equal size', 192, null],
  ['a last block that is shorter', 150, null],
  ['eight blocks', 640, null],
  ['a window within a block', 150, 7],
  ['a window over blocks', 200, 100],
  ['a window of one position', 70, 1],
])('%s: %i positions, window %s', async (_, length, window) => {
  const [q, k, v] = [HEADS, KV_HEADS, KV_HEADS].map((heads, i) =>
    Float32Array.from(gaussian(i, BATCH * length * heads * SIZE)),
  )
  const { y, 's:K': savedK } = await run(forwardGraph(program(length, window), ['K']), {
    q: q!,
    k: k!,
    v: v!,
  })
  const isSeen = (query: number, key: number): boolean =>
    key <= query && (window === null || query - key < window)
  const options = { batch: BATCH, length, heads: HEADS, kvHeads: KV_HEADS, scale: 0.5, isSeen }
  const wanted = reference.attention(
    Float64Array.from(q!),
    Float64Array.from(k!),
    Float64Array.from(v!),
    options,
  )
  expect(worst(y!, wanted)).toBeLessThan(2e-6)
  expect(savedK).toHaveLength(k!.length)
})

it('has no gradient', () => {
  expect(() => backwardGraph(program(4, null, true))).toThrow('no gradient')
})
