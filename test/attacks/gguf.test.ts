// Hostile GGUF files: refused by name, at once, without an allocation of the size that they claim.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { MAX_ALIGNMENT, MAX_NAME_BYTES, MAX_TENSORS, readGgufHeader } from '../../src/model/gguf/header.ts'
import { readArray, readGguf } from '../../src/model/gguf/index.ts'
import { MAX_KEYS } from '../../src/model/gguf/metadata.ts'
import { MAX_HEADER_BYTES, MAX_STRING_BYTES } from '../../src/model/gguf/reader.ts'
import { matrixShape, readSpacings, readValues } from '../../src/model/rows.ts'
import { closeFiles } from '../../src/model/stored.ts'
import { UserError } from '../../src/util/errors.ts'
import { float32Tensor, string, uint32, uint64, writeGguf } from '../model/writeGguf.ts'
import { soak } from '../support/soak.ts'
import { type Mutation, mutated, mutationsOf, number64 } from './mutate.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-hostile-gguf-'))
const path = join(folder, 'model.gguf')
afterAll(() => {
  closeFiles()
  rmSync(folder, { recursive: true })
})

const qwen = { 'general.architecture': 'qwen2' }
const one = float32Tensor([2], [1, 2])
const HUGE = 2n ** 60n
/** A file of one pair: key `k`, then `rest`. */
const withPair = (...rest: Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from('GGUF'),
    ...[uint32(3), uint64(0), uint64(1)],
    ...[string('k'), ...rest],
    Buffer.alloc(64),
  ])
const STRING = uint32(8)
const ARRAY = uint32(9)

