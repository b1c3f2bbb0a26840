// safetensors as a user has them: a file, a folder, shards with an index. Damaged files are in test/attacks/files.test.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { readSafetensorsHeader } from '../../src/model/safetensors.ts'
import { readSafetensors } from '../../src/model/safetensorsFolder.ts'
import { UserError } from '../../src/util/errors.ts'
import { bf16, f32, indexOf, withHeader, writeSafetensors, zeros } from './writeSafetensors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
const golden = fileURLToPath(new URL('../goldens/safetensors/types.safetensors', import.meta.url))

test('a file of the safetensors library: names, types, shapes, metadata; types that are not read are named', async () => {
  const { tensors, leftOut, metadata } = await readSafetensorsHeader(golden)
  expect(
    Object.fromEntries([...tensors].map(([name, { dtype, shape }]) => [name, [dtype, ...shape]])),
  ).toEqual({
    f64: ['F64', 3, 5],
    f32: ['F32', 10],
    f16: ['F16', 1075],
    bf16: ['BF16', 1075],
    f8_e4m3: ['F8_E4M3', 16, 16],
    f8_e5m2: ['F8_E5M2', 16, 16],
    i8: ['I8', 256],
    u8: ['U8', 256],
    scalar: ['F32'],
    empty: ['F32', 0, 7],
  })
  expect(leftOut).toEqual([
    { name: 'i32', reason: 'element type I32 is not read' },
    { name: 'bool', reason: 'element type BOOL is not read' },
  ])
  expect(metadata).toMatchObject({ safetensors: '0.8.0' })
})

test('a folder with one file, and the file itself', async () => {
  const path = join(folder, 'single', 'model.safetensors')
  writeSafetensors(path, { 'a.weight': f32([2, 3]), 'b.bias': bf16([4]) }, { format: 'pt' })
  const fromFolder = await readSafetensors(join(folder, 'single'))
  expect([...fromFolder.tensors.keys()]).toEqual(['a.weight', 'b.bias'])
  expect(fromFolder.files).toEqual([path])
  expect(await readSafetensors(path)).toEqual(fromFolder)
})

test('a single file of another name is the model; two without an index are refused', async () => {
  const path = join(folder, 'named', 'consolidated.safetensors')
  writeSafetensors(path, { w: f32([2]) })
  writeSafetensors(join(folder, 'named', 'adapter_model.safetensors'), { x: f32([2]) })
  expect([...(await readSafetensors(join(folder, 'named'))).tensors.keys()]).toEqual(['w'])
  writeSafetensors(join(folder, 'named', 'extra.safetensors'), { w: f32([2]) })
  await expect(readSafetensors(join(folder, 'named'))).rejects.toThrow(
    /holds 2 safetensors files \(consolidated.safetensors, extra.safetensors\) and no model.safetensors.index.json/,
  )
})

function writeShards(name: string, index: string): string {
  const at = join(folder, name)
  writeSafetensors(join(at, 'model-00001-of-00002.safetensors'), { a: f32([2, 2]), b: f32([3]) })
  writeSafetensors(join(at, 'model-00002-of-00002.safetensors'), { c: f32([2, 2], undefined, 100) })
  writeFileSync(join(at, 'model.safetensors.index.json'), index)
  return at
}
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']

test('shards are one model', async () => {
  const at = writeShards('shards', indexOf({ [first]: ['a', 'b'], [second]: ['c'] }))
  const { tensors, files } = await readSafetensors(at)
  expect([...tensors.keys()]).toEqual(['a', 'b', 'c'])
  expect(tensors.get('c')!.source).toMatchObject({ path: join(at, second), shape: [2, 2] })
  expect(files).toEqual(['model.safetensors.index.json', first, second].map((name) => join(at, name)))
})

