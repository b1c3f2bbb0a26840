// Quantising in memory against PyPI gguf and bitsandbytes, bit for bit. Goldens: test/goldens/gguf/quantise.py.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { blockMaxima, doubleQuantise, dynamicMap } from '../../src/model/quantise/nf4.ts'
import { quantise } from '../../src/model/quantise.ts'
import { readSpacings, readValues } from '../../src/model/rows.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { QuantScheme, TensorSource } from '../../src/model/tensor.ts'
import { UserError } from '../../src/util/errors.ts'

interface Golden {
  sha256: string
  sum: number
  first: number[]
}

/** Numbers as base64 of their fp32 bytes. */
interface DoubleGolden {
  map: string
  scales: string
  first: number[]
}

const goldens: Record<QuantScheme, Golden> & { doubleQuantisation: DoubleGolden } = JSON.parse(
  readFileSync(new URL('../goldens/gguf/quantise.json', import.meta.url), 'utf8'),
)
const fp32 = (base64: string): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer)
const schemes = ['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'NF4', 'NF4_DQ'] as const
const [rows, columns] = [300, 128]
const folder = mkdtempSync(join(tmpdir(), 'tunediff-quantise-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true })
})

/** As `made_up` of the script makes them. */
function madeUp(): Float32Array {
  let state = 4
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    state = Number((BigInt(state) * 1664525n + 1013904223n) % 2n ** 32n)
    const block = Math.floor(i / 32)
    return block === 70 ? 0 : (state / 2 ** 32 - 0.5) * 2 ** -(block % 11)
  })
}

const values = madeUp()
const hash = (numbers: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(numbers.map((value) => value + 0).buffer))
    .digest('hex')

test.each(schemes.filter((scheme) => scheme !== 'NF4_DQ'))('%s is what its reference makes', (scheme) => {
  const quantised = quantise(values, scheme)
  expect([...quantised.values.subarray(0, 32)].map((value) => value + 0)).toEqual(goldens[scheme].first)
  expect(hash(quantised.values)).toBe(goldens[scheme].sha256)
})

// PyTorch's linspace, which bitsandbytes makes its map with, and its mean round by the width of the processor's vectors:
// the last bit is not defined.
test('NF4_DQ has the scales of bitsandbytes to 2^-22 of the largest', () => {
  const { map, scales, first } = goldens.doubleQuantisation
  const close = (found: ArrayLike<number>, wanted: ArrayLike<number>): void => {
    expect(found.length).toBe(wanted.length)
    const largest = Math.max(...Array.from(wanted, Math.abs))
    for (let i = 0; i < wanted.length; i++) {
      expect(Math.abs(found[i]! - wanted[i]!)).toBeLessThanOrEqual(2 ** -22 * largest)
    }
  }
  close(dynamicMap(), fp32(map))
  close(doubleQuantise(blockMaxima(values)), fp32(scales))
  close(quantise(values, 'NF4_DQ').values.subarray(0, 32), first)
})

// NF4_DQ is left out: what its scales lose has no bound by the step.
test.each(schemes.filter((scheme) => scheme !== 'NF4_DQ'))(
  '%s rounds to a value near by its step',
  (scheme) => {
    const quantised = quantise(values, scheme)
    // The codes of Q4_0 and Q5_0 end a step below the largest value of the other sign; NF4's are uneven.
    const most = { Q8_0: 0.5, Q4_0: 1, Q5_0: 1, Q4_1: 0.5, Q5_1: 0.5, NF4: 0.7 }[scheme]
    // Codes up to 128 times the rounding of the scale to fp16, which is subnormal for the smallest blocks.
    const scaleRounding = (step: number): number => 128 * Math.max(2 ** -25, step * 2 ** -11)
    const isFar = (value: number, i: number): boolean => {
      const step = quantised.spacings[i]!
      return !(step >= 0 && Math.abs(value - quantised.values[i]!) <= most * step + scaleRounding(step))
    }
    expect([...values].filter(isFar)).toEqual([])
  },
)

const path = join(folder, 'values.bin')
writeFileSync(path, new Uint8Array(values.buffer))
const stored: TensorSource = {
  kind: 'stored',
  path,
  offset: 0,
  bytes: values.byteLength,
  dtype: 'F32',
  shape: [rows, columns],
}

test.each(schemes)('%s of some rows is that of the whole tensor', (scheme) => {
  const whole = quantise(values, scheme)
  const source: TensorSource = { kind: 'quantised', of: stored, scheme }
  for (const [start, end] of [
    [0, 300],
    [7, 8],
    [290, 300],
  ] as const) {
    const part = readValues(source, start, end)
    expect(hash(part)).toBe(hash(whole.values.slice(start * columns, end * columns)))
    expect(readSpacings(source, start, end)).toEqual(whole.spacings.slice(start * columns, end * columns))
  }
})

test('the scales of eight tensors are kept, and those of more are found again', () => {
  const first = readValues({ kind: 'quantised', of: stored, scheme: 'NF4_DQ' }, 0, 4)
  for (let rowsOf = 100; rowsOf < 110; rowsOf++) {
    const other: TensorSource = { ...stored, shape: [rowsOf, columns], bytes: rowsOf * columns * 4 }
    const whole = quantise(values.slice(0, rowsOf * columns), 'NF4_DQ').values
    expect(readValues({ kind: 'quantised', of: other, scheme: 'NF4_DQ' }, 0, rowsOf)).toEqual(whole)
  }
  expect(readValues({ kind: 'quantised', of: stored, scheme: 'NF4_DQ' }, 0, 4)).toEqual(first)
})

test('rows that are no whole blocks are refused with both numbers', () => {
  const source: TensorSource = {
    kind: 'quantised',
    of: { ...stored, shape: [400, 96], bytes: 400 * 96 * 4 },
    scheme: 'NF4',
  }
  expect(() => readValues(source, 0, 1)).toThrow(UserError)
  expect(() => readValues(source, 0, 1)).toThrow(/shape \(400, 96\).*rows of 96 are no whole blocks of 64/)
})

test('fp16 scales round as IEEE 754 says', async () => {
  const { toHalf } = await import('../../src/model/quantise/half.ts')
  const { decodeFloats } = await import('../../src/model/floats.ts')
  const codes = Uint16Array.from({ length: 0x7c00 }, (_, code) => code)
  const halves = new Float32Array(codes.length)
  decodeFloats('F16', new Uint8Array(codes.buffer), halves)
  const rounded: [value: number, to: number][] = []
  for (let i = 0; i < halves.length - 1; i++) {
    const [low, high] = [halves[i]!, halves[i + 1]!]
    const middle = (low + high) / 2
    rounded.push([low, low], [-low, -low], [middle, i % 2 === 0 ? low : high])
    rounded.push([middle + (high - low) / 64, high], [middle - (high - low) / 64, low])
  }
  expect(rounded.filter(([value, to]) => !Object.is(toHalf(value), to))).toEqual([])
  expect(toHalf(65519)).toBe(65504)
  expect(toHalf(65520)).toBe(Infinity)
  expect(toHalf(-1e9)).toBe(-Infinity)
})
