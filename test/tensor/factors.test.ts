// Low-rank updates from their factors, against SciPy and against the dense delta.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Factors,
  factorInnerProduct,
  factorSpectrum,
  innerProductWithRows,
  subspaceOverlap,
} from '../../src/tensor/factors.ts'
import { type Matmul, matrixOf, openMatmul } from '../../src/tensor/matmul.ts'
import { gaussian, orthogonalityError, plainProduct, sourceOf } from '../support/matrices.ts'

let matmul: Matmul
beforeAll(async () => {
  matmul = await openMatmul({ threads: 1 })
})
afterAll(() => matmul?.[Symbol.asyncDispose]())

const [OUT, IN] = [90, 70]

interface Adapter extends Factors {
  dense: Float64Array
  aValues: Float32Array
  bValues: Float32Array
}

function adapter(rank: number, seed: number, scale = 2): Adapter {
  const bValues = Float32Array.from(gaussian(seed, OUT * rank))
  const aValues = Float32Array.from(gaussian(seed + 50, rank * IN))
  return {
    scale,
    aValues,
    bValues,
    a: sourceOf(matrixOf(rank, IN, aValues)),
    b: sourceOf(matrixOf(OUT, rank, bValues)),
    dense: plainProduct(bValues, aValues, { rows: OUT, inner: rank, columns: IN }).map((x) => scale * x),
  }
}

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0)

describe('factorSpectrum', () => {
  it('gives SciPy singular values of the dense delta', async () => {
    const golden = JSON.parse(
      readFileSync(new URL('../goldens/tensor/spectra.json', import.meta.url), 'utf8'),
    ).factors
    const { singularValues, left } = await factorSpectrum(
      {
        scale: golden.scale,
        a: sourceOf(matrixOf(golden.rank, golden.in, Float32Array.from(golden.a))),
        b: sourceOf(matrixOf(golden.out, golden.rank, Float32Array.from(golden.b))),
      },
      { matmul },
    )
    expect(left).toBeNull()
    expect(singularValues).toHaveLength(golden.rank)
    for (const [i, value] of singularValues.entries()) {
      expect(Math.abs(value - golden.singularValues[i])).toBeLessThan(1e-6 * golden.singularValues[0])
    }
  })

  it('squares are those of the dense delta; bases are orthonormal and carry all of it', async () => {
    const one = adapter(6, 1)
    const { squares, singularValues, left, right } = await factorSpectrum(one, { matmul, bases: 6 })
    expect(squares / dot(one.dense, one.dense)).toBeCloseTo(1, 6)
    expect(orthogonalityError(left!, OUT, 6)).toBeLessThan(1e-5)
    expect(orthogonalityError(right!, IN, 6)).toBeLessThan(1e-5)
    const image = plainProduct(one.dense, right!, { rows: OUT, inner: IN, columns: 6 })
    for (const [at, x] of image.entries())
      expect(Math.abs(x - left![at]! * singularValues[at % 6]!)).toBeLessThan(1e-3)
  })

  it('leaves the factors as they were, and takes a source that uses one array again', async () => {
    const one = adapter(3, 7)
    const before = one.bValues.slice()
    await factorSpectrum(one, { matmul, bases: 2 })
    expect(one.bValues).toEqual(before)
  })

  it('an adapter that was never trained (b = 0) has zeros; a rank above the size has no more values', async () => {
    const one = adapter(4, 3)
    const zero = { ...one, b: sourceOf(matrixOf(OUT, 4)) }
    const { singularValues, squares } = await factorSpectrum(zero, { matmul, bases: 4 })
    expect([...singularValues, squares]).toEqual([0, 0, 0, 0, 0])
    const wide = { scale: 1, b: sourceOf(matrixOf(2, 5, new Float32Array(10).fill(1))), a: adapter(5, 4).a }
    const few = await factorSpectrum(wide, { matmul, bases: 5 })
    expect(few.singularValues).toHaveLength(2)
    expect(few.left).toHaveLength(4)
  })
})

describe('inner products', () => {
  it('of two adapters of other ranks', async () => {
    const [one, other] = [adapter(4, 1), adapter(7, 2, -0.5)]
    const wanted = dot(one.dense, other.dense)
    const scale = Math.sqrt(dot(one.dense, one.dense) * dot(other.dense, other.dense))
    expect(Math.abs((await factorInnerProduct(one, other, matmul)) - wanted)).toBeLessThan(1e-6 * scale)
  })

  it('of base rows and an adapter', async () => {
    const one = adapter(5, 9)
    const base = Float32Array.from(gaussian(20, OUT * IN))
    let sum = 0
    for (const [start, end] of [
      [0, 40],
      [40, OUT],
    ] as const) {
      sum += await innerProductWithRows(
        matrixOf(end - start, IN, base.subarray(start * IN, end * IN)),
        {
          a: matrixOf(5, IN, one.aValues),
          bRows: matrixOf(end - start, 5, one.bValues.subarray(start * 5, end * 5)),
          scale: one.scale,
        },
        matmul,
      )
    }
    expect(Math.abs(sum - dot(base, one.dense))).toBeLessThan(1e-3)
  })
})

describe('subspaceOverlap', () => {
  const basisOf = async (rank: number, seed: number): Promise<Float32Array> =>
    (await factorSpectrum(adapter(rank, seed), { matmul, bases: rank })).left!

  it('is 1 for a space and one that holds it, 0 for orthogonal ones', async () => {
    const basis = await basisOf(6, 1)
    const part = basis.filter((_, at) => at % 6 < 4)
    expect(subspaceOverlap(basis, 6, basis, 6)).toBeCloseTo(1, 5)
    expect(subspaceOverlap(part, 4, basis, 6)).toBeCloseTo(1, 5)
    expect(subspaceOverlap(Float32Array.of(1, 0, 0), 1, Float32Array.of(0, 1, 0), 1)).toBe(0)
  })

  it('is max(k1, k2) / n for random spaces', async () => {
    let mean = 0
    for (let seed = 0; seed < 20; seed++) {
      mean += subspaceOverlap(await basisOf(8, 100 + 4 * seed), 8, await basisOf(5, 101 + 4 * seed), 5) / 20
    }
    expect(mean / (8 / OUT)).toBeGreaterThan(0.85)
    expect(mean / (8 / OUT)).toBeLessThan(1.15)
  })
})
