// Rows of tensors that lie in files.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { closeFiles, readStored, readStoredBytes, storedSpacings } from '../../src/model/stored.ts'
import type { StoredTensor } from '../../src/model/tensor.ts'
import { UserError } from '../../src/util/errors.ts'
import { bf16, f32, writeSafetensors } from './writeSafetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-stored-'))
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true })
})

test('any rows are those of the whole tensor', async () => {
  const path = join(folder, 'rows.safetensors')
  writeSafetensors(path, { before: f32([3]), f: f32([7, 5]), b: bf16([7, 3]), cube: f32([2, 3, 4]) })
  const { tensors } = await readSafetensorsHeader(path)
  for (const [name, rows] of [
    ['f', 7],
    ['b', 7],
    ['cube', 6],
  ] as const) {
    const tensor = tensors.get(name)!
    const whole = readStored(tensor, 0, rows)
    const columns = whole.length / rows
    expect([...whole]).toEqual(Array.from({ length: rows * columns }, (_, i) => i))
    fc.assert(
      fc.property(fc.nat(rows), fc.nat(rows), (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a]
        expect(readStored(tensor, start, end)).toEqual(whole.slice(start * columns, end * columns))
      }),
    )
  }
})

test('vectors and scalars are one row; bytes and spacings belong to the same elements', async () => {
  const path = join(folder, 'vectors.safetensors')
  writeSafetensors(path, { vector: bf16([4], [1, -2, 0.5, 1024]), scalar: f32([], [2.5]), none: f32([0, 4]) })
  const { tensors } = await readSafetensorsHeader(path)
  const vector = tensors.get('vector')!
  expect([...readStored(vector, 0, 1)]).toEqual([1, -2, 0.5, 1024])
  expect([...storedSpacings(vector, 0, 1)]).toEqual([2 ** -7, 2 ** -6, 2 ** -8, 8])
  expect(Buffer.from(readStoredBytes(vector, 0, 1))).toEqual(
    readFileSync(path).subarray(vector.offset, vector.offset + vector.bytes),
  )
  expect([...readStored(tensors.get('scalar')!, 0, 1)]).toEqual([2.5])
  expect(readStored(tensors.get('none')!, 0, 0)).toHaveLength(0)
})

test('quantised blocks are read by rows', () => {
  // Q8_0: an F16 scale and 32 signed bytes a block; two rows of two blocks, scales 1, 2, 3 and 4.
  const blocks = [0x3c00, 0x4000, 0x4200, 0x4400].map((scale, block) => {
    const bytes = Buffer.alloc(34)
    bytes.writeUInt16LE(scale)
    for (let i = 0; i < 32; i++) bytes.writeInt8(i - block, 2 + i)
    return bytes
  })
  const path = join(folder, 'blocks.bin')
  writeFileSync(path, Buffer.concat([Buffer.alloc(5), ...blocks]))
  const tensor: StoredTensor = { kind: 'stored', path, offset: 5, bytes: 136, dtype: 'Q8_0', shape: [2, 64] }
  const second = readStored(tensor, 1, 2)
  expect([second[0], second[31], second[32], second[63]]).toEqual([-6, 87, -12, 112])
  expect([...new Set(storedSpacings(tensor, 0, 2))]).toEqual([1, 2, 3, 4])
  expect(() => readStored({ ...tensor, shape: [4, 34] }, 0, 1)).toThrow(
    /rows of 34 elements are no whole blocks of Q8_0/,
  )
})

test('more files than are kept open', () => {
  const tensors = Array.from({ length: 100 }, (_, i): StoredTensor => {
    const path = join(folder, `many-${i}.bin`)
    writeFileSync(path, f32([1], [i]).bytes)
    return { kind: 'stored', path, offset: 0, bytes: 4, dtype: 'F32', shape: [1] }
  })
  for (const round of [0, 1]) {
    for (const [i, tensor] of tensors.entries()) expect(readStored(tensor, 0, 1)[0], `round ${round}`).toBe(i)
  }
})

test('a file that became shorter, or is gone, is a user error; so are no rows beyond the tensor', async () => {
  const path = join(folder, 'short.safetensors')
  writeSafetensors(path, { w: f32([4, 4]) })
  const tensor = (await readSafetensorsHeader(path)).tensors.get('w')!
  readStored(tensor, 0, 4)
  truncateSync(path, tensor.offset + 40)
  expect([...readStored(tensor, 0, 2)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(() => readStored(tensor, 2, 4)).toThrow(UserError)
  expect(() => readStored(tensor, 2, 4)).toThrow(
    `${path} ends at byte ${tensor.offset + 40}, a tensor in it at byte ${tensor.offset + 64}`,
  )
  expect(() => readStored(tensor, 3, 5)).toThrow(/bytes 48 to 80 of a tensor of 64/)
  closeFiles()
  rmSync(path)
  expect(() => readStored(tensor, 0, 1)).toThrow(/does not exist/)
})
