// Spectra against SciPy, against plain fp64 and against matrices whose spectrum is planted.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { symmetricEigenvalues } from '../../src/tensor/eigen.ts'
import { largestSingularValue } from '../../src/tensor/lanczos.ts'
import { cholesky, smallSvd, thinQr } from '../../src/tensor/linalg.ts'
import { type Matmul, matrixOf, openMatmul } from '../../src/tensor/matmul.ts'
import { orthonormalColumns } from '../../src/tensor/orthonormal.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import { exactSpectrum, type RowSource, randomisedSvd } from '../../src/tensor/svd.ts'
import { gaussian, orthogonalityError, plainProduct, plainTranspose, sourceOf } from '../support/matrices.ts'

const goldens = JSON.parse(readFileSync(new URL('../goldens/tensor/spectra.json', import.meta.url), 'utf8'))
const cases: { rows: number; columns: number; values: number[]; singularValues: number[] }[] =
  goldens.matrices

let matmul: Matmul
beforeAll(async () => {
  matmul = await openMatmul({ threads: 1 })
})
afterAll(() => matmul?.[Symbol.asyncDispose]())

function expectNear(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length)
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - wanted[i]!)).toBeLessThanOrEqual(tolerance)
}

describe('against SciPy', () => {
  it.each(cases)('$rows x $columns', async ({ rows, columns, values, singularValues }) => {
    const source = sourceOf(matrixOf(rows, columns, Float32Array.from(values)))
    // A Gram matrix in fp64 loses the square root of 1e-16; the sketch works in fp32.
    expectNear(await exactSpectrum(source, { matmul }), singularValues, 1e-8)
    const svd = await randomisedSvd(source, { k: 100, seed: 'golden', matmul })
    expectNear(svd.singularValues, singularValues, 1e-6)
  })

  it('eigenvalues of a symmetric matrix', () => {
    const { n, values, eigenvalues } = goldens.symmetric
    expectNear(symmetricEigenvalues(Float64Array.from(values), n), eigenvalues, 1e-12)
  })
})

describe('linalg', () => {
  it('eigenvalues of hard cases: diagonal, one value many times, zero, one by one', () => {
    expectNear(symmetricEigenvalues(Float64Array.of(1, 0, 0, 0, -5, 0, 0, 0, 3), 3), [3, 1, -5], 1e-14)
    expectNear(symmetricEigenvalues(new Float64Array(16).fill(1), 4), [4, 0, 0, 0], 1e-14)
    expectNear(symmetricEigenvalues(new Float64Array(9), 3), [0, 0, 0], 0)
    expectNear(symmetricEigenvalues(Float64Array.of(7), 1), [7], 0)
  })

  it('eigenvalues of 200 x 200 keep trace and squares, and those of a known chain', () => {
    const n = 200
    const a = gaussian(1, n * n)
    const symmetric = a.map((_, at) => a[at]! + a[(at % n) * n + Math.floor(at / n)]!)
    const values = symmetricEigenvalues(symmetric, n)
    const trace = values.reduce((sum, value) => sum + value, 0)
    const diagonal = symmetric.reduce((sum, value, at) => sum + (at % (n + 1) === 0 ? value : 0), 0)
    expect(trace).toBeCloseTo(diagonal, 9)
    expect(Math.hypot(...values)).toBeCloseTo(Math.hypot(...symmetric), 9)
    const chain = symmetric.map((_, at) => {
      const distance = Math.abs((at % n) - Math.floor(at / n))
      return distance === 0 ? 2 : distance === 1 ? -1 : 0
    })
    const wanted = Array.from({ length: n }, (_, j) => 2 + 2 * Math.cos((Math.PI * (j + 1)) / (n + 1)))
    expectNear(symmetricEigenvalues(chain, n), wanted, 1e-12)
  })

  it('smallSvd gives back the matrix, small values to full relative precision', () => {
    const n = 20
    const scales = Array.from({ length: n }, (_, i) => 10 ** -i)
    const a = gaussian(2, n * n).map((x, at) => x * scales[at % n]!)
    const { values, left, right } = smallSvd(a, n)
    expect(orthogonalityError(left, n, n)).toBeLessThan(1e-13)
    expect(orthogonalityError(right, n, n)).toBeLessThan(1e-13)
    const scaled = left.map((x, at) => x * values[at % n]!)
    const back = plainProduct(scaled, plainTranspose(right, n, n), { rows: n, inner: n, columns: n })
    for (const [at, x] of a.entries())
      expect(Math.abs(back[at]! - x)).toBeLessThan(1e-13 * scales[at % n]! * 100)
    const determinant = Math.abs(values.reduce((product, value) => product * value, 1))
    const { r } = thinQr(a, n, n)
    const byQr = Math.abs(scales.reduce((product, _, i) => product * r[i * n + i]!, 1))
    expect(determinant / byQr).toBeCloseTo(1, 9)
  })

  it('thinQr of dependent columns: they become zero, the rest is orthonormal', () => {
    const a = gaussian(3, 30 * 4)
    for (let row = 0; row < 30; row++) a[row * 4 + 2] = 2 * a[row * 4]! - a[row * 4 + 1]!
    const { q, r } = thinQr(a, 30, 4)
    expectNear(plainProduct(q, r, { rows: 30, inner: 4, columns: 4 }), a, 1e-12)
    expect(q.filter((_, at) => at % 4 === 2).every((x) => x === 0)).toBe(true)
  })

  it('cholesky refuses what is not positive definite', () => {
    expect(cholesky(Float64Array.of(1, 1, 1, 1), 2, 1e-12)).toBeNull()
    expect(cholesky(Float64Array.of(4, 2, 2, 5), 2, 1e-12)).toEqual(Float64Array.of(2, 1, 0, 2))
  })
})

