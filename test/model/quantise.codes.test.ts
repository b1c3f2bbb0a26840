// Packed codes and scales of NF4 against bitsandbytes on the same tensor, bit for bit, and what the engine is fed with
// against what readers of weights are given. Goldens: test/goldens/gguf/quantise.py.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { packNf4 } from '../../src/model/engine/training/packedWeights.ts'
import { readValues } from '../../src/model/rows.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { QuantScheme, TensorSource } from '../../src/model/tensor.ts'
import { NF4_CODEBOOK } from '../../src/tensor/nf4.ts'
import { sha256 } from '../../src/util/hash.ts'
import { largestDifference } from '../support/engine.ts'

interface Goldens {
  packed: { codes: string; first: number[]; scales: string }
  doubleQuantisation: { scales: string }
}

const { packed, doubleQuantisation } = JSON.parse(
  readFileSync(new URL('../goldens/gguf/quantise.json', import.meta.url), 'utf8'),
) as Goldens
const fp32 = (base64: string): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(base64, 'base64')).buffer)

const [rows, columns] = [300, 128]
const folder = mkdtempSync(join(tmpdir(), 'tunediff-codes-'))
const path = join(folder, 'values.bin')
writeFileSync(path, new Uint8Array(madeUp().buffer))
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

const sourceOf = (scheme: QuantScheme): TensorSource & { kind: 'quantised' } => {
  const stored = { dtype: 'F32', offset: 0, bytes: rows * columns * 4, shape: [rows, columns] } as const
  return { kind: 'quantised', of: { kind: 'stored', path, ...stored }, scheme }
}

test('codes and scales of NF4 are those of bitsandbytes', () => {
  const { codes, scales } = packNf4(sourceOf('NF4'))
  expect([...codes.subarray(0, packed.first.length)]).toEqual(packed.first)
  expect(sha256(codes)).toBe(packed.codes)
  expect(scales).toEqual(fp32(packed.scales))
})

test('with double quantisation the codes are the same, and the scales those of bitsandbytes to 2^-22 of the largest', () => {
  const { codes, scales } = packNf4(sourceOf('NF4_DQ'))
  expect(sha256(codes)).toBe(packed.codes)
  const theirs = fp32(doubleQuantisation.scales)
  expect(largestDifference(scales, theirs)).toBeLessThanOrEqual(2 ** -22 * Math.max(...theirs))
})

test.each(['NF4', 'NF4_DQ'] as const)(
  '%s: the engine and readers of weights see the same values',
  (scheme) => {
    const { codes, scales } = packNf4(sourceOf(scheme))
    const values = readValues(sourceOf(scheme), 0, rows)
    const unpacked = values.map((_, i) => {
      const byte = codes[i >> 1]!
      return NF4_CODEBOOK[i % 2 === 0 ? byte >> 4 : byte & 15]! * scales[Math.floor(i / 64)]!
    })
    expect(unpacked).toEqual(values)
  },
)
