// Tokenizers of GGUF as tokenizer.json: read back, it is the tokenizer that it was.
import { expect, test } from 'vitest'
import type { GgufTokenizer, TokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { definitionOfGguf } from '../../src/model/tokenizer/gguf.ts'
import { definitionOfJson } from '../../src/model/tokenizer/json.ts'
import { tokenizerJsonFiles } from '../../src/model/tokenizer/toJson.ts'
import { openTokenizer } from '../../src/model/tokenizer/tokenizer.ts'

const [NORMAL, CONTROL, USER_DEFINED] = [1, 3, 4]
const pieces: readonly (readonly [string, number])[] = [
  ['<s>', CONTROL],
  ['</s>', CONTROL],
  ...['Ġ', 'a', 'b', '1', '2', 'ab', 'Ġab'].map((piece) => [piece, NORMAL] as const),
  ['<tool>', USER_DEFINED],
]

const filesOf = (values: GgufTokenizer['values'], model = 'gpt2'): TokenizerFiles => ({
  path: 'x.gguf',
  source: {
    kind: 'gguf',
    values: { model, bos_token_id: 0, eos_token_id: 1, ...values },
    tokens: pieces.map(([piece]) => piece),
    types: pieces.map(([, type]) => type),
    scores: pieces.map(() => 0),
    merges: model === 'gpt2' ? ['a b', 'Ġ ab'] : [],
  },
  specialTokens: [
    ['bos_token', '<s>'],
    ['eos_token', '</s>'],
  ],
  ends: [1],
  chatTemplate: { name: 'default', text: '{{ messages }}', from: 'tokenizer.chat_template' },
})

test.each(['smollm', 'llama-bpe', 'qwen2', 'gpt-2', 'tekken', undefined])('split as %s', (pre) => {
  const files = filesOf(pre === undefined ? {} : { pre })
  const { source } = files
  const written = tokenizerJsonFiles(files)!
  const text = written.get('tokenizer.json')!
  const definition = definitionOfGguf('x.gguf', source as GgufTokenizer)
  const { preTokenizer: _, ...read } = definitionOfJson('x.gguf', text)
  const { preTokenizer: __, ...given } = definition
  expect(read).toEqual(given)
  const ours = openTokenizer({ ...files, source: { kind: 'json', text } })
  const before = openTokenizer(files)
  for (const sample of ['ab ab12 a b', '<tool>ab</s> 1ab', ' ab  ab', 'a\nb'])
    expect([...ours.encode(sample, { special: true })]).toEqual([...before.encode(sample, { special: true })])
  expect(ours.identity).toBe(before.identity)
})

test('special tokens and chat template go along; a SentencePiece tokenizer has no such form', () => {
  const config = JSON.parse(tokenizerJsonFiles(filesOf({ pre: 'smollm' }))!.get('tokenizer_config.json')!)
  expect(config).toMatchObject({ bos_token: '<s>', eos_token: '</s>', chat_template: '{{ messages }}' })
  expect(tokenizerJsonFiles(filesOf({}, 'llama'))).toBeUndefined()
})
