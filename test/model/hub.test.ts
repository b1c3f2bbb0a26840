// hf: paths against a stand-in hub on this machine: only what a model needs, verified, never half a file.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fetchFromHub } from '../../src/model/hub.ts'
import { UserError } from '../../src/util/errors.ts'
import { tunediff } from '../support/cli.ts'
import { COMMIT, type HubServer, type Repo, startHub } from './hubServer.ts'
import { f32, indexOf, withHeader } from './writeSafetensors.ts'

const root = mkdtempSync(join(tmpdir(), 'tunediff-hub-'))
afterAll(() => rmSync(root, { recursive: true }))
let caches = 0
const newCache = (): string => join(root, `cache-${caches++}`)

const weights = (seed: number): Buffer =>
  withHeader(
    '{"w":{"dtype":"F32","shape":[25000],"data_offsets":[0,100000]}}',
    f32([25_000], undefined, seed).bytes,
  )
const text = (content: string): Buffer => Buffer.from(content)
const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']

const sharded: Repo = {
  files: {
    'config.json': text('{"model_type":"llama"}'),
    'tokenizer.json': text('{}'),
    'README.md': text('# A model'),
    LICENSE: text('Apache-2.0'),
    'model.safetensors.index.json': text(indexOf({ [first]: ['a'], [second]: ['b'] })),
    [first]: weights(0),
    [second]: weights(7),
    'pytorch_model.bin': weights(1),
    'original/consolidated.safetensors': weights(2),
    'training_args.bin': text('pickle'),
    'empty.txt': text(''),
  },
  large: [first, second, 'pytorch_model.bin', 'original/consolidated.safetensors'],
}
const needed = [
  'LICENSE',
  'README.md',
  'config.json',
  'model.safetensors.index.json',
  'tokenizer.json',
  first,
  second,
]

interface Get {
  cache?: string
  file?: string
  revision?: string
  token?: string
  onProgress?: (what: string, done: number, total: number) => void
}

function get(
  server: HubServer | string,
  { cache = newCache(), token, onProgress, ...source }: Get = {},
): Promise<string> {
  const env = {
    HF_ENDPOINT: typeof server === 'string' ? server : `${server.url}/`,
    TUNEDIFF_CACHE: cache,
    ...(token ? { HF_TOKEN: token } : {}),
  }
  return fetchFromHub(
    { kind: 'hub', repo: 'me/model', ...source },
    { env, retryMs: 1, ...(onProgress ? { onProgress } : {}) },
  )
}
const refused = async (attempt: Promise<string>): Promise<UserError> => {
  const error = await attempt.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(UserError)
  return error as UserError
}
const filesIn = (folder: string): string[] =>
  existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]).sort() : []

test('a sharded model: the files that it needs, through redirects, with progress; the token goes to the hub alone', async () => {
  await using server = await startHub('me/model', sharded)
  const seen: [string, number, number][] = []
  const folder = await get(server, { token: 'any-token', onProgress: (...progress) => seen.push(progress) })
  expect(folder).toMatch(new RegExp(`/hub/me/model/${COMMIT}/model$`))
  expect(filesIn(folder)).toEqual(needed.toSorted())
  for (const name of needed) expect(readFileSync(join(folder, name)), name).toEqual(sharded.files[name])
  expect([...server.tokens]).toEqual(['Bearer any-token'])
  expect(server.leakedTokens).toEqual([])
  const [what, done, total] = seen.at(-1)!
  expect(what).toBe('downloading hf:me/model')
  expect(done).toBe(total)
  expect(total).toBeGreaterThan(200_000)
})

test('what is there is not downloaded again; a whole commit needs no network', async () => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  const folder = await get(server, { cache })
  server.requests.length = 0
  expect(await get(server, { cache, revision: 'main' })).toBe(folder)
  expect(server.requests).toEqual(['GET /api/models/me/model/revision/main'])
  expect(await get('http://127.0.0.1:9', { cache, revision: COMMIT })).toBe(folder)
})

