// Hostile model files: refused by name, at once, without an allocation of the size that they claim.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MAX_HEADER_BYTES, readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { readSafetensors } from '../../src/model/safetensorsFolder.ts'
import { UserError } from '../../src/util/errors.ts'
import { bf16, f32, withHeader, writeSafetensors } from '../model/writeSafetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-hostile-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'model.safetensors')

const entry = (dtype: string, shape: string, begin: number | string, end: number | string): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`
const data = (bytes: number): Uint8Array => new Uint8Array(bytes)
function lengthOf(bytes: bigint, rest: string): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(bytes)
  return Buffer.concat([length, Buffer.from(rest)])
}

test.each<[string, Buffer, RegExp]>([
  ['an empty file', Buffer.alloc(0), /0 bytes are too few/],
  ['eight bytes', Buffer.alloc(8), /8 bytes are too few/],
  [
    'a header of 2^60 bytes',
    lengthOf(2n ** 60n, '{}'),
    /claims 1152921504606846976 bytes, more than the 100000000/,
  ],
  ['a header of 2^64 - 1 bytes', lengthOf(2n ** 64n - 1n, '{}'), /claims 18446744073709551615 bytes/],
  [
    'a header that is longer than the file',
    lengthOf(50_000_000n, '{}'),
    /claims 50000000 bytes, the file has 2 left/,
  ],
  ['a header of no bytes', lengthOf(0n, 'x'), /does not begin with \{/],
  ['a GGUF file', Buffer.from('GGUF\u0003\0\0\0\0\0\0\0\0\0\0\0', 'latin1'), /it begins like a GGUF file/],
  ['a zip file', Buffer.from('PK\u0003\u0004________________'), /begins like a zip file/],
  ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
  ['a web page', Buffer.from('<!DOCTYPE html><html></html>'), /begins like a web page/],
  ['a header that is not JSON', withHeader('{"a":'), /the header is not valid: not JSON/],
  ['a header that is not UTF-8', withHeader(Uint8Array.of(0x7b, 0xff, 0x7d)), /not UTF-8/],
  ['a byte order mark', withHeader('\ufeff{}'), /does not begin with \{/],
  ['a list', withHeader('[1]'), /does not begin with \{/],
  ['an entry that is a list', withHeader('{"a":[]}'), /tensor "a": its entry is no JSON object/],
  ['an entry that is null', withHeader('{"a":null}'), /tensor "a": its entry is no JSON object/],
  [
    'an unknown type',
    withHeader(`{"a":${entry('Q4_0', '[1]', 0, 1)}}`, data(1)),
    /dtype "Q4_0" is none of the format/,
  ],
  [
    'a type of every object',
    withHeader(`{"a":${entry('toString', '[1]', 0, 1)}}`, data(1)),
    /dtype "toString" is none/,
  ],
  ['no shape', withHeader('{"a":{"dtype":"U8","data_offsets":[0,1]}}', data(1)), /shape nothing is no list/],
  [
    'a negative size',
    withHeader(`{"a":${entry('U8', '[-1]', 0, 1)}}`, data(1)),
    /shape \[-1\] is no list of whole numbers/,
  ],
  ['half a size', withHeader(`{"a":${entry('U8', '[0.5]', 0, 1)}}`, data(1)), /shape \[0.5\]/],
  [
    'a size beyond 2^53',
    withHeader(`{"a":${entry('U8', '[9007199254740993]', 0, 1)}}`, data(1)),
    /whole numbers below 2\^53/,
  ],
  ['a size of 1e999', withHeader(`{"a":${entry('U8', '[1e999]', 0, 1)}}`, data(1)), /shape \[null\]/],
  [
    'sizes whose product overflows to the right one',
    withHeader(`{"a":${entry('U8', '[4294967296,4294967296,1]', 0, 0)}}`),
    /more elements than a file can hold/,
  ],
  [
    'a product beyond fp64',
    withHeader(`{"a":${entry('U8', `[${Array(40).fill(4294967296)}]`, 0, 0)}}`),
    /more elements than/,
  ],
  [
    'more bytes than the shape takes',
    withHeader(`{"a":${entry('F32', '[2]', 0, 12)}}`, data(12)),
    /F32 of shape \[2\] takes 8 bytes, its data_offsets span 12/,
  ],
  [
    'half bytes',
    withHeader(`{"a":${entry('F4', '[3]', 0, 2)}}`, data(2)),
    /takes 12 bits, its data_offsets span 2/,
  ],
  [
    'an end before the beginning',
    withHeader(`{"a":${entry('U8', '[0]', 4, 0)}}`, data(4)),
    /ends at byte 0, before its beginning at 4/,
  ],
  [
    'one offset',
    withHeader('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}', data(1)),
    /data_offsets \[0\] are no two/,
  ],
  [
    'offsets out of range',
    withHeader(`{"a":${entry('U8', '[100]', 0, 100)}}`, data(10)),
    /tensor "a" ends at byte 100 of the data, the file has 10/,
  ],
  [
    'offsets of 2^45',
    withHeader(`{"a":${entry('U8', `[${2 ** 45}]`, 0, 2 ** 45)}}`, data(10)),
    /ends at byte 35184372088832/,
  ],
  [
    'an overlap',
    withHeader(`{"a":${entry('U8', '[8]', 0, 8)},"b":${entry('U8', '[8]', 4, 12)}}`, data(12)),
    /"b" begins at byte 4 of the data and overlaps "a"/,
  ],
  [
    'one tensor in another',
    withHeader(`{"a":${entry('U8', '[8]', 0, 8)},"b":${entry('U8', '[2]', 2, 4)}}`, data(8)),
    /"b" begins at byte 2 of the data and overlaps "a"/,
  ],
  [
    'two tensors on one place',
    withHeader(`{"a":${entry('U8', '[8]', 0, 8)},"b":${entry('U8', '[8]', 0, 8)}}`, data(8)),
    /overlaps/,
  ],
  [
    'a hole',
    withHeader(`{"a":${entry('U8', '[2]', 0, 2)},"b":${entry('U8', '[2]', 4, 6)}}`, data(6)),
    /"b" begins at byte 4 of the data, "a" ends at 2: a hole/,
  ],
  [
    'a hole at the beginning',
    withHeader(`{"a":${entry('U8', '[2]', 2, 4)}}`, data(4)),
    /the header ends at 0: a hole/,
  ],
  [
    'bytes after the last tensor',
    withHeader(`{"a":${entry('U8', '[2]', 0, 2)}}`, data(3)),
    /tensors end at byte 2 of the data, the file has 3/,
  ],
  [
    'a tensor twice',
    withHeader(`{"a":${entry('U8', '[2]', 0, 2)},"a":${entry('U8', '[2]', 0, 2)}}`, data(2)),
    /the key "a" stands twice/,
  ],
  [
    'a tensor twice, once in escapes',
    withHeader(`{"a":${entry('U8', '[2]', 0, 2)},"\\u0061":${entry('U8', '[2]', 0, 2)}}`, data(2)),
    /the key "a" stands twice/,
  ],
  [
    'a type twice',
    withHeader('{"a":{"dtype":"U8","dtype":"I8","shape":[2],"data_offsets":[0,2]}}', data(2)),
    /"dtype" stands twice/,
  ],
  ['metadata twice', withHeader('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" stands twice/],
  [
    'metadata that is a number',
    withHeader('{"__metadata__":{"a":1}}'),
    /__metadata__ "a" is 1, not a string/,
  ],
  ['metadata that is a list', withHeader('{"__metadata__":["a"]}'), /__metadata__ is no JSON object/],
  ['deep nesting', withHeader(`{"a":${'['.repeat(200_000)}`), /nested deeper than 3 levels/],
])('%s is refused by name', async (_, bytes, message) => {
  writeFileSync(path, bytes)
  const error = await readSafetensorsHeader(path).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toMatch(message)
  expect((error as UserError).message).toContain(path)
  expect((error as UserError).hint).toMatch(/download or copy it again/)
})

test('a file that is cut off at any byte is refused', async () => {
  writeSafetensors(path, { 'a.weight': f32([3, 2]), 'b.weight': bf16([5]) }, { format: 'pt' })
  const whole = readFileSync(path)
  expect((await readSafetensorsHeader(path)).tensors.size).toBe(2)
  for (let bytes = whole.length - 1; bytes >= 0; bytes--) {
    truncateSync(path, bytes)
    const error = await readSafetensorsHeader(path).catch((caught: unknown) => caught)
    expect(error, `cut after ${bytes} bytes`).toBeInstanceOf(UserError)
  }
})

test('claims are checked before memory is taken: a sparse file of 60 GB, a header of zeros', async () => {
  const before = process.memoryUsage().rss
  writeFileSync(path, lengthOf(BigInt(MAX_HEADER_BYTES), ''))
  truncateSync(path, 60e9)
  await expect(readSafetensorsHeader(path)).rejects.toThrow(/does not begin with \{/)
  const header = withHeader(`{"a":${entry('U8', `[${60e9}]`, 0, 60e9)}}`)
  writeFileSync(path, header)
  truncateSync(path, header.length + 60e9)
  expect((await readSafetensorsHeader(path)).tensors.get('a')!.bytes).toBe(60e9)
  expect(process.memoryUsage().rss - before).toBeLessThan(64e6)
})

test('a header as long as it may be is read within a second or refused, not endless', async () => {
  const name = 'x'.repeat(100)
  const entries = Array.from({ length: 100_000 }, (_, i) => `"${name}${i}":${entry('U8', '[1]', i, i + 1)}`)
  writeFileSync(path, withHeader(`{${entries.join(',')}}`, data(100_000)))
  const startMs = performance.now()
  expect((await readSafetensorsHeader(path)).tensors.size).toBe(100_000)
  expect(performance.now() - startMs).toBeLessThan(5000)
})

test('an index cannot point out of its folder, not even at a file that is there', async () => {
  const inner = join(folder, 'inner')
  mkdirSync(inner)
  writeSafetensors(join(folder, 'secret.safetensors'), { a: f32([1]) })
  for (const shard of [
    '../secret.safetensors',
    join(folder, 'secret.safetensors'),
    './../secret.safetensors',
  ]) {
    writeFileSync(join(inner, 'model.safetensors.index.json'), JSON.stringify({ weight_map: { a: shard } }))
    await expect(readSafetensors(inner)).rejects.toThrow(/no name of a safetensors file in this folder/)
  }
})

test('nothing is written and nothing is changed while a file is read', async () => {
  writeSafetensors(path, { a: f32([4]) })
  const hash = (): string => createHash('sha256').update(readFileSync(path)).digest('hex')
  const before = hash()
  await readSafetensorsHeader(path)
  expect(hash()).toBe(before)
})