describe('orthonormalColumns', () => {
  const [rows, columns] = [700, 12]
  const common = uniformValues(5, rows)
  const graded = (condition: number): Float32Array =>
    uniformValues(4, rows * columns).map((x, at) => {
      return common[Math.floor(at / columns)]! + x * condition ** (-(at % columns) / (columns - 1))
    })

  it.each([1, 1e3, 1e6])('columns that nearly depend on each other, condition %d', async (condition) => {
    const before = graded(condition)
    const matrix = matrixOf(rows, columns, before.slice())
    const r = await orthonormalColumns(matrix, matmul)
    expect(orthogonalityError(matrix.values, rows, columns)).toBeLessThan(1e-4)
    const back = plainProduct(matrix.values, r, { rows, inner: columns, columns })
    expectNear(back, before, 1e-5)
  })

  it('columns that are zero, and a matrix that is', async () => {
    const values = graded(1).map((x, at) => (at % columns === 3 ? 0 : x))
    const matrix = matrixOf(rows, columns, values.slice())
    const r = await orthonormalColumns(matrix, matmul)
    expectNear(plainProduct(matrix.values, r, { rows, inner: columns, columns }), values, 1e-5)
    const zero = matrixOf(rows, columns)
    expect((await orthonormalColumns(zero, matmul)).every((x) => x === 0)).toBe(true)
  })
})

describe('randomisedSvd', () => {
  const [rows, columns, rank] = [300, 220, 6]
  const planted = Float32Array.from(
    plainProduct(gaussian(6, rows * rank), gaussian(7, rank * columns), { rows, inner: rank, columns }),
    (x, i) => x + 0.05 * Math.sin(i * i),
  )
  const matrix = matrixOf(rows, columns, planted)

  it('finds the largest singular values, with vectors that belong to them', async () => {
    const exact = await exactSpectrum(sourceOf(matrix), { matmul })
    const { singularValues, left, right } = await randomisedSvd(sourceOf(matrix), {
      k: 8,
      seed: 'planted',
      matmul,
      vectors: true,
    })
    for (let i = 0; i < rank; i++) expect(singularValues[i]! / exact[i]!).toBeCloseTo(1, 5)
    expect(orthogonalityError(left!, rows, 8)).toBeLessThan(1e-4)
    expect(orthogonalityError(right!, columns, 8)).toBeLessThan(1e-4)
    const image = plainProduct(planted, right!, { rows, inner: columns, columns: 8 })
    for (let i = 0; i < rank; i++) {
      for (let row = 0; row < rows; row += 37) {
        expect(Math.abs(image[row * 8 + i]! - singularValues[i]! * left![row * 8 + i]!)).toBeLessThan(0.01)
      }
    }
  })

  it('is the same for the same name, and read by rows or held', async () => {
    const reads: number[] = []
    const source: RowSource = {
      ...sourceOf(matrix),
      read: async (start, end) => {
        reads.push(end - start)
        return planted.slice(start * columns, end * columns)
      },
    }
    const run = (options: { seed: string; heldBytes?: number }) =>
      randomisedSvd(source, { k: 4, matmul, ...options })
    const held = await run({ seed: 'one' })
    expect(reads.reduce((sum, many) => sum + many, 0)).toBe(rows)
    reads.length = 0
    const streamed = await run({ seed: 'one', heldBytes: 0 })
    expect(reads.reduce((sum, many) => sum + many, 0)).toBe(6 * rows)
    expect(streamed.singularValues).toEqual(held.singularValues)
    expect((await run({ seed: 'two' })).singularValues).not.toEqual(held.singularValues)
  })

  it('never gives more values than the matrix has, and zeros for a zero matrix', async () => {
    const small = sourceOf(matrixOf(3, 5, uniformValues(1, 15)))
    expect((await randomisedSvd(small, { k: 64, seed: 'x', matmul })).singularValues).toHaveLength(3)
    const empty = await randomisedSvd(sourceOf(matrixOf(0, 5)), { k: 4, seed: 'x', matmul })
    expect(empty.singularValues).toHaveLength(0)
    const zero = sourceOf(matrixOf(50, 40))
    const { singularValues } = await randomisedSvd(zero, { k: 4, seed: 'x', matmul })
    expect([...singularValues]).toEqual([0, 0, 0, 0])
  })
})

describe('largestSingularValue', () => {
  it.each([
    [150, 400],
    [400, 150],
    [300, 300],
  ])('of noise without a gap, %d x %d: within 0.2 %%, never above', async (rows, columns) => {
    const noise = matrixOf(rows, columns, uniformValues(8, rows * columns))
    const [exact] = await exactSpectrum(sourceOf(noise), { matmul })
    const ratio = (await largestSingularValue(sourceOf(noise), { seed: 1, matmul })) / exact!
    expect(ratio).toBeGreaterThan(0.998)
    expect(ratio).toBeLessThan(1 + 1e-5)
  })

  it('of rank one, and of zeros', async () => {
    const one = Float32Array.from(
      plainProduct(gaussian(1, 200), gaussian(2, 90), { rows: 200, inner: 1, columns: 90 }),
    )
    const largest = await largestSingularValue(sourceOf(matrixOf(200, 90, one)), { seed: 1, matmul })
    expect(largest / Math.hypot(...one)).toBeCloseTo(1, 5)
    expect(await largestSingularValue(sourceOf(matrixOf(200, 90)), { seed: 1, matmul })).toBe(0)
  })
})