test.each([true, false])(
  'cut connections: the file is whole in the end (server ignores ranges: %s)',
  async (ignoresRange) => {
    await using server = await startHub('me/model', sharded)
    server.fault = { cuts: 3, ignoresRange }
    const folder = await get(server)
    for (const name of needed) expect(readFileSync(join(folder, name)), name).toEqual(sharded.files[name])
    const storage = server.requests.filter((request) => request.startsWith('storage'))
    expect(storage).toHaveLength(2 + 3)
    expect(storage.filter((request) => / bytes=[1-9]/.test(request))).not.toEqual([])
  },
)

test('a connection that is always cut: no half file, what was whole is kept, the next time only the rest is asked for', async () => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  server.fault = { cuts: 1000, ignoresRange: true }
  const error = await refused(get(server, { cache }))
  expect(error.message).toMatch(/model-0000\d-of-00002.safetensors cannot be downloaded: /)
  expect(error.isWorthRetry).toBe(true)
  expect(error.hint).toMatch(/start again/)
  const folder = join(cache, 'hub', 'me', 'model', COMMIT, 'model')
  const left = filesIn(folder)
  expect(left.filter((name) => name.endsWith('.safetensors') || name.startsWith('.tmp'))).toEqual([])
  expect(left).toContain('config.json')

  server.fault = {}
  server.requests.length = 0
  await get(server, { cache })
  expect(server.requests.filter((request) => request.includes('config.json'))).toEqual([])
  expect(filesIn(folder)).toEqual(needed.toSorted())
})

test('two at once do not spoil each other', async () => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  server.fault = { cuts: 2 }
  const [one, two] = await Promise.all([get(server, { cache }), get(server, { cache })])
  expect(one).toBe(two)
  expect(filesIn(one)).toEqual(needed.toSorted())
  for (const name of needed) expect(readFileSync(join(one, name)), name).toEqual(sharded.files[name])
})

test('what a killed process left is removed, and never taken for the file', async () => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  const folder = join(cache, 'hub', 'me', 'model', COMMIT, 'model')
  mkdirSync(folder, { recursive: true })
  // No process has this id: it is beyond the largest that systems give.
  writeFileSync(join(folder, `.tmp-999999999-aabbccdd-${first}`), weights(0).subarray(0, 50_000))
  writeFileSync(join(folder, second), weights(7).subarray(0, 50_000))
  await get(server, { cache })
  expect(filesIn(folder)).toEqual(needed.toSorted())
  expect(readFileSync(join(folder, second))).toEqual(sharded.files[second])
})

test.each<[string, string, Buffer, RegExp]>([
  [
    'other weights of the same size',
    first,
    weights(3),
    /came with sha256 [0-9a-f]{12} instead of [0-9a-f]{12}/,
  ],
  ['another config of the same size', 'config.json', text('{"model_type":"lamma"}'), /came with git-sha1/],
  [
    'more than the file has',
    first,
    Buffer.concat([weights(0), text('x')]),
    /sends more than the 100\d\d\d bytes/,
  ],
  [
    'less than the file has',
    first,
    weights(0).subarray(0, 1000),
    /ended after 1000 of 100\d\d\d bytes|answered 416|answered another part/,
  ],
])('%s is refused and leaves no file', async (_, name, content, message) => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  server.fault = { instead: { [name]: content }, ignoresRange: true }
  expect((await refused(get(server, { cache }))).message).toMatch(message)
  const left = filesIn(join(cache, 'hub', 'me', 'model', COMMIT, 'model'))
  expect(left.filter((file) => file === name || file.includes('.tmp'))).toEqual([])
})

const gguf: Repo = {
  files: {
    'm.Q4_0.gguf': text('GGUF one'),
    'm.Q8_0.gguf': text('GGUF two'),
    'sub/m.gguf': text('GGUF 3'),
    'README.md': text('x'),
  },
  large: ['m.Q4_0.gguf', 'sub/m.gguf'],
}

