// What a model is looked up by: contents, wherever they lie; hashed once.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { contentHash, identityOf, layoutOf } from '../../src/model/identity.ts'
import { openModel } from '../../src/model/open.ts'
import { sha256 } from '../../src/util/hash.ts'
import { bf16, f32, writeSafetensors } from './writeSafetensors.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-identity-'))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

let made = 0
let cache = ''
beforeEach(() => {
  cache = join(root, `cache-${made++}`)
  vi.stubEnv('TUNEDIFF_CACHE', cache)
})

function modelFolder(values = [1, 2, 3, 4]): string {
  const folder = join(root, `model-${made++}`)
  writeSafetensors(join(folder, 'model.safetensors'), { 'a.weight': f32([2, 2], values) })
  writeFileSync(join(folder, 'config.json'), '{"model_type":"llama"}')
  writeFileSync(join(folder, 'tokenizer.json'), '{}')
  writeFileSync(join(folder, 'README.md'), '# model')
  return folder
}
const identity = async (path: string): Promise<string> => identityOf(await openModel(path))
const layout = async (path: string): Promise<string> => layoutOf(await openModel(path))

test('a copy has the identity of the original; its card and licence do not matter', async () => {
  const folder = modelFolder()
  const before = await identity(folder)
  expect(before).toMatch(/^[0-9a-f]{64}$/)
  const copy = join(root, `copy-${made++}`)
  cpSync(folder, copy, { recursive: true })
  writeFileSync(join(copy, 'README.md'), '# another card')
  expect(await identity(copy)).toBe(before)
  renameSync(join(copy, 'model.safetensors'), join(copy, 'weights.safetensors'))
  expect(await identity(copy)).toBe(before)
})

test('weights, config and tokenizer each change the identity; only sizes and headers change the layout', async () => {
  const folder = modelFolder()
  const [before, shape] = [await identity(folder), await layout(folder)]
  const other = modelFolder([1, 2, 3, 5])
  expect(await identity(other)).not.toBe(before)
  expect(await layout(other)).toBe(shape)
  for (const [name, content] of [
    ['config.json', '{"model_type":"qwen2"}'],
    ['tokenizer.json', '[]'],
  ] as const) {
    const changed = modelFolder()
    writeFileSync(join(changed, name), content)
    expect(await identity(changed), name).not.toBe(before)
    expect(await layout(changed), name).toBe(shape)
  }
  const narrow = modelFolder()
  writeSafetensors(join(narrow, 'model.safetensors'), { 'a.weight': bf16([2, 2], [1, 2, 3, 4]) })
  expect(await layout(narrow)).not.toBe(shape)
})

test('config and tokenizer that swap contents are another model', async () => {
  const folder = modelFolder()
  const swapped = modelFolder()
  writeFileSync(join(swapped, 'config.json'), '{}')
  writeFileSync(join(swapped, 'tokenizer.json'), '{"model_type":"llama"}')
  expect(await identity(swapped)).not.toBe(await identity(folder))
})

test('quantised on load is another model than its base', async () => {
  const folder = modelFolder()
  expect(await identity(`nf4:${folder}`)).not.toBe(await identity(folder))
  expect(await identity(`nf4dq:${folder}`)).not.toBe(await identity(`nf4:${folder}`))
  expect(await layout(`nf4:${folder}`)).not.toBe(await layout(folder))
})

async function settledFile(content: string): Promise<string> {
  const path = join(root, `file-${made++}`)
  writeFileSync(path, content)
  // A file that was changed just now is hashed and not kept.
  await setTimeout(80)
  return path
}
const kept = (): string[] =>
  readdirSync(join(cache, 'identities')).map((name) => join(cache, 'identities', name))

test('a file is read once; a link to it is the same file', async () => {
  const path = await settledFile('content')
  expect(await contentHash(path)).toBe(sha256('content'))
  const [row] = kept()
  const marked = readFileSync(row!, 'utf8').replace(sha256('content'), 'f'.repeat(64))
  writeFileSync(row!, marked)
  expect(await contentHash(path)).toBe('f'.repeat(64))
  const link = join(root, `link-${made++}`)
  symlinkSync(path, link)
  expect(await contentHash(link)).toBe('f'.repeat(64))
})

test('a file is hashed again when it was changed, even with its old size and time', async () => {
  const path = await settledFile('one')
  await contentHash(path)
  const then = new Date(Date.now() - 3_600_000)
  writeFileSync(path, 'two')
  utimesSync(path, then, then)
  expect(await contentHash(path)).toBe(sha256('two'))
  const replaced = await settledFile('six')
  renameSync(replaced, path)
  expect(await contentHash(path)).toBe(sha256('six'))
})

test('a damaged cache is made again; one that cannot be written does not matter', async () => {
  const path = await settledFile('content')
  await contentHash(path)
  for (const damage of ['', '{"path":', '{"path":1}', '\0\0\0']) {
    writeFileSync(kept()[0]!, damage)
    expect(await contentHash(path)).toBe(sha256('content'))
  }
  mkdirSync(join(root, 'blocked'))
  writeFileSync(join(root, 'blocked', 'identities'), 'a file where a folder is wanted')
  vi.stubEnv('TUNEDIFF_CACHE', join(root, 'blocked'))
  expect(await contentHash(path)).toBe(sha256('content'))
})

test('many at once: each gets the hash, and what is kept is whole', async () => {
  const path = await settledFile('x'.repeat(1_000_000))
  const hashes = await Promise.all(Array.from({ length: 20 }, () => contentHash(path)))
  expect(new Set(hashes)).toEqual(new Set([sha256('x'.repeat(1_000_000))]))
  expect(kept()).toHaveLength(1)
  expect(JSON.parse(readFileSync(kept()[0]!, 'utf8'))).toMatchObject({ hash: hashes[0] })
})

test('progress grows to the sum of sizes', async () => {
  const folder = modelFolder()
  const model = await openModel(folder)
  const seen: [number, number][] = []
  await identityOf(model, { onProgress: (...progress) => seen.push(progress) })
  const total = model.files.filter(({ role }) => role !== 'other').reduce((sum, { bytes }) => sum + bytes, 0)
  expect(seen.at(-1)).toEqual([total, total])
  expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b))
})
