// What is not weights: at equal weights the template, the end of text, rope and dtype that changed are told first; what
// only looks different is not told as a difference; files of others cannot do harm.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONVERSATIONS } from '../src/measure/settings/conversations.ts'
import { compareSettings, notRecordedSentence } from '../src/measure/settings/index.ts'
import { ENCODE_LIMITS, RENDER_LIMITS, runIsolated } from '../src/measure/settings/isolated.ts'
import { openModel } from '../src/model/open.ts'
import { readSettings } from '../src/model/settings.ts'
import { sha256 } from '../src/util/hash.ts'
import { realModel } from './realModels.ts'
import { isSoak } from './support/soak.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/settings/${name}`, import.meta.url))
const goldens = (name: string): string => fileURLToPath(new URL(`goldens/settings/${name}`, import.meta.url))

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tunediff-settings-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

// biome-ignore lint/suspicious/noExplicitAny: files are edited at any depth
type Json = Record<string, any>
type Edits = Record<string, string | null | ((json: Json) => Json | undefined)>

/** A copy of the base with files replaced (text), taken away (null) or edited. */
async function variantWith(edits: Edits): Promise<string> {
  const folder = await mkdtemp(join(scratch, 'variant-'))
  await cp(fixture('base'), folder, { recursive: true })
  for (const [name, edit] of Object.entries(edits)) {
    const path = join(folder, name)
    if (edit === null) await rm(path)
    else if (typeof edit === 'string') await writeFile(path, edit)
    else {
      const json = JSON.parse(await readFile(path, 'utf8')) as Json
      await writeFile(path, JSON.stringify(edit(json) ?? json))
    }
  }
  return folder
}

async function compare(base: string, variant: string) {
  return compareSettings(
    await readSettings(await openModel(base)),
    await readSettings(await openModel(variant)),
  )
}

const changesOf = async (edits: Edits) => (await compare(fixture('base'), await variantWith(edits))).changes
const set = (values: Json) => (json: Json) => ({ ...json, ...values })

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

