// What a user may write where a MODEL is wanted.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parseModel } from '../../src/model/modelPath.ts'
import { UserError } from '../../src/util/errors.ts'

const folder = mkdtempSync(join(tmpdir(), 'tunediff-spec-'))
afterAll(() => rmSync(folder, { recursive: true }))

function adapter(name: string): string {
  mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, name, 'adapter_config.json'), '{}')
  return join(folder, name)
}
const lora = adapter('lora')
const oddLora = adapter('c++/lora+v2')
const variant = join(folder, 'variant')
adapter('variant/adapter')
writeFileSync(join(variant, 'variant.json'), '{}')
const base = join(folder, 'base+chat')
mkdirSync(base)

const path = (text: string): object => ({ kind: 'path', path: text })
const hub = (repo: string, rest: object = {}): object => ({ kind: 'hub', repo, ...rest })

test.each<[string, object, object[], string?]>([
  ['model', path('model'), []],
  ['./some folder/model.gguf', path('./some folder/model.gguf'), []],
  ['C:\\models\\m.gguf', path('C:\\models\\m.gguf'), []],
  ['owner/name', path('owner/name'), []],
  ['hf:owner/name', hub('owner/name'), []],
  ['hf:owner/na.me-1_b@main', hub('owner/na.me-1_b', { revision: 'main' }), []],
  ['hf:owner/name@refs/pr/3', hub('owner/name', { revision: 'refs/pr/3' }), []],
  ['hf:owner/name/m.Q4_K_M.gguf', hub('owner/name', { file: 'm.Q4_K_M.gguf' }), []],
  ['hf:owner/name@v1/sub/m.gguf', hub('owner/name', { revision: 'v1', file: 'sub/m.gguf' }), []],
  ['hf:owner/name@refs/pr/3/m.gguf', hub('owner/name', { revision: 'refs/pr/3', file: 'm.gguf' }), []],
  [`model+${lora}`, path('model'), [path(lora)]],
  [`hf:owner/name@v1+${lora}`, hub('owner/name', { revision: 'v1' }), [path(lora)]],
  [`model+${lora}+${variant}`, path('model'), [path(lora), path(variant)]],
  [`model+${oddLora}`, path('model'), [path(oddLora)]],
  [`${base}+${lora}`, path(base), [path(lora)]],
  [base, path(base), []],
  [oddLora, path(oddLora), []],
  ['hf:owner/name+hf:me/lora@v2', hub('owner/name'), [hub('me/lora', { revision: 'v2' })]],
  ['nf4:model', path('model'), [], 'NF4'],
  ['nf4dq:hf:owner/name', hub('owner/name'), [], 'NF4_DQ'],
  [`nf4:model+${lora}`, path('model'), [path(lora)], 'NF4'],
  [
    'http://localhost:8000/v1#my%20model',
    { kind: 'endpoint', url: 'http://localhost:8000/v1', model: 'my model' },
    [],
  ],
  ['https://host/v1/#a+b', { kind: 'endpoint', url: 'https://host/v1', model: 'a+b' }, []],
  ['run:out/base+x', { kind: 'run', folder: 'out/base+x' }, []],
])('%s', (spec, source, adapters, quantised) => {
  expect(parseModel(spec)).toEqual({ spec, source, adapters, ...(quantised ? { quantised } : {}) })
})

test.each([
  ['', /a path is empty/],
  ['hf:', /hf: is not hf:owner\/name/],
  ['hf:gpt2', /hf:gpt2 is not hf:owner\/name/],
  ['hf:owner/name/model.safetensors', /model.safetensors is not the path of a .gguf file/],
  ['hf:owner/name/../x.gguf', /not the path of a .gguf file/],
  ['hf:../name', /not hf:owner\/name/],
  ['hf:owner/..', /not hf:owner\/name/],
  ['hf:owner/name@', /not hf:owner\/name/],
  ['hf:owner/na me', /not hf:owner\/name/],
  ['model+nothing-here', /nothing-here behind \+ is not an adapter folder/],
  ['model+', /nothing behind \+ is not an adapter folder/],
  [`+${lora}`, /no base stands before \+/],
  ['nf4:', /a path is empty/],
  ['nf4:nf4dq:model', /it is quantised twice/],
  ['nf4:http://host/v1#m', /http:\/\/host\/v1#m has none here/],
  ['nf4:run:out', /run:out has none here/],
  ['run:', /no folder stands behind run:/],
  ['http://host/v1', /no #name behind/],
  ['http://host/v1#', /no #name behind/],
  ['http://#m', /is not a URL/],
  ['http://host/v1#%zz', /not the name of a model/],
])('%s is refused', (spec, message) => {
  expect(() => parseModel(spec)).toThrow(message)
  expect(() => parseModel(spec)).toThrow(UserError)
})

test('a key in a URL is refused and not repeated', () => {
  const attempt = (): unknown => parseModel('https://me:secret-key@host/v1#m')
  expect(attempt).toThrow(/a key stands in the URL/)
  expect(attempt).not.toThrow(/secret-key/)
})