test.each<[string, Buffer, RegExp]>([
  ['an empty file', Buffer.alloc(0), /0 bytes are too few/],
  ['a web page', Buffer.from(`<!DOCTYPE html>${' '.repeat(40)}`), /begins with "<!DO", not with GGUF/],
  ['version 1', writeGguf(qwen, {}, { version: 1 }), /version 1, read are 2 and 3/],
  ['a big-endian file', writeGguf(qwen, {}, { version: 0x03000000 }), /big-endian/],
  ['2^60 tensors', writeGguf(qwen, {}, { tensorCount: HUGE }), /claims 1152921504606846976 tensors/],
  [
    'more tensors than the file has room for',
    writeGguf(qwen, {}, { tensorCount: BigInt(MAX_TENSORS) }),
    /claims 131072 tensors of 24 bytes or more, the file has \d+ bytes left/,
  ],
  ['2^60 keys', writeGguf(qwen, {}, { keyCount: HUGE }), /claims 1152921504606846976 keys/],
  [
    'more keys than the file has room for',
    writeGguf(qwen, {}, { keyCount: BigInt(MAX_KEYS) }),
    /claims 65536 keys of 13 bytes or more, the file has \d+ bytes left/,
  ],
  [
    'a text of 2^60 bytes',
    withPair(STRING, uint64(HUGE)),
    /the value of k claims 1152921504606846976 bytes, the file has 64 left/,
  ],
  [
    'a text of 2^64 - 1 bytes',
    withPair(STRING, uint64(2n ** 64n - 1n)),
    /the value of k claims 18446744073709551616/,
  ],
  ['an array of 2^60 texts', withPair(ARRAY, STRING, uint64(HUGE)), /the value of k counts 11529215046068/],
  [
    'an array of 2^60 numbers',
    withPair(ARRAY, uint32(4), uint64(HUGE)),
    /the value of k counts 11529215046068/,
  ],
  [
    'an array of 2^60 bytes',
    withPair(ARRAY, uint32(0), uint64(HUGE)),
    /the value of k counts 11529215046068/,
  ],
  ['an array of arrays', withPair(ARRAY, ARRAY, uint64(1)), /the value of k is an array of arrays/],
  ['a type of the future', withPair(uint32(13)), /the value of k has type 13/],
  ['an array of a type of the future', withPair(ARRAY, uint32(99), uint64(1)), /the value of k has type 99/],
  [
    'a long array of a type of the future',
    withPair(ARRAY, uint32(99), uint64(2000)),
    /the value of k has type 99/,
  ],
  [
    'a key that stands twice',
    writeGguf(
      [
        ['general.name', 'a'],
        ['general.name', 'b'],
      ],
      {},
    ),
    /the key general\.name stands twice/,
  ],
  [
    'a key that is not UTF-8',
    Buffer.concat([withPair().subarray(0, 24), uint64(1), Buffer.of(0xff), Buffer.alloc(64)]),
    /key 1 of 1 is not UTF-8/,
  ],
  ['an alignment of 0', writeGguf({ 'general.alignment': 0 }, {}), /general\.alignment is 0/],
  ['an alignment of 24', writeGguf({ 'general.alignment': 24 }, {}), /general\.alignment is 24/],
  [
    'an alignment of 2^21',
    writeGguf({ 'general.alignment': 2 ** 21 }, {}),
    new RegExp(`up to ${MAX_ALIGNMENT}`),
  ],
  ['an alignment that is a text', writeGguf({ 'general.alignment': '32' }, {}), /general\.alignment is 32/],
  ['an alignment that is a list', writeGguf({ 'general.alignment': ['32'] }, {}), /is an array/],
  [
    'a name of 257 bytes',
    writeGguf(qwen, { ['n'.repeat(MAX_NAME_BYTES + 1)]: one }),
    /the name of tensor 1 of 1 has 257 bytes, at most 256/,
  ],
  [
    'a tensor of 5 dimensions',
    writeGguf(qwen, { a: { ...one, shape: [1, 1, 1, 1, 2] } }),
    /tensor "a" has 5 dimensions, at most 4/,
  ],
  [
    'a dimension of 2^60',
    writeGguf(qwen, { a: { ...one, shape: [2 ** 60, 1] } }),
    /tensor "a": shape \[1152921504606846976, 1\] has more elements/,
  ],
  [
    'dimensions whose product is 2^64',
    writeGguf(qwen, { a: { ...one, shape: [2 ** 32, 2 ** 32] } }),
    /tensor "a": shape .* has more elements/,
  ],
  [
    'a tensor that is larger than the file',
    writeGguf(qwen, { a: { ...one, shape: [2 ** 40] } }),
    /tensor "a" ends at byte \d+, the file at byte \d+/,
  ],
  [
    'a row that is no whole block',
    writeGguf(qwen, { a: { type: 2, shape: [2, 48], bytes: new Uint8Array(54) } }),
    /tensor "a": rows of 48 elements are no whole blocks of Q4_0, which hold 32/,
  ],
  [
    'a place that is not aligned',
    writeGguf(qwen, { a: { ...one, offset: 8 } }),
    /"a" begins at byte 8 of the data.*32/,
  ],
  [
    'a place behind the end',
    writeGguf(qwen, { a: { ...one, offset: 2 ** 40 } }),
    /tensor "a" ends at byte 10995116/,
  ],
  [
    'a place of 2^60',
    writeGguf(qwen, { a: { ...one, offset: HUGE } }),
    /tensor "a" ends at byte 11529215046068/,
  ],
  [
    'a type of the future behind the end',
    writeGguf(qwen, { a: { type: 99, shape: [2], bytes: new Uint8Array(8), offset: 2 ** 40 } }),
    /tensor "a" ends at byte/,
  ],
  [
    'two tensors in one place',
    writeGguf(qwen, { a: one, b: { ...one, offset: 0 } }),
    /tensor "b" begins at byte \d+ and overlaps "a", which ends at/,
  ],
  [
    'a tensor that reaches into the next',
    writeGguf(qwen, { a: { ...one, shape: [9] }, b: { ...one, offset: 32 } }),
    /tensor "b" begins at byte \d+ and overlaps "a"/,
  ],
  [
    'a name that stands twice',
    writeGguf(qwen, [
      ['a', one],
      ['a', one],
    ]),
    /tensor "a" stands twice/,
  ],
  [
    'two names for one tensor of the model',
    writeGguf(qwen, { 'output.weight': one, 'lm_head.weight': one }),
    /tensors "output\.weight" and "lm_head\.weight" are both lm_head\.weight/,
  ],
  [
    'no number of heads',
    writeGguf({ 'general.architecture': 'llama' }, { 'blk.0.attn_q.weight': one }),
    /llama\.attention\.head_count is missing/,
  ],
  [
    'rows that the heads do not divide',
    writeGguf(
      { 'general.architecture': 'llama', 'llama.attention.head_count': 3 },
      { 'blk.0.attn_q.weight': one },
    ),
    /"blk\.0\.attn_q\.weight" has 2 rows, which are no even number for each of 3 heads/,
  ],
  [
    'one part of a split model',
    writeGguf({ ...qwen, 'split.count': 3 }, {}),
    /one of 3 parts of a split model/,
  ],
  [
    'a name with control characters',
    writeGguf(qwen, { 'a\u001b[2J': { ...one, shape: [2 ** 40] } }),
    /tensor "a\\u001b\[2J" ends/,
  ],
])('%s is refused', async (_, bytes, message) => {
  writeFileSync(path, bytes)
  const before = process.memoryUsage().arrayBuffers
  const start = performance.now()
  const error = await readGguf(path).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toMatch(message)
  expect((error as UserError).message.startsWith(`${path}: `)).toBe(true)
  expect((error as UserError).hint).toBeTruthy()
  expect(performance.now() - start).toBeLessThan(1000)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
})

