// What is not weights: at equal weights the template, the end of text, rope and dtype that changed are told first; what
// only looks different is not told as a difference. Chat templates by themselves are settings.chatTemplates.test.ts.
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { notRecordedSentence } from '../src/measure/settings/index.ts'
import {
  changesOf,
  compare,
  fixture,
  type Json,
  removeScratch,
  scratch,
  set,
  variantOf,
} from './support/settings.ts'

afterAll(removeScratch)

test('a copy has no differences', async () => {
  expect(await changesOf({})).toEqual([])
})

test('template, end of text, rope and dtype come first, in this order', async () => {
  const template = await readFile(fixture('base/chat_template.jinja'), 'utf8')
  const changes = await changesOf({
    'chat_template.jinja': template.replace("message.role + '\\n'", "message.role + ':\\n'"),
    'config.json': (json) => ({
      ...json,
      dtype: 'float16',
      max_position_embeddings: 512,
      initializer_range: 0.1,
      rope_parameters: { rope_type: 'linear', factor: 2, rope_theta: 500000 },
    }),
    'generation_config.json': set({ eos_token_id: [0, 3], temperature: 1, top_p: 0.9 }),
    'tokenizer_config.json': set({ padding_side: 'left' }),
  })
  expect(changes.map(({ danger, subject, key }) => `${danger} ${subject} ${key}`)).toMatchInlineSnapshot(`
    [
      "high chat template default",
      "high end of text eos_token_id",
      "high rope rope_scaling.factor",
      "high rope rope_scaling.rope_type",
      "high rope rope_theta",
      "high dtype dtype",
      "medium context max_position_embeddings",
      "medium generation temperature",
      "medium generation top_p",
      "low config initializer_range",
    ]
  `)
  expect(changes.slice(0, 3).map(({ what }) => what)).toMatchInlineSnapshot(`
    [
      "The chat template differs: 15 of 15 conversations give other token ids (the first is "one message").",
      "Generation ends at id 0 in the base (generation_config.json) and at ids 0, 3 in the variant (generation_config.json).",
      "rope_scaling.factor is not set in the base and 2 in the variant: positions are encoded otherwise.",
    ]
  `)
})

test('keys that moved between versions of transformers are the same', async () => {
  const changes = await changesOf({
    'config.json': ({ dtype, rope_parameters, ...json }) => ({
      ...json,
      torch_dtype: dtype,
      rope_theta: rope_parameters.rope_theta,
      rope_scaling: null,
      transformers_version: '4.40.0',
      _name_or_path: 'elsewhere',
      sliding_window: null,
    }),
    'tokenizer.json': (json) => {
      json.model.merges = json.model.merges.map((merge: string[]) => merge.join(' '))
    },
  })
  expect(changes).toEqual([])
})

test('quantisation is one difference, in words', async () => {
  const changes = await changesOf({
    'config.json': set({
      quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' },
    }),
  })
  expect(changes.map(({ danger, what }) => [danger, what])).toEqual([
    ['high', 'The base is not quantised, the variant is quantised (bitsandbytes, 4 bit).'],
  ])
})

test('what changed in a tokenizer is counted, with examples', async () => {
  const changes = await changesOf({
    'tokenizer.json': (json) => {
      const { vocab } = json.model
      const [first, second, third] = Object.keys(vocab).slice(300, 303) as [string, string, string]
      ;[vocab[first], vocab[second]] = [vocab[second], vocab[first]]
      delete vocab[third]
      vocab.newcomer = 401
      json.model.merges.splice(30, 1)
      json.added_tokens[2].content = '<|blank|>'
      json.normalizer = { type: 'NFC' }
      json.truncation = { max_length: 128, direction: 'Right', strategy: 'LongestFirst', stride: 0 }
    },
  })
  expect(
    changes.filter(({ subject }) => subject === 'tokenizer').map(({ what }) => what),
  ).toMatchInlineSnapshot(`
    [
      "Added tokens differ: 1 id with another token (2: "<|pad|>" to "<|blank|>").",
      "The merges differ: 1 taken away ("or k").",
      "normalizer is not set in the base and type:NFC in the variant: texts are changed otherwise before they are split.",
      "The vocabulary differs: 1 token added ("newcomer"), 1 token taken away ("ĠWork"), 2 tokens with another id ("es", "ĠL").",
      "truncation is not set in the base and direction:Right,max_length:128,strategy:LongestFirst,stride:0 in the variant: texts are cut at another length.",
    ]
  `)
})