test('a GGUF file is named; without a name the choice is listed', async () => {
  await using server = await startHub('me/model', gguf)
  const path = await get(server, { file: 'm.Q4_0.gguf' })
  expect(readFileSync(path, 'utf8')).toBe('GGUF one')
  expect(filesIn(join(path, '..'))).toEqual(['README.md', 'm.Q4_0.gguf'])
  expect(readFileSync(await get(server, { file: 'sub/m.gguf' }), 'utf8')).toBe('GGUF 3')
  const unnamed = await refused(get(server))
  expect(unnamed.hint).toBe('name one: hf:me/model/m.Q4_0.gguf; it has m.Q4_0.gguf, m.Q8_0.gguf, sub/m.gguf')
  const wrong = await refused(get(server, { file: 'm.Q5_0.gguf' }))
  expect(wrong.message).toBe('hf:me/model has no file m.Q5_0.gguf')
})

test('an adapter comes without the weights of its base', async () => {
  const files = {
    'adapter_config.json': text('{}'),
    'adapter_model.safetensors': weights(1),
    'model.safetensors': weights(2),
  }
  await using server = await startHub('me/model', { files, large: [] })
  expect(filesIn(await get(server))).toEqual(['adapter_config.json', 'adapter_model.safetensors'])
})

test('pickled weights are named and not downloaded', async () => {
  await using server = await startHub('me/model', {
    files: { 'config.json': text('{}'), 'pytorch_model.bin': weights(1) },
    large: [],
  })
  expect((await refused(get(server))).message).toMatch(/hf:me\/model: pickled PyTorch weights/)
  expect(server.requests.filter((request) => request.includes('resolve'))).toEqual([])
})

test('names in a list that lead out of the folder are not written', async () => {
  const cache = newCache()
  await using server = await startHub('me/model', sharded)
  const entry = { type: 'file', size: 1, oid: 'a'.repeat(40) }
  const paths = ['../config.json', '/tokenizer.json', '..\\vocab.json', 'C:vocab.json', '.', '..', '']
  server.fault = { extraEntries: paths.map((path) => ({ ...entry, path })) }
  expect(filesIn(await get(server, { cache }))).toEqual(needed.toSorted())
  expect(readdirSync(cache)).toEqual(['hub'])
})

test.each<[number, RegExp, RegExp]>([
  [401, /not there for you: .* answered 401/, /HF_TOKEN/],
  [403, /not there for you: .* answered 403/, /HF_TOKEN/],
  [404, /hf:me\/model is not on /, /check the name/],
  [503, /answered 503 for hf:me\/model/, /try again later/],
])('answer %i', async (status, message, hint) => {
  await using server = await startHub('me/model', sharded)
  server.fault = { status }
  const error = await refused(get(server))
  expect(error.message).toMatch(message)
  expect(error.hint).toMatch(hint)
})

test('no server, no hub, no URL', async () => {
  expect((await refused(get('http://127.0.0.1:9'))).message).toMatch(/cannot be asked for hf:me\/model: /)
  expect((await refused(get('not a url'))).message).toMatch(/HF_ENDPOINT is not a url, not a URL/)
  await using server = await startHub('me/model', sharded)
  server.fault = { extraEntries: [{ type: 'file', path: 'x', size: -1, oid: 'zz' }] }
  expect((await refused(get(server))).message).toMatch(/does not answer like a model hub/)
})

test('a hub that is gone is worth a retry, a name that is wrong is not', async () => {
  const run = (url: string) =>
    tunediff(['inspect', 'hf:me/model'], { cache: newCache(), env: { HF_ENDPOINT: url } })
  const gone = await run('http://127.0.0.1:9')
  expect(gone.stderr).toContain('cannot be asked for hf:me/model')
  expect(gone.code).toBe(75)
  await using hub = await startHub('me/other', sharded)
  const wrong = await run(hub.url)
  expect(wrong.stderr).toContain('hint: ')
  expect(wrong.code).toBe(2)
})