test('a folder, and a file that does not exist, are refused', async () => {
  await expect(readGguf(folder)).rejects.toThrow(/is a folder/)
  await expect(readGguf(join(folder, 'none.gguf'))).rejects.toThrow(/does not exist/)
})

test.each<[string, Buffer, number, RegExp]>([
  [
    'a text that fills the file',
    withPair(STRING, uint64(MAX_STRING_BYTES + 1)),
    MAX_STRING_BYTES + 100,
    /at most 67108864 are read/,
  ],
  [
    'texts of a gigabyte',
    withPair(ARRAY, STRING, uint64(2000), uint64(2 ** 30)),
    2 ** 31,
    /lies beyond the 268435456 bytes/,
  ],
  [
    'numbers of a gigabyte',
    withPair(ARRAY, uint32(4), uint64(2 ** 28)),
    2 ** 31,
    /lies beyond the 268435456 bytes/,
  ],
  ['2^26 empty texts', withPair(ARRAY, STRING, uint64(2 ** 26)), 2 ** 31, /lies beyond the 268435456 bytes/],
])('%s in a sparse file of gigabytes is refused soon', async (_, bytes, size, message) => {
  writeFileSync(path, bytes)
  truncateSync(path, size)
  expect(size).toBeLessThan(MAX_HEADER_BYTES * 9)
  const start = performance.now()
  await expect(readGgufHeader(path)).rejects.toThrow(message)
  expect(performance.now() - start).toBeLessThan(10_000)
})

const good = writeGguf(
  {
    'general.architecture': 'llama',
    'llama.attention.head_count': 2,
    'llama.attention.head_count_kv': 1,
    'llama.rope.freq_base': 0.5,
    'tokenizer.ggml.tokens': ['a', 'b'],
    'tokenizer.chat_template': '{{ messages }}',
    'general.flag': true,
  },
  {
    'token_embd.weight': { type: 8, shape: [2, 32], bytes: new Uint8Array(68) },
    'blk.0.attn_q.weight': float32Tensor([8, 1], [0, 1, 2, 3, 4, 5, 6, 7]),
    'blk.0.attn_k.weight': { type: 14, shape: [4, 256], bytes: new Uint8Array(840) },
    'blk.0.attn_norm.weight': one,
    'blk.0.ffn_up_exps.weight': float32Tensor([2, 2, 1], [0, 1, 2, 3]),
    'rope_freqs.weight': one,
    'output.weight': { type: 99, shape: [2], bytes: new Uint8Array(8) },
  },
)

