// Every operation against plain fp64: its value, and its gradient by central differences of the fp64 value.
import { describe, expect, it } from 'vitest'
import { embedding } from '../../../src/tensor/ops/embedding.ts'
import { linear } from '../../../src/tensor/ops/linear.ts'
import { openProgram } from '../../../src/tensor/program.ts'
import { backwardGraph, forwardGraph, type Tape } from '../../../src/tensor/tape.ts'
import { gaussian } from '../../support/matrices.ts'
import { CASES } from './cases.ts'
import { type Arrays, backward, draw, forward, type OpCase, widened, worst } from './support.ts'

const STEP = 1e-5

/** Gradient of sum(seed * y) with respect to one input. */
function numericGradient(op: OpCase, inputs: Arrays, name: string, seed: Float64Array): Float64Array {
  const values = inputs[name]!.slice()
  const objective = (): number =>
    op.reference({ ...inputs, [name]: values }).reduce((sum, y, i) => sum + y * seed[i]!, 0)
  return values.map((value, i) => {
    values[i] = value + STEP
    const above = objective()
    values[i] = value - STEP
    const below = objective()
    values[i] = value
    return (above - below) / (2 * STEP)
  })
}

describe.each(CASES.map((op) => [op.name, op] as const))('%s', (_, op) => {
  const inputs = draw(op, 3)
  const exact = widened(inputs)
  const wanted = op.reference(exact)
  const seed = Float32Array.from(gaussian(1, wanted.length))

  it('has the value of plain fp64', async () => {
    expect(worst((await forward(op, inputs)).y!, wanted)).toBeLessThan(1e-6)
  })

  it('has the gradients of finite differences', async () => {
    const gradients = await backward(op, inputs, seed)
    expect(Object.keys(gradients)).toEqual(Object.keys(inputs).map((name) => `d:${name}`))
    for (const name of Object.keys(inputs)) {
      const numeric = numericGradient(op, exact, name, Float64Array.from(seed))
      expect(worst(gradients[`d:${name}`]!, numeric), name).toBeLessThan(1e-4)
    }
  })

  it('has a gradient only of what is trained, the same as with all', async () => {
    const all = await backward(op, inputs, seed)
    for (const name of Object.keys(inputs)) {
      const alone = await backward(op, inputs, seed, { trained: [name] })
      expect(Object.keys(alone)).toEqual([`d:${name}`])
      expect(worst(alone[`d:${name}`]!, all[`d:${name}`]!), name).toBeLessThan(1e-6)
    }
  })
})

it('a gradient through NF4 weights needs them in fp32 too', () => {
  const describeProgram = (tape: Tape) => {
    const weight = {
      codes: tape.input('codes', [64 * 32], { type: 'uint8' }),
      scales: tape.input('scales', [64]),
      shape: [64, 64] as const,
    }
    return { y: linear(tape, tape.input('x', [2, 64], { isTrained: true }), { weight }) }
  }
  expect(() => forwardGraph(describeProgram)).not.toThrow()
  expect(() => backwardGraph(describeProgram)).toThrow('needs them in fp32')
})

// ScatterND of onnxruntime 1.30 loses some of these sums with several threads: 20 in 60 runs, with rows of 2048.
it('rows of a table that come often are all added, with several threads', async () => {
  const [count, words, size] = [4096, 8, 512]
  const graph = backwardGraph((tape) => ({
    y: embedding(
      tape,
      tape.input('ids', [count], { type: 'int64' }),
      tape.input('table', [words, size], { isTrained: true }),
    ),
  }))
  expect(Buffer.from(graph.model).includes('ScatterND')).toBe(false)
  const program = await openProgram(graph, { threads: 4 })
  const gradient = new Float32Array(words * size)
  const feeds = {
    ids: BigInt64Array.from({ length: count }, (_, i) => BigInt((i * 5) % words)),
    'd:y': new Float32Array(count * size).fill(1),
  }
  for (let run = 0; run < 5; run++) {
    await program.run(feeds, { 'd:table': gradient })
    expect(gradient.every((value) => value === count / words)).toBe(true)
  }
  await program.release()
})