describe('chat templates', () => {
  const ENDLESS = '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'

  test('our rendering and token ids are those of transformers', async () => {
    const rows = JSON.parse(await readFile(goldens('rendered.json'), 'utf8')) as {
      name: string
      text: string
      ids: number[]
    }[]
    const texts = await runIsolated<string>(
      {
        kind: 'render',
        template: await readFile(fixture('base/chat_template.jinja'), 'utf8'),
        variables: CONVERSATIONS.map(({ messages, tools, addGenerationPrompt, variables }) => ({
          messages,
          tools: tools ?? null,
          add_generation_prompt: addGenerationPrompt,
          bos_token: '<|start|>',
          eos_token: '<|end|>',
          ...variables,
        })),
      },
      RENDER_LIMITS,
    )
    expect(rows.map(({ name }) => name)).toEqual(CONVERSATIONS.map(({ name }) => name))
    expect(texts).toEqual(rows.map(({ text }) => ({ value: text })))
    const ids = await runIsolated<number[]>(
      {
        kind: 'encode',
        tokenizerPath: fixture('base/tokenizer.json'),
        tokenizerConfig: JSON.parse(await readFile(fixture('base/tokenizer_config.json'), 'utf8')),
        addSpecial: false,
        texts: rows.map(({ text }) => text),
      },
      ENCODE_LIMITS,
    )
    expect(ids).toEqual(rows.map((row) => ({ value: row.ids })))
  })

  test('one that lies in another file is the same', async () => {
    const template = await readFile(fixture('base/chat_template.jinja'), 'utf8')
    const inConfig = {
      'chat_template.jinja': null,
      'tokenizer_config.json': set({ chat_template: template }),
    }
    expect(await changesOf(inConfig)).toEqual([])
    const named = {
      ...inConfig,
      'tokenizer_config.json': set({ chat_template: [{ name: 'default', template }] }),
    }
    expect(await changesOf(named)).toEqual([])
  })

  test('one with other names and white space that renders the same is low', async () => {
    const template = await readFile(fixture('base/chat_template.jinja'), 'utf8')
    const renamed = `{#- the same -#}\n${template.replaceAll('message.', 'turn.').replace('for message in', 'for turn in')}`
    const changes = await changesOf({ 'chat_template.jinja': renamed })
    expect(changes.map(({ danger, what }) => [danger, what])).toEqual([
      [
        'low',
        'The text of the chat template differs, and all 15 conversations of the fixed set give the same token ids.',
      ],
    ])
  })

  test('one that is gone, and a named one more', async () => {
    const changes = await changesOf({
      'chat_template.jinja': null,
      'tokenizer_config.json': set({ chat_template: [{ name: 'tool_use', template: 'x' }] }),
    })
    expect(changes.map(({ key, danger, what }) => [key, danger, what])).toMatchInlineSnapshot(`
      [
        [
          "default",
          "high",
          "Only the base has a chat template (chat_template.jinja); the variant has none, and programs choose one for it or refuse to chat.",
        ],
        [
          "tool_use",
          "medium",
          "Only the variant has a chat template "tool_use" (tokenizer_config.json); the base has none, and programs choose one for it or refuse to chat.",
        ],
      ]
    `)
  })

  test('equal text, but another begin token or another vocabulary, gives other token ids', async () => {
    const bos = await changesOf({ 'tokenizer_config.json': set({ bos_token: '<tool>' }) })
    expect(bos[0]).toMatchObject({ subject: 'chat template', danger: 'high' })
    expect(bos[0]!.what).toContain(
      '15 of 15 conversations give other token ids (the first is "one message"), by special tokens',
    )
    const merges = await changesOf({
      'tokenizer.json': (json) => {
        json.model.merges = json.model.merges.slice(0, 40)
      },
    })
    expect(merges.map(({ subject, key }) => [subject, key])).toEqual([
      ['chat template', 'default'],
      ['tokenizer', 'merges'],
    ])
    expect(merges[0]!.what).toContain('by the tokenizer')
  })

  test('without a tokenizer.json on both sides texts are compared', async () => {
    const changes = await changesOf({
      'tokenizer.json': null,
      'chat_template.jinja': '{{ messages[0].content }}',
    })
    expect(changes[0]!.what).toContain('15 of 15 conversations give other text')
  })

  test.each<[string, string, string]>([
    ['a syntax error', '{% for %}', 'does not render: '],
    ['an error of its own', "{{ raise_exception('no system role') }}", 'does not render: no system role'],
    ...(isSoak
      ? [['no end', ENDLESS, 'does not render: it took longer than 5 s'] satisfies [string, string, string]]
      : []),
    ['a call of itself', '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}', 'does not render: '],
    [
      'a text that doubles',
      "{% set ns = namespace(x='0123456789abcdef') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
      'does not render: ',
    ],
    [
      'a list that doubles',
      '{% set ns = namespace(x=[1,2,3,4]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}',
      'does not render: ',
    ],
    [
      'a long list',
      '{{ range(10000000000) }}',
      'does not render: range() of 10000000000 numbers, at most 100000 are made',
    ],
  ])('%s is a result', async (_, template, message) => {
    const changes = await changesOf({ 'chat_template.jinja': template })
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({ subject: 'chat template', danger: 'high' })
    expect(changes[0]!.what).toContain(message)
  })

  test('one without an end is stopped', async () => {
    const job = { kind: 'render', template: ENDLESS, variables: [{ messages: [] }] } as const
    const replies = await runIsolated(job, { ...RENDER_LIMITS, timeoutMs: 500 })
    expect(replies).toEqual([{ error: 'it took longer than 0.5 s' }])
  })

  test.each([
    "{{ ''.constructor.constructor('return process')().env }}",
    '{{ messages.__proto__ }}{{ messages.constructor }}{{ raise_exception.constructor }}',
    "{{ messages['constructor']['prototype'] }}",
    '{{ cycler.__init__.__globals__ }}{{ self }}{{ config }}{{ process }}{{ globalThis }}',
    "{% set ns = namespace() %}{% set ns.__proto__ = 'polluted' %}{{ ns.polluted }}{{ {}.polluted }}",
    "{{ messages | map(attribute='constructor') | list | length }}",
  ])('%s reaches nothing', async (template) => {
    const [reply] = await runIsolated<string>(
      { kind: 'render', template, variables: [{ messages: [{ role: 'user', content: 'hi' }] }] },
      RENDER_LIMITS,
    )
    if ('value' in reply!) expect(reply.value).toMatch(/^1?$/)
    else expect(reply!.error).toMatch(/not a function|Unknown/)
  })
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
    const folder = await variantWith({
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

test('the template of a real model renders as transformers renders it', async ({ skip }) => {
  const path = realModel('smollm2')
  if (!path) return skip('SmolLM2 cannot be had here')
  const wanted = JSON.parse(await readFile(goldens('smollm2.json'), 'utf8')) as Record<string, string>
  const { chatTemplates, specialTokens } = await readSettings(await openModel(path))
  const texts = await runIsolated<string>(
    {
      kind: 'render',
      template: chatTemplates[0]!.text,
      variables: CONVERSATIONS.map(({ messages, tools, addGenerationPrompt, variables }) => ({
        ...Object.fromEntries(specialTokens),
        messages,
        tools: tools ?? null,
        add_generation_prompt: addGenerationPrompt,
        ...variables,
      })),
    },
    RENDER_LIMITS,
  )
  const found = texts.map((reply, i) => [
    CONVERSATIONS[i]!.name,
    'value' in reply ? sha256(reply.value) : reply,
  ])
  expect(Object.fromEntries(found)).toEqual(wanted)
})
