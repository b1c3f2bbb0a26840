import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeFloats, type FloatDtype, floatSpacings } from './floats.ts'
import { readSafetensorsHeader } from './safetensors.ts'

const goldens = new URL('../../test/goldens/safetensors/', import.meta.url)
interface Golden {
  bits: number[]
  spacings?: (number | null)[]
}

const asFloats = (bits: readonly number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer)

describe('as torch reads the file that the safetensors library wrote', async () => {
  const path = fileURLToPath(new URL('types.safetensors', goldens))
  const expected = JSON.parse(readFileSync(new URL('types.json', goldens), 'utf8')) as Record<string, Golden>
  const { tensors } = await readSafetensorsHeader(path)
  const file = readFileSync(path)

  test.each(Object.keys(expected))('%s', (name) => {
    const tensor = tensors.get(name)!
    const golden = expected[name]!
    const bytes = file.subarray(tensor.offset, tensor.offset + tensor.bytes)
    const values = new Float32Array(golden.bits.length)
    decodeFloats(tensor.dtype as FloatDtype, bytes, values)
    // toEqual tells -0 from 0 and takes any NaN for NaN.
    expect(values).toEqual(asFloats(golden.bits))
    if (!golden.spacings) return
    const spacings = new Float32Array(golden.bits.length)
    floatSpacings(tensor.dtype as FloatDtype, bytes, spacings)
    let compared = 0
    for (const [i, spacing] of golden.spacings.entries()) {
      if (spacing === null || !Number.isFinite(values[i]!)) continue
      expect(spacings[i], `${name}[${i}]`).toBe(spacing)
      compared++
    }
    expect(compared).toBeGreaterThanOrEqual(golden.bits.length * 0.6)
  })
})

/** A float by its definition: sign, (1 or 0).fraction, power of two. */
function byDefinition(code: number, exponentBits: number, fractionBits: number, bits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1
  const sign = code >= 2 ** (bits - 1) ? -1 : 1
  const exponent = Math.floor(code / 2 ** fractionBits) % 2 ** exponentBits
  const fraction = (code % 2 ** fractionBits) / 2 ** fractionBits
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias)
}

test.each<[FloatDtype, number, number, number]>([
  ['F16', 5, 10, 16],
  ['BF16', 8, 7, 16],
  ['F8_E4M3', 4, 3, 8],
  ['F8_E5M2', 5, 2, 8],
])('every finite code of %s is its definition', (dtype, exponentBits, fractionBits, bits) => {
  const codes = bits === 16 ? new Uint16Array(65_536) : new Uint8Array(256)
  for (let i = 0; i < codes.length; i++) codes[i] = i
  const values = new Float32Array(codes.length)
  decodeFloats(dtype, new Uint8Array(codes.buffer), values)
  const wrong: number[] = []
  let finite = 0
  for (const [code, value] of values.entries()) {
    if (!Number.isFinite(value)) continue
    finite++
    if (!Object.is(value, byDefinition(code, exponentBits, fractionBits, bits))) wrong.push(code)
  }
  expect(wrong).toEqual([])
  const special = dtype === 'F8_E4M3' ? 2 : 2 * 2 ** fractionBits
  expect(finite).toBe(codes.length - special)
})

test('F8_E4M3 has no infinity: its highest codes are 448 and NaN', () => {
  const values = new Float32Array(4)
  decodeFloats('F8_E4M3', Uint8Array.of(0x7e, 0xfe, 0x7f, 0xff), values)
  expect([...values]).toEqual([448, -448, Number.NaN, Number.NaN])
})

test('F64 is rounded to the nearest fp32 and has its spacing', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const bytes = new Uint8Array(Float64Array.of(value).buffer)
      const values = new Float32Array(1)
      decodeFloats('F64', bytes, values)
      expect(values[0]).toBe(Math.fround(value))
    }),
  )
  const spacing = new Float32Array(1)
  floatSpacings('F64', new Uint8Array(Float64Array.of(1.5).buffer), spacing)
  expect(spacing[0]).toBe(2 ** -23)
})

test.each<[FloatDtype, number]>([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
])('%s bytes that do not lie at a multiple of their size are read too', (dtype, size) => {
  const bytes = Uint8Array.from({ length: 3 * size + 1 }, (_, i) => (i * 37 + 11) % 120)
  const [shifted, plain] = [new Float32Array(3), new Float32Array(3)]
  for (const read of [decodeFloats, floatSpacings]) {
    read(dtype, bytes.subarray(1), shifted)
    read(dtype, bytes.slice(1), plain)
    expect(shifted).toEqual(plain)
    expect(shifted.some((value) => value !== 0)).toBe(true)
  }
})
