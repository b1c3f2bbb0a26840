// The SIMD decoder of NF4 against codebook times scale, in every bit.
import { expect, test } from 'vitest'
import { NF4_BLOCK, NF4_CODEBOOK } from '../../src/tensor/nf4.ts'
import { openNf4Decoder, type PackedNf4 } from '../../src/tensor/nf4Decoder.ts'
import { uniformValues } from '../../src/tensor/random.ts'

const packedOf = (seed: number, size: number): PackedNf4 => ({
  codes: Uint8Array.from({ length: size / 2 }, (_, i) => (i * 73 + seed + (i >> 5)) & 255),
  scales: uniformValues(seed, size / NF4_BLOCK),
})

function decoded({ codes, scales }: PackedNf4): Float32Array {
  return Float32Array.from({ length: codes.length * 2 }, (_, i) => {
    const pair = codes[i >> 1]!
    return NF4_CODEBOOK[i % 2 === 0 ? pair >> 4 : pair & 15]! * scales[Math.floor(i / NF4_BLOCK)]!
  })
}

test('every code under many scales is codebook times scale, and areas do not touch', () => {
  const sizes = { one: NF4_BLOCK, large: 4096 * NF4_BLOCK, last: 3 * NF4_BLOCK }
  const decoder = openNf4Decoder(new Map(Object.entries(sizes)))
  const packed = Object.entries(sizes).map(([name, size], i) => [name, packedOf(i + 1, size)] as const)
  for (const [name, one] of packed) decoder.decode(name, one)
  for (const [name, one] of packed) expect(decoder.area(name)).toEqual(decoded(one))
  const again = packedOf(9, sizes.one)
  decoder.decode('one', again)
  expect(decoder.area('one')).toEqual(decoded(again))
  expect(decoder.bytes).toBeGreaterThan(sizes.large * 4)
})

test('codes of another size are refused', () => {
  const decoder = openNf4Decoder(new Map([['w', 128]]))
  expect(() => decoder.decode('w', packedOf(1, 64))).toThrow('64 codes for 128 values of w')
})
