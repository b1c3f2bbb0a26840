// What the views of weights, tokens and trainings make of their numbers before anything is drawn.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DocumentRow } from '../../src/schema/predictions.ts'
import { TOKEN_COLUMNS } from '../../src/schema/tokenColumns.ts'
import type { TensorReport } from '../../src/schema/weights.ts'
import { inLanes } from '../../web/views/tokens/lanes.ts'
import { type MeasurementFiles, PAGE_TOKENS, pagesOf, readPage } from '../../web/views/tokens/rows.ts'
import { smoothed, thinned } from '../../web/views/training/series.ts'
import { cellText, mapOf, stateOf } from '../../web/views/weights/layout.ts'

/** A number that says in which row and column it stood. */
const valueAt = (row: number, column: number): number => row * 100 + column

function tokenBytes(first: number, rows: number): Uint8Array {
  // An offset that is no multiple of four, as pieces of a shard have it.
  const bytes = new Uint8Array(1 + rows * TOKEN_COLUMNS.length * 4).subarray(1)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let row = 0; row < rows; row++)
    for (const column of TOKEN_COLUMNS.keys())
      view.setFloat32((row * TOKEN_COLUMNS.length + column) * 4, valueAt(first + row, column), true)
  return bytes
}

describe('a document, read from pieces', () => {
  const [before, scored] = [7, PAGE_TOKENS + 5]
  const ids = Array.from({ length: scored + 3 }, (_, i) => i * 3)
  const pieces = [10, 1500, before + scored - 1510].map((rows, i, all) =>
    tokenBytes(
      all.slice(0, i).reduce((sum, count) => sum + count, 0),
      rows,
    ),
  )
  const files: MeasurementFiles = {
    documents: async () => [{ id: 'a/1' }, { id: 'a/2', ids, isCut: true }] as unknown as DocumentRow[],
    tokenBytes: pieces.map(({ length }) => length),
    tokens: async (piece) => pieces[piece]!,
  }
  const document = { id: 'a/2', corpus: 'a', tokens: scored, kl: 1, piece: 0, firstRow: before }

  test('row r scores the token at r + 1, over the ends of pieces and pages', async () => {
    expect(pagesOf(document)).toBe(2)
    const pages = await Promise.all([0, 1].map((page) => readPage(files, document, page)))
    expect(pages.map(({ tokens }) => tokens.length)).toEqual([PAGE_TOKENS, 6])
    const all = pages.flatMap(({ tokens }) => tokens)
    expect(all[0]).toEqual({ id: 0, position: 1, row: null })
    for (const [at, { id, position, row }] of all.entries()) {
      expect({ id, position }).toEqual({ id: at * 3, position: at + 1 })
      if (at === 0) continue
      expect(row!.kl).toBe(valueAt(before + at - 1, 0))
      expect(row!.variantTopLogProb).toBe(valueAt(before + at - 1, TOKEN_COLUMNS.length - 1))
    }
    expect(pages[0]!.isCut).toBe(true)
  })

  test('of a document that is not there, that is said', async () => {
    await expect(readPage(files, { ...document, id: 'a/9' }, 0)).rejects.toThrow('a/9')
  })
})

test('labels of lines never lie on each other, and stay in the picture', () => {
  const label = fc.record({
    x: fc.double({ min: 0, max: 400, noNaN: true }),
    text: fc.string({ minLength: 1, maxLength: 24 }),
  })
  fc.assert(
    fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
      const boxes = inLanes(labels, 0, 400).map(({ lane, middle, text }) => {
        const half = (text.length * 6.3) / 2
        return { lane, from: middle - half, to: middle + half }
      })
      expect(boxes).toHaveLength(labels.length)
      for (const [at, box] of boxes.entries()) {
        expect(box.from).toBeGreaterThanOrEqual(-1e-6)
        expect(box.to).toBeLessThanOrEqual(400 + 1e-6)
        for (const other of boxes.slice(at + 1))
          expect(box.lane !== other.lane || box.to <= other.from || other.to <= box.from).toBe(true)
      }
    }),
  )
})

describe('lines of a training', () => {
  const points = Array.from({ length: 60 }, (_, i) => ({ step: i + 1, value: 2 + Math.sin(i) }))

  test('are smoothed by the mean of the steps around each', () => {
    const window = points.slice(27, 32).map(({ value }) => value)
    const mean = window.reduce((sum, value) => sum + value, 0) / 5
    const product = window.reduce((all, value) => all * value, 1)
    expect(smoothed(points, false)[29]).toEqual({ step: 30, value: expect.closeTo(mean, 12) })
    expect(smoothed(points, true)[29]).toEqual({ step: 30, value: expect.closeTo(product ** (1 / 5), 12) })
  })

  test('have no more points than asked for, and their mean stays', () => {
    const few = thinned(points, 15)
    expect(few).toHaveLength(15)
    const mean = (list: readonly { value: number }[]) =>
      list.reduce((sum, { value }) => sum + value, 0) / list.length
    expect(mean(few)).toBeCloseTo(mean(points), 12)
    expect(thinned(points, 60)).toEqual(points)
  })
})

describe('the map of weights', () => {
  const estimate = (value: number) => ({ value, low: null, high: null, n: 1, method: 'exact' })
  const tensor = (name: string, kind: string, layer: number | null, change: number, rounding = 0.001) =>
    ({
      ...{ name, kind, layer, status: 'compared', isIdentical: change === 0 },
      relativeChange: { ...estimate(change), zero: estimate(rounding) },
    }) as unknown as TensorReport
  const map = mapOf([
    tensor('model.embed_tokens.weight', 'embed_tokens', null, 0),
    tensor('model.layers.0.mlp.experts.0.up_proj.weight', 'up_proj', 0, 0.02),
    tensor('model.layers.0.mlp.experts.1.up_proj.weight', 'up_proj', 0, 0.05),
    tensor('model.layers.0.input_layernorm.weight', 'norm', 0, 0.0005),
    tensor('model.layers.0.post_attention_layernorm.weight', 'norm', 0, 0.003),
    tensor('model.layers.1.self_attn.q_proj.weight', 'q_proj', 1, 0.04),
  ])
  const cells = [...map.inLayers, ...map.outside].flatMap((row) => row.cells)

  test('has rows in the order of a block, norms by name, and what is of no layer apart', () => {
    expect(map.layers).toBe(2)
    expect(map.inLayers.map(({ kind }) => kind)).toEqual([
      'q_proj',
      'up_proj',
      'input_norm',
      'post_attn_norm',
    ])
    expect(map.outside.map(({ kind }) => kind)).toEqual(['embed_tokens'])
  })

  test('tells what moved from rounding and from what is equal', () => {
    expect(cells.map((cell) => stateOf(cell.tensor))).toEqual([
      'moved',
      'moved',
      'rounding',
      'moved',
      'equal',
    ])
    expect(cells.map(cellText)).toEqual([
      'layer 1 q_proj: 4.0 % of its norm (rounding alone 0.10 %)',
      'layer 0 up_proj, the largest of 2 tensors: 5.0 % of its norm (rounding alone 0.10 %)',
      'layer 0 input_norm: 0.050 % of its norm, no more than rounding alone (rounding alone 0.10 %)',
      'layer 0 post_attn_norm: 0.30 % of its norm (rounding alone 0.10 %)',
      'embed_tokens: equal bit for bit',
    ])
  })
})
