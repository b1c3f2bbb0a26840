// Tokenizers of others that are damaged, hostile or of a kind that is not read: each is a UserError that names the file
// and what is wrong with it; none is read as something else.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../src/model/open.ts'
import { type GgufTokenizer, tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { UserError } from '../../src/util/errors.ts'

const PATH = 'some/tokenizer.json'
const open = (source: { kind: 'json'; text: string } | GgufTokenizer): Tokenizer =>
  openTokenizer({ path: PATH, source, specialTokens: [], ends: [], chatTemplate: null })

type Json = Record<string, unknown>
const model = { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] }
const file = (more: Json = {}): Json => ({
  added_tokens: [{ id: 3, content: '<s>', special: true }],
  model,
  ...more,
})

function expectRefused(open: () => unknown, message: RegExp): void {
  let error: unknown
  try {
    open()
  } catch (caught) {
    error = caught
  }
  expect(error).toBeInstanceOf(UserError)
  const { message: found, hint } = error as UserError
  expect(found).toMatch(message)
  expect(found).toContain(PATH)
  expect(found.length).toBeLessThan(400)
  expect(hint).toBeTruthy()
}

test('the small file that the others are made from is read', () => {
  const tokenizer = open({ kind: 'json', text: JSON.stringify(file()) })
  expect([...tokenizer.encode('aab<s>', { special: true })]).toEqual([0, 2, 3])
})

const inModel = (more: Json): Json => file({ model: { ...model, ...more } })

describe('tokenizer.json', () => {
  test.each<[string, unknown, RegExp]>([
    ['a list', [], /no model/],
    ['no model', { added_tokens: [] }, /no model/],
    ['WordPiece', inModel({ type: 'WordPiece' }), /model of type WordPiece/],
    ['an empty vocabulary', inModel({ vocab: {} }), /vocab is empty/],
    ['a text for an id', inModel({ vocab: { a: '0' } }), /\["a","0"\]/],
    ['a negative id', inModel({ vocab: { a: -1 } }), /no piece/],
    ['an id of a billion', inModel({ vocab: { a: 1e9 } }), /no piece/],
    ['half an id', inModel({ vocab: { a: 0.5 } }), /no piece/],
    ['no merges', inModel({ merges: 3 }), /merges is no list/],
    ['a merge of three', inModel({ merges: ['a b a'] }), /merge "a b a"/],
    ['a merge of numbers', inModel({ merges: [[0, 1]] }), /merge \[0,1\]/],
    ['a merge that gives no piece', inModel({ merges: [['b', 'a']] }), /merge \["b","a"\]/],
    ['dropout', inModel({ dropout: 0.1 }), /model\.dropout/],
    ['a suffix of words', inModel({ end_of_word_suffix: '</w>' }), /model\.end_of_word_suffix/],
    ['an unknown token that it lacks', inModel({ unk_token: '<unk>' }), /unk_token.*<unk>/],
    ['a Unigram of numbers', inModel({ type: 'Unigram', vocab: [1, 2] }), /no piece/],
    ['a Unigram without scores', inModel({ type: 'Unigram', vocab: [['a', null]] }), /no piece/],
    ['an unknown id beyond', inModel({ type: 'Unigram', vocab: [['a', -1]], unk_id: 7 }), /unk_id.*7/],
    ['an added token without id', file({ added_tokens: [{ content: '<s>' }] }), /added_tokens\.0\.id/],
    ['added tokens as a text', file({ added_tokens: 'x' }), /added_tokens/],
    ['Precompiled', file({ normalizer: { type: 'Precompiled' } }), /normalizer of type Precompiled/],
    [
      'Bert inside a sequence',
      file({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'BertNormalizer' }] } }),
      /normalizer of type BertNormalizer/,
    ],
    ['a normalizer as a number', file({ normalizer: 5 }), /normalizer/],
    ['Whitespace', file({ pre_tokenizer: { type: 'Whitespace' } }), /pre_tokenizer of type Whitespace/],
    [
      'a pattern that is none',
      file({
        pre_tokenizer: { type: 'Split', pattern: { Regex: '(((' }, behavior: 'Isolated', invert: false },
      }),
      /pattern "\(\(\("/,
    ],
    [
      'a pattern without end',
      file({ normalizer: { type: 'Replace', pattern: { Regex: 'a'.repeat(100_000) }, content: '' } }),
      /longer than 8192/,
    ],
    [
      'another post-processor',
      file({ post_processor: { type: 'BertProcessing' } }),
      /post_processor of type Bert/,
    ],
    [
      'a template that names no token',
      file({
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          special_tokens: {},
        },
      }),
      /names a token/,
    ],
    [
      'a template without the text',
      file({ post_processor: { type: 'TemplateProcessing', single: [], special_tokens: {} } }),
      /no place for the text/,
    ],
  ])('%s', (_, content, message) => {
    expectRefused(() => open({ kind: 'json', text: JSON.stringify(content) }), message)
  })

  test('nesting without end, a key that stands twice, no JSON', () => {
    const deep = `{"model":${'{"a":'.repeat(100_000)}`
    expectRefused(() => open({ kind: 'json', text: deep }), /nested deeper/)
    expectRefused(() => open({ kind: 'json', text: '{"model":{},"model":{}}' }), /stands twice/)
    expectRefused(() => open({ kind: 'json', text: 'model' }), /not JSON/)
  })

  test('names of JavaScript are pieces as others', () => {
    const vocab = '{"a":0,"__proto__":1,"constructor":2,"toString":3}'
    const text = `{"model":{"type":"BPE","vocab":${vocab},"merges":[]},"added_tokens":[{"id":1,"content":"__proto__"}]}`
    const tokenizer = open({ kind: 'json', text })
    expect([...tokenizer.encode('a__proto__a', { special: false })]).toEqual([0, 1, 0])
  })

  test('a file of more than 256 MB is not read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tunediff-tokenizer-'))
    const fixture = fileURLToPath(new URL('../fixtures/settings/base', import.meta.url))
    const large = join(folder, 'tokenizer.json')
    writeFileSync(large, '')
    truncateSync(large, 257 * 1024 * 1024)
    const base = await openModel(fixture)
    const files = base.files.map((each) => (each.name === 'tokenizer.json' ? { ...each, path: large } : each))
    await expect(tokenizerFiles({ ...base, files })).rejects.toThrow(`${large} has 269484032 bytes`)
    rmSync(folder, { recursive: true })
  })
})

