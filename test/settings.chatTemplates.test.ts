// Chat templates that differ: rendered as transformers renders them, told by the token ids that they give; hostile ones cannot
// do harm.
import { readFile } from 'node:fs/promises'
import { afterAll, expect, test } from 'vitest'
import { CONVERSATIONS } from '../src/measure/settings/conversations.ts'
import { ENCODE_LIMITS, RENDER_LIMITS, runIsolated } from '../src/measure/settings/isolated.ts'
import { openModel } from '../src/model/open.ts'
import { readSettings } from '../src/model/settings.ts'
import { sha256 } from '../src/util/hash.ts'
import { realModel } from './realModels.ts'
import { changesOf, fixture, goldens, removeScratch, set } from './support/settings.ts'
import { isSoak } from './support/soak.ts'

afterAll(removeScratch)

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
