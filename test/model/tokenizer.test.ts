// Token ids against the references: Python's tokenizers for tokenizer.json, SentencePiece for scores, both on texts that
// were chosen to be difficult. Goldens: test/goldens/tokenizers/make.py.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONVERSATIONS } from '../../src/measure/settings/conversations.ts'
import { openModel } from '../../src/model/open.ts'
import { type GgufTokenizer, type TokenizerFiles, tokenizerFiles } from '../../src/model/tokenizer/files.ts'
import { openTokenizer, sameTokenizer, type Tokenizer } from '../../src/model/tokenizer/tokenizer.ts'
import { realModel } from '../realModels.ts'
import { isSoak } from '../support/soak.ts'

const goldens = fileURLToPath(new URL('../goldens/tokenizers/', import.meta.url))
// biome-ignore lint/suspicious/noExplicitAny: files are edited at any depth
type Json = any
const json = (name: string): Json => JSON.parse(readFileSync(join(goldens, name), 'utf8'))
const TEXTS: readonly string[] = json('texts.json')
const idsOf = (name: string): readonly number[][] => json(name)

const NAMES = readdirSync(goldens, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'scores')
  .map(({ name }) => name)

function filesOf(source: TokenizerFiles['source'], more: Partial<TokenizerFiles> = {}): TokenizerFiles {
  return { path: 'tokenizer.json', source, specialTokens: [], ends: [], chatTemplate: null, ...more }
}
const openJson = (file: Json): Tokenizer =>
  openTokenizer(filesOf({ kind: 'json', text: JSON.stringify(file) }))
const openGolden = (name: string): Tokenizer => openJson(json(`${name}/tokenizer.json`))

function scores(values: Record<string, unknown> = {}): GgufTokenizer {
  const { tokens, types, scores } = json('scores/gguf.json')
  const ids = { bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 }
  return { kind: 'gguf', values: { model: 'llama', ...ids, ...values }, tokens, types, scores, merges: [] }
}

function expectIds(tokenizer: Tokenizer, wanted: readonly number[][]): void {
  expect(wanted).toHaveLength(TEXTS.length)
  for (const [i, text] of TEXTS.entries()) {
    expect([...tokenizer.encode(text, { special: true })], JSON.stringify(text)).toEqual(wanted[i])
  }
}

describe('ids are those of the reference', () => {
  test('twelve kinds of tokenizer have goldens', () => expect([...NAMES, 'scores']).toHaveLength(12))

  test.each(NAMES)('tokenizer.json: %s', (name) => expectIds(openGolden(name), idsOf(`${name}/ids.json`)))

  test('GGUF: SentencePiece by scores, with a blank put before', () => {
    expectIds(openTokenizer(filesOf(scores())), idsOf('scores/ids.json'))
  })
})

describe('what stands around a text', () => {
  test('before it for scoring, on both sides otherwise, and nowhere without special', () => {
    const mistral = openGolden('mistral')
    const { ids, prefix } = mistral.encodeForScoring('Hello')
    const plain = [...mistral.encode('Hello', { special: false })]
    expect(prefix).toBe(1)
    expect([...ids]).toEqual([1, ...plain])
    expect([...mistral.encode('Hello', { special: true })]).toEqual([1, ...plain, 2])
    expect(openGolden('qwen2').encodeForScoring('Hello').prefix).toBe(0)
  })

  test('GGUF: by its flags, else as llama.cpp does for the kind', () => {
    const around = (values: Record<string, unknown>): number[] => {
      const tokenizer = openTokenizer(filesOf(scores(values)))
      const plain = tokenizer.encode('x', { special: false })
      const all = [...tokenizer.encode('x', { special: true })]
      return all.filter((id) => !plain.includes(id))
    }
    expect(around({})).toEqual([1])
    expect(around({ add_bos_token: false })).toEqual([])
    expect(around({ add_eos_token: true })).toEqual([1, 2])
    expect(openTokenizer(filesOf(byteLevel('llama3', 'llama-bpe'))).encodeForScoring('x').prefix).toBe(1)
    expect(openTokenizer(filesOf(byteLevel('qwen2', 'qwen2'))).encodeForScoring('x').prefix).toBe(0)
  })
})

/** A golden as GGUF holds it. */
function byteLevel(name: string, pre: string): GgufTokenizer {
  const { model, added_tokens: added } = json(`${name}/tokenizer.json`)
  const tokens: string[] = []
  for (const [piece, id] of Object.entries(model.vocab)) tokens[id as number] = piece
  const types = tokens.map(() => 1)
  for (const { id } of added) types[id] = 3
  return {
    kind: 'gguf',
    values: { model: 'gpt2', pre, bos_token_id: 0 },
    tokens,
    types,
    scores: [],
    merges: model.merges.map((pair: string[]) => pair.join(' ')),
  }
}

