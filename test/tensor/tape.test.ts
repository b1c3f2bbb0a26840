// The tape itself: what a program is fed and fetches, what is dropped, and what saved values do.
import { describe, expect, it } from 'vitest'
import { add } from '../../src/tensor/ops/add.ts'
import { gelu } from '../../src/tensor/ops/gelu.ts'
import { scale } from '../../src/tensor/ops/scale.ts'
import { openProgram } from '../../src/tensor/program.ts'
import {
  backwardGraph,
  type Describe,
  forwardGraph,
  type ProgramGraph,
  type Tape,
} from '../../src/tensor/tape.ts'
import { run } from './ops/support.ts'

const X = Float32Array.of(1, -2, 3)
const X_SHAPE = [3]

const has = ({ model }: ProgramGraph, text: string): boolean => Buffer.from(model).includes(text)

describe('forward', () => {
  it('drops what no output needs, inputs and constants included', async () => {
    const graph = forwardGraph((tape) => {
      const x = tape.input('x', X_SHAPE)
      gelu(tape, scale(tape, tape.input('unused', X_SHAPE), 7), 'erf')
      return { y: scale(tape, x, 2) }
    })
    expect([...graph.inputs.keys()]).toEqual(['x'])
    expect(has(graph, 'Gelu') || has(graph, 'unused') || has(graph, 'f7')).toBe(false)
    expect([...(await run(graph, { x: X })).y!]).toEqual([2, -4, 6])
  })

  it('writes outputs straight from the node that makes them', () => {
    const graph = forwardGraph((tape) => ({ y: scale(tape, tape.input('x', X_SHAPE), 2) }))
    expect(has(graph, 'Identity')).toBe(false)
  })

  it('copies for an output that is an input, a constant, or another output', async () => {
    const graph = forwardGraph((tape) => {
      const x = tape.input('x', X_SHAPE)
      const y = scale(tape, x, 2)
      return { same: x, five: tape.float(5), y, again: y, later: scale(tape, y, 10) }
    })
    const { same, five, y, again, later } = await run(graph, { x: X })
    expect([...same!, ...five!]).toEqual([1, -2, 3, 5])
    expect([...y!, ...again!]).toEqual([2, -4, 6, 2, -4, 6])
    expect([...later!]).toEqual([20, -40, 60])
  })

  it('an input or a constant declared again is the one there is', () => {
    const graph = forwardGraph((tape) => {
      expect(tape.input('x', X_SHAPE)).toBe(tape.input('x', X_SHAPE))
      expect(tape.float(3)).toBe(tape.float(3))
      return { y: add(tape, tape.input('x', X_SHAPE), tape.input('x', X_SHAPE)) }
    })
    expect(graph.inputs.size).toBe(1)
  })

  it('refuses one name for an input and an output', () => {
    const twice = (tape: Tape) => ({ x: scale(tape, tape.input('x', X_SHAPE, { isTrained: true }), 2) })
    expect(() => forwardGraph(twice)).toThrow('x is an input and an output')
    expect(() => backwardGraph(twice)).toThrow('d:x is an input and an output')
  })
})

describe('backward', () => {
  it('sums over all uses of an input, and over outputs', async () => {
    const graph = backwardGraph((tape) => {
      const x = tape.input('x', X_SHAPE, { isTrained: true })
      return { y: add(tape, scale(tape, x, 2), add(tape, x, x)), z: scale(tape, x, 100) }
    })
    const feeds = { 'd:y': Float32Array.of(1, 2, 3), 'd:z': Float32Array.of(1, 0, -1) }
    expect([...(await run(graph, feeds))['d:x']!]).toEqual([104, 8, -88])
  })

  it('of an output that is a trained input is what comes in', async () => {
    const graph = backwardGraph((tape) => ({ y: tape.input('x', X_SHAPE, { isTrained: true }) }))
    expect([...(await run(graph, { 'd:y': X }))['d:x']!]).toEqual([...X])
  })

  it('goes only through what is trained', () => {
    const graph = backwardGraph((tape) => {
      const frozen = gelu(tape, tape.input('frozen', X_SHAPE), 'erf')
      return { y: add(tape, tape.input('x', X_SHAPE, { isTrained: true }), frozen) }
    })
    expect([...graph.inputs.keys()]).toEqual(['d:y'])
    expect([...graph.outputs.keys()]).toEqual(['d:x'])
  })

  it('has outputs too where they are asked for', async () => {
    const describeProgram: Describe = (tape) => {
      const x = tape.input('x', X_SHAPE, { isTrained: true })
      return { y: scale(tape, x, 3), z: scale(tape, x, 5) }
    }
    const graph = backwardGraph(describeProgram, [], ['y'])
    const { y, 'd:x': gradient } = await run(graph, { x: X, 'd:y': X, 'd:z': X })
    expect([...y!]).toEqual([3, -6, 9])
    expect([...gradient!]).toEqual([8, -16, 24])
  })

  it('says where no gradient arrives', () => {
    const lost: Describe = (tape) => {
      tape.input('lost', X_SHAPE, { isTrained: true })
      return { y: tape.input('x', X_SHAPE, { isTrained: true }) }
    }
    expect(() => backwardGraph(lost)).toThrow('no gradient reaches lost')
  })
})

describe('save', () => {
  const program: Describe = (tape) => {
    const x = tape.input('x', X_SHAPE, { isTrained: true })
    const middle = tape.save(gelu(tape, x, 'erf'), 'middle')
    return { y: gelu(tape, middle, 'tanh') }
  }

  it('hands a value over, and the gradient goes on to what it was made of', async () => {
    const ones = new Float32Array(3).fill(1)
    const { 's:middle': middle } = await run(forwardGraph(program, ['middle']), { x: X })
    const whole = await run(backwardGraph(program), { x: X, 'd:y': ones })
    // Another value than the forward program gave shows that it is the one used.
    for (const factor of [1, 1.5]) {
      const given = middle!.map((value) => factor * value)
      const { 'd:x': gradient } = await run(backwardGraph(program, ['middle']), {
        x: X,
        'd:y': ones,
        's:middle': given,
      })
      if (factor === 1) expect([...gradient!]).toEqual([...whole['d:x']!])
      else expect([...gradient!]).not.toEqual([...whole['d:x']!])
    }
  })

  it('takes the computation out of the backward program', () => {
    // The value of the first operation is not needed for its own gradient.
    expect(has(backwardGraph(program), 'approximate')).toBe(true)
    expect(has(backwardGraph(program, ['middle']), 'approximate')).toBe(false)
  })

  it('keys that are not asked for change nothing; a key is saved once', () => {
    expect([...forwardGraph(program, ['other']).outputs.keys()]).toEqual(['y'])
    const twice: Describe = (tape) => {
      const x = tape.input('x', X_SHAPE)
      return { y: add(tape, tape.save(x, 'k'), tape.save(x, 'k')) }
    }
    expect(() => forwardGraph(twice, ['k'])).toThrow('k is saved twice')
    expect(() => forwardGraph(twice)).not.toThrow()
  })
})

describe('program', () => {
  it('refuses a buffer that is absent or of another size', async () => {
    const program = await openProgram(
      forwardGraph((tape) => ({ y: scale(tape, tape.input('x', X_SHAPE), 2) })),
      { threads: 1 },
    )
    await expect(program.run({}, { y: X })).rejects.toThrow('x: no values for (3)')
    await expect(program.run({ x: X }, { y: new Float32Array(2) })).rejects.toThrow('y: 2 values for (3)')
    await program.release()
  })
})
