// Files that are written, read back: rounding of each type, order and alignment, and a file that appears whole or not at all.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { encodeFloats } from '../../src/model/encode.ts'
import { decodeFloats } from '../../src/model/floats.ts'
import { toHalf } from '../../src/model/quantise/half.ts'
import { readValues } from '../../src/model/rows.ts'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { tensorOf, writeSafetensors } from '../../src/model/safetensorsWriter.ts'
import { closeFiles } from '../../src/model/stored.ts'
import type { FloatType, StoredTensor } from '../../src/model/tensor.ts'
import { UserError } from '../../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-writer-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true, force: true })
})

function rounded(type: FloatType, given: readonly number[]): number[] {
  const values = Float32Array.from(given)
  const back = new Float32Array(values.length)
  decodeFloats(type, encodeFloats(type, values).bytes, back)
  return [...back]
}

test('every fp16 and bf16 number is encoded as itself', () => {
  for (const type of ['F16', 'BF16'] as const) {
    const codes = Uint16Array.from({ length: 1 << 16 }, (_, i) => i)
    const values = new Float32Array(codes.length)
    decodeFloats(type, new Uint8Array(codes.buffer), values)
    const { bytes, overflow } = encodeFloats(type, values)
    const again = new Uint16Array(bytes.buffer)
    const changed = [...codes].filter((code) => again[code] !== code && !Number.isNaN(values[code]))
    expect(changed).toEqual([])
    expect(
      [...codes].filter((code) => Number.isNaN(values[code]) && (again[code]! & 0x7fff) === infinity(type)),
    ).toEqual([])
    expect(overflow).toBeUndefined()
  }
})

const infinity = (type: FloatType): number => (type === 'F16' ? 0x7c00 : 0x7f80)

test('fp16 is rounded as the arithmetic that it is defined by says', () => {
  const edges = [
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -24,
    2.5 * 2 ** -24,
    2 ** -14,
    2 ** -14 - 2 ** -26,
    65519.99,
    1 + 2 ** -11,
  ]
  expect(rounded('F16', edges)).toEqual(edges.map((value) => toHalf(Math.fround(value))))
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -65519, max: 65519 }), (value) => {
      expect(rounded('F16', [value])[0]).toBe(toHalf(value))
    }),
  )
})

test('bf16 goes to the nearest, ties to the even one', () => {
  const step = 2 ** -7
  expect(rounded('BF16', [1 + step / 2, 1 + 1.5 * step, 1 + 0.5001 * step, -(1 + step / 2)])).toEqual([
    1,
    1 + 2 * step,
    1 + step,
    -1,
  ])
})

test('a file reads back: wider types first, data aligned, metadata as transformers wants it', async () => {
  const path = join(folder, 'mixed.safetensors')
  const values = Float32Array.from({ length: 6 }, (_, i) => i / 3 - 1)
  await writeSafetensors(path, [
    tensorOf('b.half', { shape: [3, 1], values: values.subarray(0, 3), dtype: 'F16' }),
    tensorOf('z.whole', { shape: [2, 3], values }),
    tensorOf('a.brain', { shape: [3], values: values.subarray(3), dtype: 'BF16' }),
    tensorOf('scalar', { shape: [], values: values.subarray(5) }),
    tensorOf('none', { shape: [0, 4], values: new Float32Array(0) }),
  ])
  const { tensors, metadata } = await readSafetensorsHeader(path)
  expect(metadata).toEqual({ format: 'pt' })
  expect([...tensors.keys()]).toEqual(['none', 'scalar', 'z.whole', 'a.brain', 'b.half'])
  const read = (name: string): number[] => {
    const tensor = tensors.get(name) as StoredTensor
    return [...readValues(tensor, 0, tensor.shape.length > 1 ? tensor.shape[0]! : 1)]
  }
  expect(read('z.whole')).toEqual([...values])
  expect(read('b.half')).toEqual(rounded('F16', [...values.subarray(0, 3)]))
  expect(read('a.brain')).toEqual(rounded('BF16', [...values.subarray(3)]))
  expect(read('scalar')).toEqual([values[5]])
  expect(readFileSync(path).readBigUInt64LE() % 8n).toBe(0n)
})

test('rows are asked for in order and in pieces, and their bytes are told', async () => {
  const asked: [number, number][] = []
  const [rows, columns] = [5, 1 << 21]
  let bytes = 0
  await writeSafetensors(
    join(folder, 'large.safetensors'),
    [
      {
        name: 'w',
        dtype: 'BF16',
        shape: [rows, columns],
        rows: (start, end) => {
          asked.push([start, end])
          return new Float32Array((end - start) * columns).fill(start)
        },
      },
    ],
    (more) => {
      bytes += more
    },
  )
  expect(asked).toEqual([
    [0, 2],
    [2, 4],
    [4, 5],
  ])
  expect(bytes).toBe(rows * columns * 2)
})

test('a number that fp16 cannot hold is refused by name, and no file is left', async () => {
  const path = join(folder, 'over', '..', 'over.safetensors')
  const before = readdirSync(folder)
  const writing = writeSafetensors(path, [
    tensorOf('layer.weight', { shape: [2], values: Float32Array.of(1, 65520), dtype: 'F16' }),
  ])
  await expect(writing).rejects.toThrow(UserError)
  await expect(writing).rejects.toThrow(/layer\.weight has the value 65520, which F16 cannot hold/)
  expect(readdirSync(folder)).toEqual(before)
  expect(rounded('F16', [Infinity])).toEqual([Infinity])
})