test('a file cut off at any byte is refused, or whole', async () => {
  writeFileSync(path, good)
  const { tensors } = await readGgufHeader(path)
  const end = Math.max(...tensors.map(({ offset, bytes }) => offset + bytes))
  for (let bytes = 0; bytes < end; bytes++) {
    writeFileSync(path, good.subarray(0, bytes))
    const error = await readGguf(path).catch((reason: unknown) => reason)
    expect(error, `cut at ${bytes}`).toBeInstanceOf(UserError)
  }
})

/** Reads all that the header promises: what is not refused must be readable to its end. */
async function readAll(): Promise<'refused' | 'read'> {
  closeFiles()
  try {
    const { tensors, tokens, metadata, config } = await readGguf(path)
    for (const { source, shape } of tensors.values()) {
      const { rows, columns } = matrixShape(shape)
      expect(readValues(source, 0, rows)).toHaveLength(rows * columns)
      expect(readSpacings(source, Math.max(0, rows - 1), rows)).toHaveLength(columns)
    }
    for (const value of metadata.values()) {
      if (typeof value === 'object') expect(readArray(path, value).length).toBeGreaterThanOrEqual(0)
    }
    JSON.stringify(config)
    tokens?.()
    return 'read'
  } catch (error) {
    if (error instanceof UserError) return 'refused'
    throw error
  }
}

const tiny = readFileSync(new URL('../goldens/gguf/tiny.gguf', import.meta.url))
const texts = [
  'GGUF',
  'blk.0.attn_q.weight',
  '\0\0\0\0\0\0\0\0',
  '\u00ff\u00ff\u00ff\u00ff',
  'general.alignment',
]

test('the files that are mutated are read', async () => {
  for (const file of [good, tiny]) {
    writeFileSync(path, file)
    expect(await readGguf(path).then(({ leftOut }) => leftOut)).toHaveLength(file === good ? 2 : 1)
    expect(await readAll()).toBe('read')
  }
})

/** Any place is as likely as any other; doubles of fast-check crowd at 0. */
const place = fc.integer({ min: 0, max: 2 ** 30 - 1 }).map((at) => at / 2 ** 30)
const changes = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 255 }), fc.constant(1)),
  fc.tuple(place, fc.constantFrom(0, 1, 31, 255, 2 ** 31, 2 ** 32 - 1), fc.constant(4)),
)
const change: fc.Arbitrary<Mutation> = changes.map(([at, value, size]) => (bytes) => {
  const copy = Buffer.from(bytes)
  if (copy.length >= 4) copy.writeUIntLE(value, Math.floor(at * (copy.length - 3)), size)
  return copy
})

test('mutated files are refused or read to their end', async () => {
  const counts = { refused: 0, read: 0 }
  const start = performance.now()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(good, good, good, tiny),
      fc.oneof(
        { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
        { weight: 1, arbitrary: mutationsOf(texts, number64) },
      ),
      async (file, mutations) => {
        // Nine of ten changes fall into the data of the larger file; its header is where readers can go wrong.
        const head = file.subarray(0, file === tiny ? 3000 : file.length)
        const rest = file.subarray(head.length)
        writeFileSync(path, Buffer.concat([mutated(head, mutations), rest]))
        counts[await readAll()]++
      },
    ),
    { numRuns: soak(10_000), seed: 4 },
  )
  expect(counts.refused).toBeGreaterThan(soak(10_000) / 3)
  expect(counts.read).toBeGreaterThan(soak(10_000) / 10)
  expect(performance.now() - start).toBeLessThan(process.env.TUNEDIFF_SOAK ? 300_000 : 50_000)
}, 310_000)
