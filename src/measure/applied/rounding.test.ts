import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFloats } from '../../model/floats.ts'
import { MERGE_DTYPES, type MergeDtype, roundTo, spacingTable } from './rounding.ts'

/** All finite numbers of a format in increasing order, decoded by the reader. */
function finiteNumbers(dtype: 'BF16' | 'F16'): Float32Array {
  const codes = Uint16Array.from({ length: 65536 }, (_, code) => code)
  const all = new Float32Array(codes.length)
  decodeFloats(dtype, new Uint8Array(codes.buffer), all)
  return all.filter(Number.isFinite).sort()
}

const round = (dtype: MergeDtype, value: number): number => roundTo(dtype, Float32Array.of(value))[0]!

describe.each(['BF16', 'F16'] as const)('%s', (dtype) => {
  const numbers = finiteNumbers(dtype)

  test('its own numbers stay', () => {
    expect(roundTo(dtype, numbers.slice())).toEqual(numbers)
  })

  test('between two neighbours the nearer one, in the middle the even one', () => {
    // Equal neighbours are the two zeros.
    const spacing = spacingTable(dtype)
    const faults: string[] = []
    let tried = 0
    for (let i = 1; i < numbers.length; i++) {
      const [low, high] = [numbers[i - 1]!, numbers[i]!]
      if (low === high) continue
      const middle = (low + high) / 2
      const quarter = low + (high - low) / 4
      if (Math.fround(middle) !== middle || Math.fround(quarter) !== quarter) continue
      tried++
      const steps = Math.abs(round(dtype, middle)) / spacing(Math.min(Math.abs(low), Math.abs(high)))
      if (round(dtype, quarter) !== low || !Number.isInteger(steps / 2)) faults.push(`${low} to ${high}`)
    }
    expect(faults).toEqual([])
    expect(tried).toBeGreaterThan(60_000)
  })

  test('spacing is the distance to the next number away from zero', () => {
    const positive = numbers.filter((value) => value > 0)
    const spacing = spacingTable(dtype)
    const distance = (i: number): number => positive[i + 1]! - positive[i]!
    expect([...positive.keys()].slice(0, -1).filter((i) => spacing(positive[i]!) !== distance(i))).toEqual([])
  })
})

test('beyond the largest number is infinity, NaN stays, signs stay', () => {
  expect(round('F16', 65519)).toBe(65504)
  expect(round('F16', 65520)).toBe(Number.POSITIVE_INFINITY)
  expect(round('F16', -1e30)).toBe(Number.NEGATIVE_INFINITY)
  expect(round('BF16', 3.4e38)).toBe(Number.POSITIVE_INFINITY)
  for (const dtype of MERGE_DTYPES) {
    expect(round(dtype, Number.NaN)).toBeNaN()
    expect(round(dtype, -0)).toBe(-0)
    expect(round(dtype, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY)
  }
  expect(round('F16', -1e-9)).toBe(-0)
})

test('rounding twice is rounding once, and moves by at most half a spacing', () => {
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(...MERGE_DTYPES),
      (value, dtype) => {
        const rounded = round(dtype, value)
        expect(round(dtype, rounded)).toBe(rounded)
        if (Number.isFinite(rounded))
          expect(Math.abs(rounded - value)).toBeLessThanOrEqual(spacingTable(dtype)(value) / 2)
      },
    ),
  )
})
