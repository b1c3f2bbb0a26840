// Products through onnxruntime, and the ONNX models that are written for them.
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Matmul, matrixOf, openMatmul } from '../../src/tensor/matmul.ts'
import { CONTRIB, Graph } from '../../src/tensor/onnx/graph.ts'
import { Message } from '../../src/tensor/onnx/protobuf.ts'
import { uniformValues } from '../../src/tensor/random.ts'
import { loadRuntime, orRefusal, sessionOptions } from '../../src/tensor/runtime.ts'
import { UserError } from '../../src/util/errors.ts'
import { plainProduct, plainTranspose } from '../support/matrices.ts'

let matmul: Matmul
beforeAll(async () => {
  matmul = await openMatmul({ threads: 1 })
})
afterAll(() => matmul?.[Symbol.asyncDispose]())

describe('product', () => {
  const size = fc.integer({ min: 1, max: 40 })
  const shape = fc.record({ rows: size, inner: size, columns: size })

  it('is the plain product, whatever is transposed or added', async () => {
    const property = fc.asyncProperty(
      shape,
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      async (s, tl, tr, isAdded) => {
        const [left, right] = [uniformValues(1, s.rows * s.inner), uniformValues(2, s.inner * s.columns)]
        const add = uniformValues(3, s.rows * s.columns)
        const wanted = plainProduct(left, right, s).map((x, i) => x + (isAdded ? add[i]! : 0))
        const got = await matmul.product(
          tl
            ? matrixOf(s.inner, s.rows, Float32Array.from(plainTranspose(left, s.rows, s.inner)))
            : matrixOf(s.rows, s.inner, left),
          tr
            ? matrixOf(s.columns, s.inner, Float32Array.from(plainTranspose(right, s.inner, s.columns)))
            : matrixOf(s.inner, s.columns, right),
          { transposeLeft: tl, transposeRight: tr, ...(isAdded ? { add } : {}) },
        )
        for (const [i, x] of got.entries()) expect(Math.abs(x - wanted[i]!)).toBeLessThan(1e-5)
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  it('writes into a part of an array, and adds to what is there', async () => {
    const all = new Float32Array(12).fill(9)
    const out = all.subarray(4, 8)
    const [left, right] = [matrixOf(2, 1, Float32Array.of(1, 2)), matrixOf(1, 2, Float32Array.of(3, 4))]
    expect(await matmul.product(left, right, { out })).toBe(out)
    expect([...all]).toEqual([9, 9, 9, 9, 3, 4, 6, 8, 9, 9, 9, 9])
    await matmul.product(left, right, { add: out, out })
    expect([...out]).toEqual([6, 8, 12, 16])
  })

  it('works in fp64', async () => {
    const third = { rows: 1, columns: 1, values: Float64Array.of(1 / 3) }
    expect((await matmul.product(third, third))[0]).toBe((1 / 3) ** 2)
  })

  it('refuses shapes that do not fit', async () => {
    await expect(matmul.product(matrixOf(2, 3), matrixOf(2, 3))).rejects.toThrow('(2 x 3) times (2 x 3)')
    await expect(matmul.product(matrixOf(2, 3, new Float32Array(5)), matrixOf(3, 1))).rejects.toThrow(
      '5 values',
    )
  })
})

describe('without onnxruntime-node', () => {
  it('says what to type', async () => {
    const error = await orRefusal(() => Promise.reject(new Error('Cannot find package'))).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(UserError)
    expect((error as UserError).hint).toBe(
      'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0',
    )
  })
})

describe('Graph', () => {
  it('writes attributes of every kind, constants and operators of the contrib domain', async () => {
    const graph = new Graph()
    graph.input('x', 'float32', ['n', 2])
    graph.constant('axes', 'int64', [1], BigInt64Array.of(-1n))
    graph.node('ReduceSum', ['x', 'axes'], ['sums'], { attributes: { keepdims: 0 } })
    graph.node('LeakyRelu', ['x'], ['leaky'], { attributes: { alpha: { float: 0.25 } } })
    graph.node('Transpose', ['leaky'], ['turned'], { attributes: { perm: [1, 0] } })
    graph.node('Gelu', ['x'], ['gelu'], { attributes: { approximate: 'tanh' } })
    graph.node('FusedMatMul', ['x', 'x'], ['gram'], {
      domain: CONTRIB,
      attributes: { transA: 1, alpha: { float: 2 } },
    })
    for (const name of ['sums', 'turned', 'gelu', 'gram']) {
      graph.output(name, 'float32', name === 'sums' ? ['n'] : ['rows', 'columns'])
    }
    const runtime = await loadRuntime()
    const session = await runtime.InferenceSession.create(
      graph.finish(),
      sessionOptions(1, { hasArena: false }),
    )
    const x = new runtime.Tensor('float32', Float32Array.of(1, 2, -3, 4), [2, 2])
    const { sums, turned, gelu, gram } = await session.run({ x })
    expect([...(sums!.data as Float32Array)]).toEqual([3, 1])
    expect([...(turned!.data as Float32Array)]).toEqual([1, -0.75, 2, 4])
    expect((gelu!.data as Float32Array)[0]).toBeCloseTo(0.8412, 3)
    expect([...(gram!.data as Float32Array)]).toEqual([20, -20, -20, 40])
    await session.release()
  })
})

describe('Message', () => {
  it('writes the examples of the encoding page', () => {
    expect([...new Message().integer(1, 150).finish()]).toEqual([0x08, 0x96, 0x01])
    expect([...new Message().text(2, 'testing').finish()]).toEqual([0x12, 7, ...Buffer.from('testing')])
    expect([...new Message().message(3, new Message().integer(1, 150)).finish()]).toEqual([
      0x1a, 3, 8, 0x96, 1,
    ])
    expect([...new Message().integer(1, -2).finish()]).toEqual([8, 0xfe, ...new Array(8).fill(0xff), 1])
    expect([...new Message().float(1, 1).finish()]).toEqual([0x0d, 0, 0, 0x80, 0x3f])
  })
})