describe('GGUF', () => {
  const gguf = (values: Json, more: Partial<GgufTokenizer> = {}): GgufTokenizer => ({
    kind: 'gguf',
    values,
    tokens: ['<unk>', 'a', 'b', 'ab'],
    types: [2, 1, 1, 1],
    scores: [0, -1, -2, -3],
    merges: ['a b'],
    ...more,
  })

  test.each<[string, GgufTokenizer, RegExp]>([
    ['no tokens', gguf({ model: 'gpt2' }, { tokens: [] }), /no tokens/],
    ['another kind', gguf({ model: 't5' }), /kind t5/],
    ['no kind', gguf({}), /does not name/],
    ['an unknown way to split', gguf({ model: 'gpt2', pre: 'constructor' }), /constructor/],
    ['a merge of nothing', gguf({ model: 'gpt2', pre: 'qwen2' }, { merges: ['a c'] }), /merge "a c"/],
    ['too few scores', gguf({ model: 'llama' }, { scores: [1] }), /4 tokens and 1 scores/],
    ['a score that is none', gguf({ model: 'llama' }, { scores: [0, Number.NaN, 0, 0] }), /score/],
    ['a BOS beyond', gguf({ model: 'llama', bos_token_id: 9 }), /bos_token_id is 9/],
  ])('%s', (_, source, message) => expectRefused(() => open(source), message))

  test('is read where it is whole', () => {
    const values = { model: 'llama', add_space_prefix: false, bos_token_id: 0, unknown_token_id: 0 }
    expect([...open(gguf(values)).encode('aabc', { special: true })]).toEqual([0, 1, 3, 0])
    const plain = gguf({ model: 'gpt2', pre: 'smollm' })
    expect([...open(plain).encode('aab', { special: true })]).toEqual([1, 3])
  })
})
