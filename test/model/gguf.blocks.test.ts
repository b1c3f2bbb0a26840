// Block types of GGUF against PyPI gguf, bit for bit. Goldens: test/goldens/gguf/blocks.py.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type BlockDtype, blockSpacings, dequantise } from '../../src/model/gguf/dequantise/index.ts'
import { DTYPES } from '../../src/model/tensor.ts'

interface Golden {
  blocks: string
  sha256: string
  first: number[]
}

const goldens: Record<string, Golden> = JSON.parse(
  readFileSync(new URL('../goldens/gguf/blocks.json', import.meta.url), 'utf8'),
)
const types = Object.entries(DTYPES).filter(([, { block }]) => block > 1)

test('there is a golden of every block type', () => {
  expect(Object.keys(goldens).sort()).toEqual(types.map(([name]) => name).sort())
})

function read(type: string): { bytes: Uint8Array; values: Float32Array; steps: Float32Array } {
  const dtype = type as BlockDtype
  const bytes = new Uint8Array(Buffer.from(goldens[type]!.blocks, 'base64'))
  const count = (bytes.length / DTYPES[dtype].bytes) * DTYPES[dtype].block
  const values = new Float32Array(count)
  const steps = new Float32Array(count)
  dequantise(dtype, bytes, values)
  blockSpacings(dtype, bytes, steps)
  return { bytes, values, steps }
}

test.each(types.map(([name]) => name))('%s is what PyPI gguf makes of it', (type) => {
  const { values } = read(type)
  expect([...values.subarray(256, 320)]).toEqual(goldens[type]!.first)
  expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(goldens[type]!.sha256)
})

/** Where the low bits of the codes lie in a block. */
const CODES: readonly (readonly [type: BlockDtype, from: number, to: number])[] = [
  ['Q4_0', 2, 18],
  ['Q4_1', 4, 20],
  ['Q5_0', 6, 22],
  ['Q5_1', 8, 24],
  ['Q8_0', 2, 34],
  ['Q2_K', 16, 80],
  ['Q3_K', 32, 96],
  ['Q4_K', 16, 144],
  ['Q5_K', 48, 176],
  ['Q6_K', 0, 128],
]

// From the definition of a step: a code that is one more or less moves its value by it. Each bit of the codes is turned.
test.each(CODES)('a step of %s is what the lowest bit of a code moves its value by', (type, from, to) => {
  const { bytes, values, steps } = read(type)
  const { block, bytes: blockBytes } = DTYPES[type]
  const least = new Float32Array(values.length).fill(Infinity)
  const moved = new Float32Array(block)
  for (let start = 0, offset = 0; start < bytes.length; start += blockBytes, offset += block) {
    const copy = bytes.slice(start, start + blockBytes)
    for (let at = from; at < to; at++) {
      for (let bit = 1; bit < 256; bit *= 2) {
        copy[at]! ^= bit
        dequantise(type, copy, moved)
        copy[at]! ^= bit
        for (let i = 0; i < block; i++) {
          const distance = Math.abs(moved[i]! - values[offset + i]!)
          if (distance > 0) least[offset + i] = Math.min(least[offset + i]!, distance)
        }
      }
    }
  }
  const seen = [...least.keys()].filter((i) => least[i]! < Infinity)
  expect(seen.length).toBeGreaterThan(values.length * 0.7)
  for (const i of seen) {
    // Where a minimum is much larger than the step, fp32 rounds their sum.
    const rounding = Math.abs(values[i]!) * 2 ** -22 + steps[i]! * 1e-6
    expect(Math.abs(least[i]! - steps[i]!)).toBeLessThanOrEqual(rounding)
  }
})

test.each(['IQ4_NL', 'IQ4_XS'])(
  'the step of %s is half the distance between the neighbours of a code',
  (type) => {
    const { values, steps } = read(type)
    const codebook = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]
    const gaps = codebook.map((_, code) => {
      if (code === 0) return 23
      return code === 15 ? 24 : (codebook[code + 1]! - codebook[code - 1]!) / 2
    })
    let compared = 0
    for (let start = 0; start < values.length; start += 32) {
      // The scale of 32 values from the ratio of value and step: it fits one code for each of them.
      for (let i = start; i < start + 32; i++) {
        if (steps[i] === 0) continue
        const ratios = codebook.map((value, code) => Math.abs(value) / gaps[code]!)
        const ratio = Math.abs(values[i]!) / steps[i]!
        expect(Math.min(...ratios.map((other) => Math.abs(other - ratio)))).toBeLessThan(1e-5 * ratio + 1e-6)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(values.length / 2)
  },
)
