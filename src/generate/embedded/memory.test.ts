import { expect, test } from 'vitest'
import type { LoadedModel } from '../../model/engine/index.ts'
import { UserError } from '../../util/errors.ts'
import { rowsThatFit } from './memory.ts'

// Two layers whose cache has 2 * 2 * 64 * 4 bytes a position: 2 kB.
const attention = { rotary: { frequencies: new Float32Array(32), scale: 1 }, window: null }
const model = {
  model: { spec: 'm', name: 'm', config: {}, tensors: new Map() },
  architecture: { layers: [attention, attention], hidden: 64, heads: 2, kvHeads: 1, headDim: 64 },
  parameters: { layers: [new Map([['mlp.up_proj.weight', { shape: [256, 64] }]])], vocabulary: 1000 },
} as unknown as LoadedModel
const requests = Array.from({ length: 8 }, () => ({ prompt: new Int32Array(24), maxTokens: 1000 }))
// Twice, for the time when two sizes are there.
const cacheOfOne = 2 * 2 * 2 * 64 * 4 * 1024

test('as many as asked for where there is room, and no more than there are requests', () => {
  expect(rowsThatFit(requests, { model, maxRows: 4, missingBytes: 0, usable: 1e12 })).toBe(4)
  expect(rowsThatFit(requests, { model, maxRows: 99, missingBytes: 0, usable: 1e12 })).toBe(8)
  expect(rowsThatFit([], { model, maxRows: 4, missingBytes: 0, usable: 1e12 })).toBe(1)
})

test('fewer where there is less room', () => {
  const rest = 2_000_000
  expect(
    rowsThatFit(requests, { model, maxRows: 8, missingBytes: 0, usable: rest + 4 * cacheOfOne }),
  ).toBeLessThan(8)
  expect(
    rowsThatFit(requests, { model, maxRows: 8, missingBytes: 0, usable: rest + 4 * cacheOfOne }),
  ).toBeGreaterThan(1)
})

test('none at all is refused with the number needed', () => {
  const run = (): number =>
    rowsThatFit(requests, { model, maxRows: 8, missingBytes: 0, usable: cacheOfOne / 2 })
  expect(run).toThrow(UserError)
  expect(run).toThrow(
    /a text of 1024 tokens after a prompt of up to 24 needs 0\.0 GB .* with m, and 0\.0 GB may/,
  )
})

test('weights that are still to be read take room', () => {
  const rest = 3_000_000 + 8 * cacheOfOne
  expect(rowsThatFit(requests, { model, maxRows: 8, missingBytes: 0, usable: rest })).toBe(8)
  expect(rowsThatFit(requests, { model, maxRows: 8, missingBytes: rest / 2, usable: rest })).toBeLessThan(8)
})