test('a file that cannot be read is told, and the rest is compared', async () => {
  const changes = await changesOf({
    'generation_config.json': '{"eos_token_id": 1, "eos_token_id": 2}',
    'tokenizer.json': '{"model": ',
    'config.json': set({ rope_parameters: { rope_theta: 1, rope_type: 'default' } }),
  })
  expect(changes.map(({ danger, key }) => `${danger} ${key}`)).toMatchInlineSnapshot(`
    [
      "high rope_theta",
      "high tokenizer.json",
      "medium generation_config.json",
    ]
  `)
})

test('adapters: what their configs say otherwise', async () => {
  const folder = await mkdtemp(join(scratch, 'adapter-'))
  await cp(fixture('adapter'), folder, { recursive: true })
  const path = join(folder, 'adapter_config.json')
  const config = JSON.parse(await readFile(path, 'utf8')) as Json
  await writeFile(
    path,
    JSON.stringify({ ...config, lora_alpha: 16, target_modules: ['v_proj', 'q_proj'], lora_dropout: 0.1 }),
  )
  const { changes } = await compare(
    `${fixture('base')}+${fixture('adapter')}`,
    `${fixture('base')}+${folder}`,
  )
  expect(changes.map(({ danger, what }) => [danger, what])).toEqual([
    ['high', 'lora_alpha is 8 in the base and 16 in the variant.'],
    ['low', 'lora_dropout is 0 in the base and 0.1 in the variant.'],
  ])
})

test('an adapter that saved a tokenizer and template has those', async () => {
  const folder = await mkdtemp(join(scratch, 'adapter-'))
  await cp(fixture('adapter'), folder, { recursive: true })
  await writeFile(join(folder, 'chat_template.jinja'), '{{ messages[0].content }}')
  const { changes } = await compare(fixture('base'), `${fixture('base')}+${folder}`)
  expect(changes.map(({ subject, danger }) => [subject, danger])).toEqual([['chat template', 'high']])
})

describe('GGUF against Hugging Face files', () => {
  test('what both say is the same, the rest is counted', async () => {
    const comparison = await compare(fixture('base'), fixture('tiny.gguf'))
    // The GGUF file was made with one layer in place of two.
    expect(comparison.changes.map(({ key }) => key)).toEqual(['num_hidden_layers'])
    expect(comparison.notRecorded.variant).toBeGreaterThan(0)
    expect(notRecordedSentence(comparison)).toMatch(/^Not compared: \d+ settings not recorded in the variant/)
  })

  test('changes are seen across formats', async () => {
    const folder = await variantOf({
      'chat_template.jinja': '{{ messages[0].content }}',
      'config.json': set({ eos_token_id: 2, rope_parameters: { rope_theta: 500000, rope_type: 'default' } }),
      'generation_config.json': set({ eos_token_id: 2 }),
      'tokenizer.json': (json) => {
        const { vocab } = json.model
        ;[vocab.re, vocab.on] = [vocab.on, vocab.re]
      },
    })
    const { changes } = await compare(fixture('tiny.gguf'), folder)
    expect(changes.map(({ subject, key }) => `${subject} ${key}`)).toEqual([
      'chat template default',
      'end of text eos_token_id',
      'rope rope_theta',
      'tokenizer vocab',
      'architecture num_hidden_layers',
    ])
  })
})