describe('identity', () => {
  test.each([
    ['llama3', 'llama-bpe'],
    ['qwen2', 'qwen2'],
    ['smollm', 'smollm'],
  ])('tokenizer.json and GGUF of one tokenizer have one identity: %s', (name, pre) => {
    const [file, gguf] = [openGolden(name), openTokenizer(filesOf(byteLevel(name, pre)))]
    expect(gguf.identity).toBe(file.identity)
    expectIds(gguf, idsOf(`${name}/ids.json`))
  })

  test('another pattern, merge order, added token or BOS is another identity', () => {
    const edited = (edit: (file: Json) => void): string => {
      const file = json('llama3/tokenizer.json')
      edit(file)
      return openJson(file).identity
    }
    const identities = [
      edited(() => undefined),
      edited((file) => file.model.merges.reverse()),
      edited((file) => file.added_tokens.pop()),
      edited((file) => (file.post_processor = null)),
      edited((file) => (file.pre_tokenizer.pretokenizers[0].pattern.Regex += '|x')),
      edited((file) => (file.normalizer = { type: 'NFC' })),
    ]
    expect(new Set(identities).size).toBe(identities.length)
    expect(edited((file) => (file.truncation = { max_length: 5 }))).toBe(identities[0])
  })

  test('tokenizers that differ in what stands in files may be the same; others are told apart by a text', () => {
    const file = json('llama3/tokenizer.json')
    file.normalizer = { type: 'Sequence', normalizers: [] }
    const [base, same, other] = [openGolden('llama3'), openJson(file), openGolden('tekken')]
    expect(base.identity).not.toBe(same.identity)
    expect(sameTokenizer(base, same, TEXTS)).toBe(true)
    expect(sameTokenizer(base, other, TEXTS)).toBe(false)
    const unlike = json('llama3/tokenizer.json')
    unlike.normalizer = { type: 'NFC' }
    expect(sameTokenizer(base, openJson(unlike), ['plain'])).toBe(true)
    expect(sameTokenizer(base, openJson(unlike), ['plain', 'e\u0301'])).toBe(false)
  })
})

const joined = (tokenizer: Tokenizer, text: string): string =>
  Buffer.concat(Array.from(tokenizer.encodeForScoring(text).ids, (id) => tokenizer.tokenBytes(id))).toString()

/** No special token, no mark of a blank, no half of a surrogate pair. */
const plainTexts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(...' \n\t\r.,-1', '  ', 'the', 'é', '😀'),
    ),
  )
  .map((parts) => parts.join('').replaceAll(/[<\u2581]/g, ''))

describe('bytes of tokens', () => {
  test.each(['llama3', 'smollm', 'tekken', 'gemma', 'unigram-bytes'])(
    'those of a text are the text: %s',
    (name) => {
      const tokenizer = openGolden(name)
      fc.assert(fc.property(plainTexts, (text) => joined(tokenizer, text) === text))
    },
  )

  test.each([
    ['llama2', (text: string) => (text === '' ? '' : ` ${text}`)],
    ['mistral', (text: string) => (text === '' || text.startsWith(' ') ? text : ` ${text}`)],
    ['gpt2', (text: string) => (text === '' || text.startsWith(' ') ? text : ` ${text}`)],
    ['qwen2', (text: string) => text.normalize('NFC')],
  ])('or what the tokenizer makes of the text: %s', (name, made) => {
    const tokenizer = openGolden(name)
    fc.assert(fc.property(plainTexts, (text) => joined(tokenizer, text) === made(text)))
  })

  test('special tokens stand for no bytes and are written by decode; others that were added stand for themselves', () => {
    const qwen = openGolden('qwen2')
    const ids = qwen.encode('<|im_start|>Hi', { special: false })
    expect(qwen.tokenBytes(ids[0]!)).toHaveLength(0)
    expect(qwen.decode(ids)).toBe('<|im_start|>Hi')
    const marks = openGolden('marks')
    const [dots] = marks.encode('....', { special: false })
    expect(Buffer.from(marks.tokenBytes(dots!)).toString()).toBe('....')
    expect(marks.tokenBytes(99_999)).toHaveLength(0)
  })

  test('a character in several tokens is whole again', () => {
    const gemma = openGolden('gemma')
    const ids = gemma.encode('\u{12345}', { special: false })
    expect(ids).toHaveLength(4)
    expect(gemma.decode(ids)).toBe('\u{12345}')
  })
})

