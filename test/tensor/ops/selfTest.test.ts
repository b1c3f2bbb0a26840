// The start-up test passes here, and fails for every operator that gives something else.
import { expect, it } from 'vitest'
import type { Attribute, NodeOptions } from '../../../src/tensor/onnx/graph.ts'
import { checkContribOps, probeOperators } from '../../../src/tensor/ops/selfTest.ts'
import { backwardGraph, forwardGraph, Tape, type Value } from '../../../src/tensor/tape.ts'
import { UserError } from '../../../src/util/errors.ts'
import { linearCases } from './linearCases.ts'
import { describing } from './support.ts'

/** Emits one operator otherwise than asked. */
class WrongTape extends Tape {
  readonly #operator: string
  readonly #change: { attributes?: Record<string, Attribute>; name?: string }
  changed = 0

  constructor(operator: string, change: { attributes?: Record<string, Attribute>; name?: string }) {
    super({ isBackward: false, saved: new Set() })
    this.#operator = operator
    this.#change = change
  }

  override nodes(
    operator: string,
    inputs: readonly (Value | undefined)[],
    shapes: readonly (readonly number[])[],
    options: NodeOptions = {},
  ): Value[] {
    if (operator !== this.#operator) return super.nodes(operator, inputs, shapes, options)
    this.changed++
    const attributes = { ...options.attributes, ...this.#change.attributes }
    return super.nodes(this.#change.name ?? operator, inputs, shapes, { ...options, attributes })
  }
}

it('passes with the onnxruntime that is pinned, once a process', async () => {
  await checkContribOps()
  expect(checkContribOps()).toBe(checkContribOps())
})

it.each<[string, Record<string, Attribute>]>([
  ['RotaryEmbedding', { interleaved: 1 }],
  ['SimplifiedLayerNormalization', { epsilon: { float: 0.02 } }],
  ['FusedMatMul', { alpha: { float: 0.3001 } }],
  ['MatMulBnb4', { quant_type: 0 }],
])('fails where %s works otherwise: %j', async (operator, attributes) => {
  const tape = new WrongTape(operator, { attributes })
  const error = await probeOperators(tape).catch((caught: unknown) => caught)
  expect(tape.changed).toBe(1)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toMatch(
    new RegExp(
      `^onnxruntime-node 1\\.\\d+\\.\\d+ cannot be used: ${operator} is off by \\d\\.\\de[+-]\\d+ of`,
    ),
  )
})

it('fails where an operator is missing', async () => {
  const error = await probeOperators(new WrongTape('FusedMatMul', { name: 'NoSuchOperator' })).catch(
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toContain('an operator is missing')
  expect(String((error as UserError).cause)).toContain('NoSuchOperator')
})

it('programs with NF4 weights never ask for the product that onnxruntime 1.30 gets silently wrong', () => {
  const nf4 = linearCases.filter(({ name }) => name.includes('NF4'))
  expect(nf4.length).toBeGreaterThan(0)
  for (const op of nf4) {
    const forward = Buffer.from(forwardGraph(describing(op)).model)
    expect(forward.includes('MatMulBnb4')).toBe(true)
    // MatMulBnb4 is only ever called without this attribute; Gemm has one of the same name.
    const node = forward.subarray(forward.indexOf('MatMulBnb4'), forward.indexOf('com.microsoft'))
    expect(node.includes('quant_type')).toBe(true)
    expect(node.includes('transB')).toBe(false)
    expect(Buffer.from(backwardGraph(describing(op)).model).includes('MatMulBnb4')).toBe(false)
  }
})
