// Values and gradients of every operation against PyTorch's autograd in fp64.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases.ts'
import { backward, forward, worst } from './support.ts'

interface Golden {
  name: string
  inputs: Record<string, number[]>
  y: number[]
  seed: number[]
  gradients: Record<string, number[]>
}

const goldens: Golden[] = JSON.parse(
  readFileSync(new URL('../../goldens/tensor/ops.json', import.meta.url), 'utf8'),
)
/** PyTorch has no such weights: their cases are checked in ops.test.ts alone. */
const FORMATS = /fp16|NF4/

it('every case has its golden', () => {
  const names = CASES.map(({ name }) => name).filter((name) => !FORMATS.test(name))
  expect(goldens.map(({ name }) => name).sort()).toEqual(names.sort())
})

describe.each(goldens)('$name', ({ name, inputs, y, seed, gradients }) => {
  const op = CASES.find((one) => one.name === name)!
  const fed = Object.fromEntries(
    Object.entries(inputs).map(([input, values]) => [input, Float32Array.from(values)]),
  )

  it('value', async () => {
    expect(worst((await forward(op, fed)).y!, y)).toBeLessThan(1e-6)
  })

  it('gradients', async () => {
    const got = await backward(op, fed, Float32Array.from(seed))
    for (const [input, wanted] of Object.entries(gradients)) {
      expect(worst(got[`d:${input}`]!, wanted), input).toBeLessThan(1e-5)
    }
  })
})