test('a long text without a blank takes seconds, not hours', () => {
  const text = 'abcdefghij'.repeat(isSoak ? 100_000 : 30_000)
  for (const name of ['gemma', 'smollm']) {
    const started = performance.now()
    expect(openGolden(name).decode(openGolden(name).encode(text, { special: false }))).toBe(text)
    expect(performance.now() - started).toBeLessThan(20_000)
  }
})

describe('chat', () => {
  const template = { name: 'default', from: 'chat_template.jinja', text: '' }
  const chatOf = (text: string) =>
    openTokenizer(
      filesOf(
        { kind: 'json', text: readFileSync(join(goldens, 'qwen2/tokenizer.json'), 'utf8') },
        { chatTemplate: { ...template, text }, specialTokens: [['bos_token', '<|im_start|>']] },
      ),
    ).chat
  const messages = [{ role: 'user', content: 'Hi' }]

  test('has messages, special tokens and whether an answer is begun', () => {
    const chat = chatOf(
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}',
    )
    expect(chat(messages, { addGenerationPrompt: true })).toBe('<|im_start|>[user]Hi>')
    expect(chat(messages, { addGenerationPrompt: false })).toBe('<|im_start|>[user]Hi')
  })

  test('a template that is absent or fails is a user error that says so', () => {
    const options = { addGenerationPrompt: true }
    expect(() => openGolden('qwen2').chat(messages, options)).toThrow(/no chat template/)
    expect(() => chatOf("{{ raise_exception('no system') }}")(messages, options)).toThrow(
      /chat_template.jinja.*no system/,
    )
    expect(() => chatOf('{% for %}')(messages, options)).toThrow(/fails/)
  })
})

describe('files of a model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tunediff-tokenizer-'))
  const base = join(folder, 'base')
  beforeAll(() => {
    const fixture = fileURLToPath(new URL('../fixtures/settings/base', import.meta.url))
    cpSync(fixture, base, { recursive: true })
    cpSync(join(goldens, 'llama3/tokenizer.json'), join(base, 'tokenizer.json'))
    const config = { bos_token: '<|begin_of_text|>', eos_token: '<|endoftext|>', add_bos_token: false }
    writeFileSync(join(base, 'tokenizer_config.json'), JSON.stringify(config))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a folder: special tokens by name, plain data, flags of tokenizer_config.json change nothing', async () => {
    const files = structuredClone(await tokenizerFiles(await openModel(base)))
    const tokenizer = openTokenizer(files)
    expect(tokenizer.bos).toBe(0)
    expect(tokenizer.vocabularySize).toBe(901)
    expectIds(tokenizer, idsOf('llama3/ids.json'))
  })

  test('no tokenizer.json, or one that is cut off, names the file', async () => {
    rmSync(join(base, 'tokenizer.json'))
    await expect(tokenizerFiles(await openModel(base))).rejects.toThrow(/base has no tokenizer/)
    writeFileSync(join(base, 'tokenizer.json'), '{"model":')
    const files = await tokenizerFiles(await openModel(base))
    expect(() => openTokenizer(files)).toThrow(/tokenizer\.json: not JSON/)
  })
})

describe('real models', () => {
  const smollm2 = realModel('smollm2')
  const gemma3 = realModel('gemma3')

  test.skipIf(!smollm2)('SmolLM2: ids, ends, conversation', async () => {
    const files = structuredClone(await tokenizerFiles(await openModel(smollm2!)))
    const tokenizer = openTokenizer(files)
    expectIds(tokenizer, idsOf('smollm2.json'))
    expect([tokenizer.bos, tokenizer.eos, tokenizer.vocabularySize]).toEqual([1, [2], 49_152])
    const { messages } = CONVERSATIONS.find(({ name }) => name === 'system message')!
    expect(tokenizer.chat(messages, { addGenerationPrompt: true })).toBe(
      '<|im_start|>system\nAnswer in one word.<|im_end|>\n<|im_start|>user\nIs water wet?<|im_end|>\n<|im_start|>assistant\n',
    )
  })

  test.skipIf(!gemma3)('Gemma 3: ids as SentencePiece gives them', async () => {
    const tokenizer = openTokenizer(await tokenizerFiles(await openModel(gemma3!)))
    expectIds(tokenizer, idsOf('gemma3.json'))
    expect([tokenizer.bos, tokenizer.eos, tokenizer.vocabularySize]).toEqual([2, [1], 262_144])
    expect(tokenizer.encodeForScoring('x').prefix).toBe(1)
  })
})
