// The noise edge on weights whose scale varies by row and column: planted updates are counted exactly, rounding alone
// counts as nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FloatDtype, openKernels } from '../../src/tensor/kernels.ts'
import { type Matmul, matrixOf, openMatmul } from '../../src/tensor/matmul.ts'
import { DRAWS, directionsAbove, EDGE_DEVIATIONS, EDGE_MARGIN, noiseEdge } from '../../src/tensor/noise.ts'
import { seedOf, uniformValues } from '../../src/tensor/random.ts'
import { exactSpectrum, randomisedSvd } from '../../src/tensor/svd.ts'
import { gaussian, plainProduct, roundTo, sourceOf, trainedLike, ulpOf } from '../support/matrices.ts'

const kernels = openKernels({ chunkElements: 1 << 16 })
let matmul: Matmul
beforeAll(async () => {
  matmul = await openMatmul({ threads: 1 })
})
afterAll(() => matmul?.[Symbol.asyncDispose]())

interface Pair {
  rows: number
  columns: number
  base: Float64Array
  variant: Float64Array
  dtype: FloatDtype
}

async function measured({
  rows,
  columns,
  base,
  variant,
  dtype,
}: Pair): Promise<{ edge: number; above: number }> {
  const spacings = Float32Array.from(base, (b, i) =>
    ulpOf(dtype, Math.max(Math.abs(b), Math.abs(variant[i]!))),
  )
  const readSpacings = (start: number, end: number): Float32Array =>
    spacings.slice(start * columns, end * columns)
  const edge = await noiseEdge({ rows, columns, readSpacings }, { seed: 'a tensor', matmul, kernels })
  const delta = matrixOf(
    rows,
    columns,
    Float32Array.from(variant, (v, i) => v - base[i]!),
  )
  const { singularValues } = await randomisedSvd(sourceOf(delta), { k: 72, seed: 'a tensor', matmul })
  return { edge, above: directionsAbove(singularValues, edge) }
}

/** A base in `dtype` and a low-rank update of a given relative size merged into it. */
function merged(
  rank: number,
  relative: number,
  { rows, columns, dtype }: Pick<Pair, 'rows' | 'columns' | 'dtype'>,
): Pair {
  const base = trainedLike(rows, columns, 1).map((x) => roundTo(dtype, x))
  const update = plainProduct(gaussian(11, rows * rank), gaussian(12, rank * columns), {
    rows,
    inner: rank,
    columns,
  })
  const scale = (relative * Math.hypot(...base)) / Math.hypot(...update)
  return { rows, columns, dtype, base, variant: base.map((x, i) => roundTo(dtype, x + scale * update[i]!)) }
}

describe('directions above rounding', () => {
  it.each([
    { rank: 8, rows: 192, columns: 512, dtype: 'BF16' as const },
    { rank: 16, rows: 512, columns: 192, dtype: 'BF16' as const },
    { rank: 64, rows: 320, columns: 320, dtype: 'BF16' as const },
    { rank: 8, rows: 256, columns: 256, dtype: 'F16' as const },
    { rank: 8, rows: 256, columns: 256, dtype: 'F32' as const },
  ])('rank $rank merged in $dtype, $rows x $columns', async ({ rank, ...shape }) => {
    const { above } = await measured(merged(rank, 0.01, shape))
    expect(above).toBe(rank)
  })

  it.each([1, 2, 3])('rounding alone is nothing, weights %d', async (seed) => {
    const [rows, columns] = [192, 320]
    const variant = Float64Array.from(trainedLike(rows, columns, seed), Math.fround)
    const base = variant.map((x) => roundTo('BF16', x))
    const { above } = await measured({ rows, columns, base, variant, dtype: 'BF16' })
    expect(above).toBe(0)
  })

  it('an update far below rounding is not seen', async () => {
    const { above } = await measured(merged(8, 1e-5, { rows: 192, columns: 192, dtype: 'BF16' }))
    expect(above).toBe(0)
  })
})

describe('noiseEdge', () => {
  const [rows, columns] = [96, 130]
  const edgeOf = (
    spacings: Float32Array,
    options: { heldBytes?: number; draws?: number } = {},
  ): Promise<number> =>
    noiseEdge(
      { rows, columns, readSpacings: (start, end) => spacings.slice(start * columns, end * columns) },
      { seed: 'x', matmul, kernels, ...options },
    )

  it('is the larger of the largest draw and of four deviations above the mean, by exact spectra', async () => {
    const spacings = Float32Array.from({ length: rows * columns }, (_, i) => 2 ** -((i * i) % 7))
    const largest: number[] = []
    for (let draw = 0; draw < DRAWS; draw++) {
      const noise = uniformValues(seedOf(`x draw ${draw}`), spacings.length).map((u, i) => u * spacings[i]!)
      const [first] = await exactSpectrum(sourceOf(matrixOf(rows, columns, noise)), { matmul })
      largest.push(first!)
    }
    const mean = largest.reduce((sum, value) => sum + value, 0) / DRAWS
    const deviation = Math.sqrt(largest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (DRAWS - 1))
    const wanted = Math.max(EDGE_MARGIN * Math.max(...largest), mean + EDGE_DEVIATIONS * deviation)
    expect((await edgeOf(spacings, { draws: DRAWS })) / wanted).toBeCloseTo(1, 2)
  })

  it('is the same whether a draw is held or made again, for powers of two and for other steps', async () => {
    for (const step of [0.25, 0.3]) {
      const spacings = new Float32Array(rows * columns).fill(step)
      const held = await edgeOf(spacings)
      expect(held).toBeGreaterThan(0)
      expect((await edgeOf(spacings, { heldBytes: 0 })) / held).toBeCloseTo(1, 5)
    }
  })

  it('is 0 without spacings or without elements', async () => {
    expect(await edgeOf(new Float32Array(rows * columns))).toBe(0)
    const empty = { rows: 0, columns: 5, readSpacings: () => new Float32Array(0) }
    expect(await noiseEdge(empty, { seed: 'x', matmul, kernels })).toBe(0)
  })
})

it('directionsAbove leaves out what fp32 products leave of a zero', () => {
  expect(directionsAbove([1, 0.5, 1e-8], 0)).toBe(2)
  expect(directionsAbove([3, 2, 1], 2)).toBe(1)
  expect(directionsAbove([], 0)).toBe(0)
})