test.each([
  [
    'a tensor that is not there',
    indexOf({ [first]: ['a', 'b', 'gone'], [second]: ['c'] }),
    /gone lies in .*, but no shard holds it/,
  ],
  [
    'a tensor that is elsewhere',
    indexOf({ [first]: ['a', 'b', 'c'], [second]: ['c2'] }),
    /c lies in model-00001.*but it is in model-00002/,
  ],
  [
    'a missing shard',
    indexOf({ [first]: ['a', 'b'], 'model-00003.safetensors': ['c'] }),
    /model-00003.safetensors is missing/,
  ],
  [
    'a path upwards',
    indexOf({ '../model.safetensors': ['a'] }),
    /"..\/model.safetensors", which is no name of a safetensors file/,
  ],
  [
    'an absolute path',
    indexOf({ '/etc/passwd.safetensors': ['a'] }),
    /no name of a safetensors file in this folder/,
  ],
  [
    'a Windows path',
    indexOf({ 'C:\\model.safetensors': ['a'] }),
    /no name of a safetensors file in this folder/,
  ],
  [
    'another kind of file',
    indexOf({ 'pytorch_model.bin': ['a'] }),
    /no name of a safetensors file in this folder/,
  ],
  ['a shard that is a number', '{"weight_map":{"a":1}}', /a lies in 1, which is no name/],
  ['no map', '{"metadata":{}}', /has no weight_map/],
  ['an empty map', '{"weight_map":{}}', /weight_map is empty/],
  ['a name twice', `{"weight_map":{"a":"${first}","a":"${second}"}}`, /the key "a" stands twice/],
  ['no JSON', '{"weight_map"', /not JSON/],
  ['null', 'null', /has no weight_map/],
])('an index with %s is refused', async (_, index, message) => {
  const at = writeShards(`bad-${Math.random()}`, index)
  await expect(readSafetensors(at)).rejects.toThrow(message)
  await expect(readSafetensors(at)).rejects.toBeInstanceOf(UserError)
})

test('a tensor in two shards is refused', async () => {
  const at = writeShards('twice', indexOf({ [first]: ['a', 'b'], [second]: ['c'] }))
  writeSafetensors(join(at, second), { b: f32([3]), c: f32([2, 2]) })
  await expect(readSafetensors(at)).rejects.toThrow(/the tensor b stands in model-00001.* and in model-00002/)
})

test('8-bit floats with a scale are left out with it, those without are read', async () => {
  const path = join(folder, 'fp8.safetensors')
  writeSafetensors(path, {
    'q.weight': zeros('F8_E4M3', [4, 4], 16),
    'q.weight_scale': f32([1]),
    'q.input_scale': f32([1]),
    'k.weight': zeros('F8_E4M3', [4, 4], 16),
    'k.weight_scale_inv': f32([1, 1]),
    'v.weight': zeros('F8_E5M2', [4, 4], 16),
    'o.weight': bf16([4, 4]),
  })
  const { tensors, leftOut } = await readSafetensors(path)
  expect([...tensors.keys()]).toEqual(['v.weight', 'o.weight'])
  expect(leftOut).toEqual([
    {
      name: 'q.weight',
      reason: 'F8_E4M3 with q.weight_scale is not read yet: compare a copy saved in bf16',
    },
    { name: 'q.weight_scale', reason: 'belongs to q.weight' },
    { name: 'q.input_scale', reason: 'belongs to q.weight' },
    {
      name: 'k.weight',
      reason: 'F8_E4M3 with k.weight_scale_inv is not read yet: compare a copy saved in bf16',
    },
    { name: 'k.weight_scale_inv', reason: 'belongs to k.weight' },
  ])
})

test('names that JavaScript has its own meaning for are names', async () => {
  const path = join(folder, 'names.safetensors')
  const entry = (at: number): string => `{"dtype":"U8","shape":[1],"data_offsets":[${at},${at + 1}]}`
  writeFileSync(
    path,
    withHeader(
      `{"__proto__":${entry(0)},"constructor":${entry(1)},"":${entry(2)},"\\u0061":${entry(3)}}`,
      new Uint8Array(4),
    ),
  )
  const { tensors } = await readSafetensorsHeader(path)
  expect([...tensors.keys()]).toEqual(['__proto__', 'constructor', '', 'a'])
})

test('a folder without weights, a path that is nowhere', async () => {
  mkdirSync(join(folder, 'none'))
  await expect(readSafetensors(join(folder, 'none'))).rejects.toThrow(/holds no safetensors file/)
  await expect(readSafetensors(join(folder, 'nowhere'))).rejects.toThrow(/does not exist/)
})
